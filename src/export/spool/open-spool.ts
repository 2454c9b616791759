import type { Warn } from '../diagnostics.ts';
import { DiskSpool } from './disk-spool.ts';
import type { SpoolSettings } from './spool-settings.ts';

/** Opens a spool and says what had to be kept aside; a reason when it cannot be used. Throws `ERR_SPOOL_HELD`. */
export async function openSpool(settings: SpoolSettings, warn: Warn): Promise<DiskSpool | string> {
  const spool = await DiskSpool.open(settings);
  if (typeof spool !== 'string' && spool.opened.setAside) {
    const { reason, path } = spool.opened.setAside;
    warn('spool-aside', `the spool could not be read (${reason}): it is kept as ${path}, and a new one begun`);
  }
  return spool;
}
