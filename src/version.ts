import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);
// By the package's own name: of the built command, no module is where its source was.
const MANIFEST = 'otel-tcpaccept/package.json';
const manifest: { name: string; version: string } = require(MANIFEST);

/** This package's name and version: the instrumentation scope of every record. */
export const PACKAGE_NAME = manifest.name;
export const PACKAGE_VERSION = manifest.version;

/** Where the package is: the folder of its `package.json`. */
export const PACKAGE_ROOT = pathToFileURL(require.resolve(MANIFEST));
