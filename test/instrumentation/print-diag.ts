/** Preloaded into an application: its `diag` logger, which writes each error and warning as a line to stderr. */
import { diag } from '@opentelemetry/api';

diag.setLogger({
  error: (text) => process.stderr.write(`diag error: ${text}\n`),
  warn: (text) => process.stderr.write(`diag warning: ${text}\n`),
  info: () => {},
  debug: () => {},
  verbose: () => {},
});
