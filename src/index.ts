export { ERROR_CODES, type ErrorCode, TcpAcceptError } from './errors.ts';
export { TcpAcceptInstrumentation, type TcpAcceptInstrumentationConfig } from './instrumentation.ts';
export { AcceptTracer, type KernelCounts } from './kernel/accept-tracer.ts';
export type { AcceptBatch, AcceptedConnection } from './kernel/accepted-connection.ts';
export type { Hook } from './kernel/binding.ts';
export type { HookRefusal, TracerSettings } from './kernel/open-session.ts';
export type { AddressRange, Selection } from './kernel/selection.ts';
export { LEDGER_IDENTITIES, LEDGER_NAMES, type LedgerCounts, type LedgerName } from './ledger.ts';
export { ATTRIBUTES, type AttributeRow } from './record/attributes.ts';
