import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../collector/free-ports.ts';
import { PATIENCE_MILLIS } from '../in-time.ts';
import { Backend, buildBackend } from './backend.ts';

export const LOKI_CONFIG = fileURLToPath(new URL('../../otel-config/loki.yaml', import.meta.url));
/** Its query frontend looks for its scheduler, a part of the same process, so often; by default every ten seconds. */
const LOOKS_FOR_SCHEDULER = '-frontend.scheduler-dns-lookup-period=1s';
const POLL_INTERVAL_MILLIS = 200;

export interface LogStream {
  /** Index labels; with `categorize`, nothing else. */
  readonly stream: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [
    unixNs: string,
    line: string,
    more?: { readonly structuredMetadata?: Readonly<Record<string, string>> },
  ])[];
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [unixSeconds: number, value: string];
}

/** The real Loki with the shipped configuration, on loopback and in a folder of its own. Hold it with `await using`. */
export class Loki {
  /** For LOKI_OTLP_ENDPOINT. */
  readonly otlpEndpoint: string;
  readonly url: string;
  readonly #backend: Backend;
  readonly #folder: string;

  static async start(): Promise<Loki> {
    const program = await buildBackend('loki');
    const folder = await mkdtemp(join(tmpdir(), 'otel-tcpaccept-loki-'));
    const [http = 0, grpc = 0] = await freePorts(2);
    const args = [`-config.file=${LOKI_CONFIG}`, '-config.expand-env=true', LOOKS_FOR_SCHEDULER];
    const backend = new Backend(program, args, {
      LOKI_HTTP_PORT: String(http),
      LOKI_GRPC_PORT: String(grpc),
      LOKI_DIR: folder,
    });
    const loki = new Loki(backend, folder, `http://127.0.0.1:${http}`);
    try {
      await backend.untilReady(`${loki.url}/ready`);
      // A scheduler that was found takes queries only when it has found itself.
      await backend.untilReady(`${loki.url}/loki/api/v1/query?query=vector(1)`);
      return loki;
    } catch (error) {
      await loki[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(backend: Backend, folder: string, url: string) {
    this.#backend = backend;
    this.#folder = folder;
    this.url = url;
    this.otlpEndpoint = `${url}/otlp`;
  }

  get log(): string {
    return this.#backend.log;
  }

  /** What a metric query gives at one moment. */
  async samples(query: string, atUnixMillis = Date.now()): Promise<Sample[]> {
    return this.#ask('query', { query, time: unixNs(atUnixMillis) });
  }

  /** What a metric query gives from `from` to `to`: one series for each set of labels. */
  async series(query: string, fromUnixMillis: number, toUnixMillis: number): Promise<Pick<Sample, 'metric'>[]> {
    return this.#ask('query_range', { query, start: unixNs(fromUnixMillis), end: unixNs(toUnixMillis), step: '60' });
  }

  /** The lines of a log query, at most 5,000, with index labels and structured metadata kept apart. */
  async lines(query: string, fromUnixMillis: number, toUnixMillis = Date.now() + 1000): Promise<LogStream[]> {
    const range = { start: unixNs(fromUnixMillis), end: unixNs(toUnixMillis), limit: '5000' };
    return this.#ask('query_range', { query, ...range });
  }

  /** Waits until a query counts `count`; fails when it takes too long, or when it is more. */
  async untilCount(query: string, count: number, atUnixMillis?: number): Promise<void> {
    const deadline = performance.now() + PATIENCE_MILLIS;
    for (;;) {
      const [sample] = await this.samples(query, atUnixMillis);
      const counted = Number(sample?.value[1] ?? 0);
      if (counted === count) return;
      if (counted > count || performance.now() > deadline) {
        assert.fail(`${query} counts ${counted}, not ${count}; Loki's log:\n${this.log}`);
      }
      await pause(POLL_INTERVAL_MILLIS);
    }
  }

  /** How often it gave each HTTP status to requests of a route, by its own count. */
  async statusesOf(route: string): Promise<ReadonlyMap<string, number>> {
    const metrics = await (await fetch(`${this.url}/metrics`)).text();
    const statuses = new Map<string, number>();
    for (const [, labels = '', count] of metrics.matchAll(/^loki_request_duration_seconds_count\{(.*)\} (\S+)$/gm)) {
      const [, status] = /status_code="(\d+)"/.exec(labels) ?? [];
      if (!labels.includes(`route="${route}"`) || status === undefined) continue;
      statuses.set(status, (statuses.get(status) ?? 0) + Number(count));
    }
    return statuses;
  }

  async #ask<Result>(path: string, parameters: Readonly<Record<string, string>>): Promise<Result> {
    const response = await fetch(`${this.url}/loki/api/v1/${path}?${new URLSearchParams(parameters)}`, {
      headers: { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' },
    });
    const text = await response.text();
    assert.equal(response.status, 200, `${parameters['query']}: ${text}`);
    return JSON.parse(text).data.result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#backend[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function unixNs(unixMillis: number): string {
  return `${unixMillis}000000`;
}
