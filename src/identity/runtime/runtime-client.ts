import type { ContainerFacts } from './container-facts.ts';

/** A runtime that can be asked. Answers are bounded in bytes and time; both ways of asking reject with `RuntimeFailure`. */
export interface RuntimeClient {
  /** API and socket, for messages. */
  readonly description: string;
  /** The containers that run now, by id. */
  list(): Promise<ReadonlyMap<string, ContainerFacts>>;
  /** `undefined`: it knows no such container. */
  find(containerId: string): Promise<ContainerFacts | undefined>;
  close(): void;
}

/** Why a runtime gave no answer. */
export class RuntimeFailure extends Error {
  override readonly name = 'RuntimeFailure';
  /** Nobody answered, which may be otherwise later; else there was an answer, and it was no use. */
  readonly isAway: boolean;

  constructor(message: string, isAway: boolean) {
    super(message);
    this.isAway = isAway;
  }
}

/** How long one question may take. */
export const ANSWER_MILLIS = 2000;
/** Bytes of the answer on one container, and on all that run: one has a few KB, most of them its environment. */
export const MOST_ANSWER_BYTES = 1024 ** 2;
export const MOST_LIST_BYTES = 16 * 1024 ** 2;
/** Of a list; the containers beyond are asked for when they are met. */
export const MOST_LISTED = 4096;

/** Longer than any name or reference a registry or a kubelet accepts. */
const MOST_TEXT = 1024;

/** A text of an answer, as it may stand in a record; `undefined` for anything else. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= MOST_TEXT ? value.toWellFormed() : undefined;
}
