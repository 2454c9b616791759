/**
 * Loaded before everything else by every Node.js in a guest (NODE_OPTIONS): WebAssembly, which is what removes types here
 * where test/run.ts's cache has no such file, is compiled once and not optimized later. On emulated CPUs V8 13.6 of Node 24
 * dies of that in one start of some fifty: `Check failed: it->second.Size() > offset`, called from
 * Runtime_WasmTriggerTierUp. Never seen on a real CPU.
 */
import { setFlagsFromString } from 'node:v8';

for (const flag of ['--liftoff-only', '--no-wasm-tier-up', '--no-wasm-dynamic-tiering']) setFlagsFromString(flag);
