import { diag } from '@opentelemetry/api';
import { PACKAGE_NAME } from '../version.ts';

/**
 * Tells whoever runs the application: through `diag` or, when nobody listens to that, as a warning of Node's with `code`.
 *
 * The plugin usually starts before the SDK has set the logger of `diag`: `new NodeSDK({ instrumentations: [...] })` makes
 * us first. So what nobody would hear now waits for the next tick. Never throws.
 */
export function say(level: 'error' | 'warn', text: string, code = ''): void {
  const message = `${PACKAGE_NAME}: ${code && `${code}: `}${text}`;
  if (isHeard()) {
    sayToDiag(level, message);
    return;
  }
  process.nextTick(() => {
    if (isHeard()) sayToDiag(level, message);
    else process.emitWarning(`${PACKAGE_NAME}: ${text}`, { code });
  });
}

function sayToDiag(level: 'error' | 'warn', message: string): void {
  try {
    diag[level](message);
  } catch {
    // The application's own logger threw: there is nobody left to tell.
  }
}

/** The API cannot be asked; this is where all copies of its version 1 keep what was registered. */
function isHeard(): boolean {
  const registered: { diag?: unknown } | undefined = Reflect.get(globalThis, Symbol.for('opentelemetry.js.api.1'));
  return registered?.diag !== undefined;
}
