import type { Selection } from '../kernel/selection.ts';
import { type ParseText, path, wholeNumber } from './option-values.ts';

/** What a filter that was not given keeps. */
export const EVERYTHING: Selection<never> = Object.freeze({ included: Object.freeze([]), excluded: Object.freeze([]) });

/** Members between commas, `!` before those to leave out; blanks around one are allowed. */
export function selectionOf<Member>(member: ParseText<Member>): ParseText<Selection<Member>> {
  return (text) => {
    const included: Member[] = [];
    const excluded: Member[] = [];
    for (const item of text.split(',').map((part) => part.trim())) {
      const isExcluded = item.startsWith('!');
      const value = member(isExcluded ? item.slice(1) : item);
      if (value === undefined) return undefined;
      (isExcluded ? excluded : included).push(value);
    }
    return Object.freeze({ included: Object.freeze(included), excluded: Object.freeze(excluded) });
  };
}

/** 2^32 - 1 is nobody: setresuid(2) takes it as "do not change". */
const userId = wholeNumber(0, 4_294_967_294);

/** A user's number, or its name as a text. The names useradd(8) allows, and those of directory services. */
export const user: ParseText<number | string> = (text) =>
  userId(text) ?? (/^[A-Za-z_][\w.@\\+-]{0,255}\$?$/.test(text) ? text : undefined);

const inodeNumber = wholeNumber(1, 4_294_967_295);

/** A namespace's inode number, or the path of its file as a text. */
export const namespace: ParseText<number | string> = (text) => inodeNumber(text) ?? absolutePath(text);

export const absolutePath: ParseText<string> = (text) => (text.startsWith('/') ? path(text) : undefined);

/** The beginning of a container's id, 12 hex digits at least; or a whole id as ECS gives them. */
export const containerId: ParseText<string> = (text) =>
  /^([0-9a-f]{12,64}|[0-9a-f]{32}-\d+)$/.test(text) ? text : undefined;
