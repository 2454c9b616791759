import { type Agent, type ClientRequest, type RequestOptions, request as requestOverHttp } from 'node:http';
import { request as requestOverHttps } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { convertLegacyHttpOptions } from '@opentelemetry/otlp-exporter-base/node-http';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../../version.ts';
import { exporterOptions } from '../exporter-options.ts';
import type { OtlpSettings } from '../otlp-environment.ts';
import { otlpJsonOf } from '../otlp-json.ts';
import { headerList } from './header-list.ts';
import { hideSecrets } from './hide-secrets.ts';
import { readBody } from './read-body.ts';
import { type Answer, outcomeOf, type SendOutcome } from './send-outcome.ts';

/** The body of an answer only explains: it is not waited for as long as the answer may be. */
const LONGEST_BODY_MILLIS = 10_000;

const compress = promisify(gzip);

interface OtlpTransportParts {
  readonly url: URL;
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
  readonly isJson: boolean;
  readonly timeoutMillis: number;
  readonly compresses: boolean;
}

/**
 * Sends encoded requests to an OTLP/HTTP endpoint over node:http or node:https, and tells what it answered: unlike the
 * stock transport, with Retry-After and partial success, and one attempt at a time.
 *
 * Connections are kept alive; there are never more than there were requests under way at once. Redirects are not
 * followed. URL, headers, TLS files, compression and timeout are what the stock exporter's parser makes of the settings
 * and of `process.env`; OTEL_EXPORTER_OTLP_TIMEOUT is for one attempt, from connecting to the end of the answer.
 */
export class OtlpTransport {
  readonly #isTls: boolean;
  readonly #options: RequestOptions;
  /** Names and values in turn, as they go out: of those, node:http has the least to do. */
  readonly #headers: readonly string[];
  readonly #agent: Agent;
  readonly #timeoutMillis: number;
  readonly #isJson: boolean;
  readonly #compresses: boolean;
  readonly #hide: (text: string) => string;
  readonly #underWay = new Set<ClientRequest>();
  #isClosed = false;

  /** Reads the credentials; nothing is connected yet. */
  static async open(settings: OtlpSettings): Promise<OtlpTransport> {
    const isJson = settings.protocol === 'http/json';
    const options = convertLegacyHttpOptions(exporterOptions(settings), 'LOGS', 'v1/logs', {
      'Content-Type': isJson ? 'application/json' : 'application/x-protobuf',
    });
    const url = new URL(options.url);
    const [agent, headers] = await Promise.all([options.agentFactory(url.protocol), options.headers()]);
    const { timeoutMillis, compression } = options;
    return new OtlpTransport({ url, agent, headers, isJson, timeoutMillis, compresses: compression === 'gzip' });
  }

  private constructor({ url, agent, headers, isJson, timeoutMillis, compresses }: OtlpTransportParts) {
    const { 'Content-Type': _, ...secrets } = headers;
    this.#isTls = url.protocol === 'https:';
    this.#agent = agent;
    this.#timeoutMillis = timeoutMillis;
    this.#isJson = isJson;
    this.#compresses = compresses;
    this.#hide = hideSecrets(url.href, secrets);
    this.#options = { ...urlToHttpOptions(url), method: 'POST', agent };
    this.#headers = headerList(url, {
      'User-Agent': `${PACKAGE_NAME}/${PACKAGE_VERSION}`,
      ...headers,
      ...(compresses && { 'Content-Encoding': 'gzip' }),
    });
  }

  /** Tries once to deliver `body`, protobuf whatever goes over the wire. Never rejects, and takes no longer than the timeout. */
  async send(body: Uint8Array): Promise<SendOutcome> {
    try {
      const text = this.#isJson ? Buffer.from(otlpJsonOf(body)) : body;
      const payload = this.#compresses ? await compress(text) : text;
      return await outcomeOf(await this.#exchange(payload), this.#hide);
    } catch (thrown) {
      const { message = String(thrown), code }: Partial<NodeJS.ErrnoException> = Object(thrown);
      const error = Object.assign(new Error(this.#hide(message)), code !== undefined && { code });
      return { kind: 'retry', error, retryAfterMillis: undefined };
    }
  }

  /** Ends what is under way, which then counts as not answered, and every connection. */
  close(): void {
    this.#isClosed = true;
    for (const request of this.#underWay) request.destroy(new Error('closed'));
    this.#agent.destroy();
  }

  async #exchange(payload: Uint8Array): Promise<Answer> {
    const deadline = performance.now() + this.#timeoutMillis;
    const first = this.#request(payload);
    try {
      return await exchange(first, payload, deadline);
    } catch (error) {
      // A server may close a kept connection just as we begin to use it: that says nothing of the endpoint.
      const { code }: Partial<NodeJS.ErrnoException> = Object(error);
      if (!first.reusedSocket || (code !== 'ECONNRESET' && code !== 'EPIPE')) throw error;
      return await exchange(this.#request(payload), payload, deadline);
    }
  }

  #request({ length }: Uint8Array): ClientRequest {
    if (this.#isClosed) throw new Error('closed');
    const headers = [...this.#headers, 'Content-Length', `${length}`];
    const request = (this.#isTls ? requestOverHttps : requestOverHttp)({ ...this.#options, headers });
    this.#underWay.add(request);
    return request.once('close', () => this.#underWay.delete(request));
  }
}

/** Sends and waits for the answer until `deadline`, on the clock of `performance.now()`; rejects when none came. */
function exchange(request: ClientRequest, payload: Uint8Array, deadline: number): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const remainingMillis = () => Math.max(1, deadline - performance.now());
  const timer = setTimeout(() => request.destroy(new Error('Request timed out')), remainingMillis());
  let isAnswered = false;
  const fail = (error: Error) => {
    clearTimeout(timer);
    // From the answer on, its status counts, whatever becomes of the rest.
    if (!isAnswered) reject(error);
  };
  request
    .once('response', (response) => {
      isAnswered = true;
      clearTimeout(timer);
      const { statusCode: status = 0, headers } = response;
      const { 'retry-after': retryAfter, 'content-type': contentType } = headers;
      void readBody(response, Math.min(remainingMillis(), LONGEST_BODY_MILLIS)).then((body) => {
        // Answered before it was sent whole: nobody may ever read the rest, which would keep its connection.
        if (!request.writableFinished) request.destroy();
        resolve({ status, retryAfter, contentType, body });
      });
    })
    .on('error', fail)
    .once('close', () => fail(new Error('socket hang up')))
    .end(payload);
  return promise;
}
