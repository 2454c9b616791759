import { Agent, type IncomingMessage, request } from 'node:http';
import type { ContainerFacts } from './container-facts.ts';
import { imageOf } from './image-reference.ts';
import {
  ANSWER_MILLIS,
  MOST_ANSWER_BYTES,
  MOST_LIST_BYTES,
  MOST_LISTED,
  type RuntimeClient,
  RuntimeFailure,
  textOf,
} from './runtime-client.ts';

/** Asks Docker, or what speaks its API, through its socket: only with GET. */
export class DockerClient implements RuntimeClient {
  readonly description: string;
  readonly #socketPath: string;
  /** Of its own: a connection that is made again and again costs both sides more than the question. */
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
    this.description = `docker at ${socketPath}`;
  }

  /** GET /containers/json: https://docs.docker.com/reference/api/engine/, operation ContainerList. */
  async list(): Promise<ReadonlyMap<string, ContainerFacts>> {
    const answer = await this.#get('/containers/json', MOST_LIST_BYTES);
    if (!Array.isArray(answer)) throw new RuntimeFailure(`${this.description} sent no list of containers`, false);
    const containers: [string, ContainerFacts][] = [];
    for (const { Id, Names, Image, ImageID } of answer.slice(0, MOST_LISTED).map(fieldsOf)) {
      const id = textOf(Id);
      // A linked container also has names below others' names.
      const name = Array.isArray(Names) ? Names.map(textOf).find((one) => one?.lastIndexOf('/') === 0) : undefined;
      if (id) containers.push([id, factsOf(name, Image, ImageID)]);
    }
    return new Map(containers);
  }

  /** GET /containers/{id}/json, operation ContainerInspect, which also takes names: the answer's id has to be the one asked for. */
  async find(containerId: string): Promise<ContainerFacts | undefined> {
    const answer = await this.#get(`/containers/${containerId}/json`, MOST_ANSWER_BYTES);
    if (answer === undefined) return undefined;
    const { Id, Name, Config, Image } = fieldsOf(answer);
    return Id === containerId ? factsOf(textOf(Name), fieldsOf(Config)['Image'], Image) : undefined;
  }

  close(): void {
    this.#agent.destroy();
  }

  /** The answer's JSON; `undefined` for 404. */
  #get(path: string, mostBytes: number): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const options = {
      socketPath: this.#socketPath,
      path,
      agent: this.#agent,
      headers: { host: 'docker' },
      signal: AbortSignal.timeout(ANSWER_MILLIS),
    };
    const fail = (why: string, isAway: boolean) => reject(new RuntimeFailure(`${this.description}: ${why}`, isAway));
    const asked = request(options, (response) => {
      readJson(response, mostBytes).then(
        (body) => {
          if (response.statusCode === 404) resolve(undefined);
          else if (response.statusCode === 200) resolve(body);
          else fail(`HTTP status ${response.statusCode}`, false);
        },
        (error: Error) => {
          asked.destroy();
          fail(error.message, error.name === 'AbortError');
        },
      );
    });
    asked.on('error', (error) => {
      const isLate = error.name === 'AbortError';
      // What an HTTP parser calls its errors: somebody answered.
      const isAway = !('code' in error && String(error.code).startsWith('HPE_'));
      fail(isLate ? `no answer within ${ANSWER_MILLIS / 1000} s` : error.message, isAway);
    });
    asked.end();
    return promise;
  }
}

function factsOf(name: string | undefined, image: unknown, imageId: unknown): ContainerFacts {
  return {
    name: name?.replace(/^\//, ''),
    ...imageOf(textOf(image), textOf(imageId)),
    // Docker takes labels from anybody: what is called a pod there need not be one.
    podName: undefined,
    namespaceName: undefined,
    podContainerName: undefined,
  };
}

async function readJson(response: IncomingMessage, mostBytes: number): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new Error(`an answer of more than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw new Error('an answer that is not JSON');
  }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return Object(value);
}
