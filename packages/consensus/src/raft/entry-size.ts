import type { RaftEntry } from './types.ts';

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** Bytes of an entry as etcd counts them: its protobuf form (type, term, index, data). */
export function entrySize(entry: RaftEntry): number {
  const { length } = entry.data;
  const data = length === 0 ? 0 : 1 + varintSize(length) + length;
  return 2 + 1 + varintSize(entry.term) + 1 + varintSize(entry.index) + data;
}

export function entriesSize(entries: readonly RaftEntry[]): number {
  let size = 0;
  for (const entry of entries) size += entrySize(entry);
  return size;
}

/** Bytes of the data alone: what limits on uncommitted and in-flight data count. */
export function payloadsSize(entries: readonly RaftEntry[]): number {
  let size = 0;
  for (const { data } of entries) size += data.length;
  return size;
}

/** As many of the first entries as fit, and always one. */
export function limitSize(entries: readonly RaftEntry[], maxSize: number): readonly RaftEntry[] {
  if (maxSize === Number.POSITIVE_INFINITY) return entries;
  let size = 0;
  for (let count = 0; count < entries.length; count++) {
    size += entrySize(entries[count] as RaftEntry);
    if (count > 0 && size > maxSize) return entries.slice(0, count);
  }
  return entries;
}
