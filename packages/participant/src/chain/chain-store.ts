import type { Store, StoreOperation } from '@isoquorum/platform/store';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { decodeHeader, encodeHeader, type Header, headerHash } from '@isoquorum/primitives/header';
import { encodeRlp, numberToRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { heightKey, letterKey } from '../store-keys.ts';

/** Headers that stay in the store behind the head: what BLOCKHASH and witnesses of recent blocks need, and some more. */
export const HEADERS_KEPT = 8192;
/** Headers that stay in memory. */
const MEMORY_KEPT = 512;

/** How far the page had checked the chain when it was closed. */
export interface StoredHead {
  readonly header: Header;
  readonly hash: Hash32;
  /** What the verifier needs to go on: validators and pending votes. */
  readonly verifierState: Uint8Array;
}

/** The checked headers of the page: recent ones in memory, some more in its store. */
export interface ChainStore {
  readonly stored: StoredHead | undefined;
  /** A recent checked header, from memory. */
  recent(number: number): { readonly header: Header; readonly hash: Hash32 } | undefined;
  /** Operations that append checked headers and move the head; kept in memory at once. */
  append(headers: readonly { header: Header; hash: Hash32 }[], verifierState: Uint8Array): StoreOperation[];
}

const headKey = letterKey('H');

/** Opens the chain part of a page's store. A store that belongs to another chain is refused by its genesis hash, which is block 0. */
export async function openChainStore(store: Store): Promise<ChainStore> {
  const memory = new Map<number, { header: Header; hash: Hash32 }>();
  const encoded = await store.get(headKey);
  const stored = encoded === undefined ? undefined : decodeHead(encoded);
  if (stored !== undefined) {
    const from = Math.max(0, stored.header.number - MEMORY_KEPT + 1);
    for await (const [, value] of store.iterate({
      gte: heightKey('h', from),
      lt: heightKey('h', stored.header.number + 1),
    })) {
      const header = decodeHeader(value);
      memory.set(header.number, { header, hash: headerHash(header) });
    }
  }
  return {
    stored,
    recent: (number) => memory.get(number),
    append(headers, verifierState) {
      const operations: StoreOperation[] = [];
      for (const entry of headers) {
        const { number } = entry.header;
        memory.set(number, entry);
        memory.delete(number - MEMORY_KEPT);
        operations.push({ type: 'put', key: heightKey('h', number), value: encodeHeader(entry.header) });
        if (number > HEADERS_KEPT) operations.push({ type: 'delete', key: heightKey('h', number - HEADERS_KEPT) });
      }
      const last = headers.at(-1);
      if (last !== undefined)
        operations.push({ type: 'put', key: headKey, value: encodeHead(last.header, verifierState) });
      return operations;
    },
  };
}

function encodeHead(header: Header, verifierState: Uint8Array): Uint8Array {
  return encodeRlp([numberToRlp(1), encodeHeader(header), verifierState]);
}

function decodeHead(encoded: Uint8Array): StoredHead {
  const outer = new RlpReader(encoded);
  const reader = outer.readList('head');
  reader.readNumber('version');
  const header = decodeHeader(reader.readBytes('header'));
  const verifierState = reader.readBytes('verifierState');
  return { header, hash: headerHash(header), verifierState };
}
