import type { ContainerFacts } from './container-facts.ts';

/** An image's id alone, by which it may be run too: that is no name. */
const ID = /^(?:sha256:)?([0-9a-f]{12,64})$/;

/**
 * Takes `registry:port/name:tag@digest` apart.
 *
 * A reference with neither tag nor digest means the tag `latest` (distribution/reference, TagNameOnly).
 */
export function imageOf(reference: string | undefined, imageId: string | undefined): ImageFacts {
  const [, hex] = ID.exec(reference ?? '') ?? [];
  const isId = hex !== undefined && (hex.length === 64 || imageId?.replace('sha256:', '').startsWith(hex));
  if (reference === undefined || isId) return { imageName: undefined, imageTags: undefined, imageId };
  const [tagged = '', digest] = reference.split('@');
  // A colon before the last slash belongs to a port.
  const colon = tagged.indexOf(':', tagged.lastIndexOf('/') + 1);
  const imageName = colon < 0 ? tagged : tagged.slice(0, colon);
  const tag = colon < 0 ? (digest === undefined ? 'latest' : undefined) : tagged.slice(colon + 1);
  return { imageName: imageName || undefined, imageTags: tag ? [tag] : undefined, imageId };
}

type ImageFacts = Pick<ContainerFacts, 'imageName' | 'imageTags' | 'imageId'>;
