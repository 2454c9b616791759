import { HOOKS, type Hook } from '../../src/kernel/binding.ts';

/** The hook these tests trace with: the one every host allows or, in a guest, each that TEST_HOOK names in turn. */
export const HOOK: Hook = HOOKS.find((hook) => hook === process.env['TEST_HOOK']) ?? 'syscall';
