import { createRequire } from 'node:module';

const manifest: { name: string; version: string } = createRequire(import.meta.url)('../package.json');

/** This package's name and version: the instrumentation scope of every record. */
export const PACKAGE_NAME = manifest.name;
export const PACKAGE_VERSION = manifest.version;
