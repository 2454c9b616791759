import { parentPort, workerData } from 'node:worker_threads';
import type { SpoolCall, SpoolOpening, SpoolReply } from './spool-calls.ts';
import type { SpoolSettings } from './spool-settings.ts';
import { SpoolHeld, SpoolStore } from './spool-store.ts';

/** The thread that has the spool: SQLite waits for the disk, which tracing must not. */
function serve(settings: SpoolSettings): void {
  const store = open(settings);
  if (!store) return;
  parentPort?.on('message', (call: SpoolCall) => {
    let failure: string | undefined;
    let lent: SpoolReply['lent'] = [];
    try {
      lent = answer(store, call);
    } catch (error) {
      failure = messageOf(error);
    }
    const reply: SpoolReply = { lent, news: store.takeNews(), failure };
    parentPort?.postMessage(reply, buffersOf(lent));
    freeBodies(call);
    if (call.kind === 'close') parentPort?.close();
  });
}

function open(settings: SpoolSettings): SpoolStore | undefined {
  let opening: SpoolOpening;
  let store: SpoolStore | undefined;
  try {
    store = new SpoolStore(settings);
    opening = { kind: 'opened', opened: store.opened };
  } catch (error) {
    opening =
      error instanceof SpoolHeld ? { kind: 'held', pid: error.pid } : { kind: 'failed', reason: messageOf(error) };
  }
  parentPort?.postMessage(opening);
  return store;
}

function answer(store: SpoolStore, call: SpoolCall): SpoolReply['lent'] {
  switch (call.kind) {
    case 'put':
      store.put(call.request);
      return [];
    case 'lend':
      return store.lend(call.limit);
    case 'settle':
      store.settle(call.removed, call.released);
      return [];
    case 'part':
      store.part(call.id, call.parts);
      return [];
    case 'close':
      store.close();
      return [];
  }
}

/** This thread makes so little garbage that it would collect some only when 64 MiB of bodies wait to be freed. */
function freeBodies(call: SpoolCall): void {
  const requests = call.kind === 'put' ? [call.request] : call.kind === 'part' ? call.parts : [];
  for (const { body } of requests) if (body.buffer instanceof ArrayBuffer) body.buffer.transfer(0);
}

/** Handed over instead of copied. */
function buffersOf(lent: SpoolReply['lent']): ArrayBuffer[] {
  return lent.map(({ body }) => body.buffer).filter((buffer) => buffer instanceof ArrayBuffer);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

serve(workerData);
