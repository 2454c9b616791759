import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ResourceDetector } from '@opentelemetry/resources';

/** The namespace that the semantic conventions' text on `service.instance.id` gives for UUIDs made from a stable id. */
const INSTANCE_NAMESPACE = '4d63009a-8d0f-11ee-aad7-4c796ed8e320';

/** What machine-id(5) says a machine id looks like; images are shipped with an empty one, or `uninitialized`. */
const MACHINE_ID = /^[0-9a-f]{32}$/;

/**
 * The resource attributes of this host: `host.name`, `host.id`, `host.arch`, `os.type`, `os.version` (the kernel's
 * release) and `service.instance.id`.
 *
 * `host.id` is what the first readable of /etc/machine-id and /var/lib/dbus/machine-id holds, and left out when that is
 * no machine id. The instance id is made from it, else from the host's name, so it stays the same as long as they do.
 */
export async function hostAttributes(detectors?: ResourceDetector[]): Promise<Record<string, string>> {
  // Loaded here, not above: it takes 50 ms, and who only prints a table needs none of it.
  const { detectResources, hostDetector, osDetector } = await import('@opentelemetry/resources');
  const resource = detectResources({ detectors: detectors ?? [hostDetector, osDetector] });
  await resource.waitForAsyncAttributes?.();
  const attributes: Record<string, string> = {};
  for (const [name, value] of Object.entries(resource.attributes)) {
    if (typeof value === 'string' && (name !== 'host.id' || MACHINE_ID.test(value))) attributes[name] = value;
  }
  attributes['service.instance.id'] = instanceIdOf(attributes['host.id'] ?? attributes['host.name'] ?? '');
  return attributes;
}

/** The UUID version 5 (RFC 9562) of an id that does not change. */
export function instanceIdOf(stableId: string): string {
  const hash = createHash('sha1').update(INSTANCE_NAMESPACE.replaceAll('-', ''), 'hex').update(stableId).digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** The kernel's name for this boot, a UUID; the same in every container of the host. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
