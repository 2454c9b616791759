import { copyFileSync, existsSync, globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { DockerEngine } from './docker-engine.ts';
import { run } from './runtime-daemon.ts';

const CODENAMES: Readonly<Record<string, string>> = { '12': 'bookworm', '13': 'trixie' };
/** Where a Debian of today names its sources, and where one of before. */
const SOURCES = ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list'];
const OWN_CERTIFICATES = 'usr/local/share/ca-certificates';

/**
 * Gives an engine an image `debian:RELEASE-slim` where there is no registry to pull it from: a minimal Debian of that
 * release made by mmdebstrap from this machine's own package sources, which also trusts whom this machine trusts.
 */
export async function importDebian(engine: DockerEngine, reference: string): Promise<void> {
  const [, release = ''] = /^debian:(\d+)-slim$/.exec(reference) ?? [];
  const codename = CODENAMES[release];
  const sources = SOURCES.find((path) => existsSync(path));
  if (!codename || !sources) throw new Error(`no release of Debian, or no sources of packages, for ${reference}`);
  const folder = mkdtempSync(join(tmpdir(), 'otel-tcpaccept-debian-'));
  try {
    const certificates = join(folder, 'more', OWN_CERTIFICATES);
    mkdirSync(certificates, { recursive: true });
    for (const path of globSync(`/${OWN_CERTIFICATES}/*.crt`)) copyFileSync(path, join(certificates, basename(path)));
    const archive = join(folder, 'debian.tar');
    const copy = `--customize-hook=copy-in ${join(folder, 'more')}/. /`;
    await run('mmdebstrap', ['--quiet', '--variant=minbase', copy, codename, archive, sources]);
    // As Node.js is told of them here, if it is.
    const trusted = process.env['NODE_EXTRA_CA_CERTS'];
    const change = trusted === undefined ? [] : ['--change', `ENV NODE_EXTRA_CA_CERTS=${trusted}`];
    await engine.docker('import', ...change, archive, reference);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
