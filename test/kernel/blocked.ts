import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { PATIENCE_MILLIS } from '../in-time.ts';

/** arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h. */
const SYSTEM_CALLS = {
  accept: { x64: '43', arm64: '202' },
  accept4: { x64: '288', arm64: '242' },
  io_uring_enter: { x64: '426', arm64: '426' },
} as const;

/** Waits until the thread is blocked in the system call. */
export async function untilBlocked(pid: number, tid: number, call: keyof typeof SYSTEM_CALLS): Promise<void> {
  const deadline = performance.now() + PATIENCE_MILLIS;
  const number = SYSTEM_CALLS[call][process.arch === 'arm64' ? 'arm64' : 'x64'];
  while (readFileSync(`/proc/${pid}/task/${tid}/syscall`, 'utf8').split(' ')[0] !== number) {
    assert.ok(performance.now() < deadline, `thread ${tid} is not in ${call}`);
    await pause(1);
  }
}
