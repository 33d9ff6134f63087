import type { Store, StoreOperation } from '@isoquorum/platform/store';
import { type BlockBody, decodeBlockBody, encodeBlockBody } from '@isoquorum/primitives/block';
import type { EncryptedPayloadHash, Hash32 } from '@isoquorum/primitives/bytes';
import { decodeHeader, emptyTrieRoot, encodeHeader, type Header } from '@isoquorum/primitives/header';
import { bytesEqual, concatBytes } from '@isoquorum/primitives/hex';
import { bytesToNumber, numberToBytes } from '@isoquorum/primitives/integer';
import { encodeRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import type { Transaction } from '@isoquorum/primitives/transaction/transaction';
import { heightKey, keyHeight, letterKey } from '../store-keys.ts';

/** A block with private transactions, kept so that it can be executed, and executed again when a payload comes late. */
export interface PrivateBlock {
  readonly header: Header;
  readonly parentHash: Hash32;
  /** State root of the parent: what transactions of this block start from. */
  readonly parentRoot: Hash32;
  readonly author: Uint8Array;
  readonly transactions: readonly Transaction[];
}

/** A private state and its accounts' extra data, by root. */
export interface PrivateRoots {
  readonly root: Hash32;
  readonly extraRoot: Hash32;
}

/** As stored: the root, and behind it the root of the extra data when there is any. */
function encodeRoots({ root, extraRoot }: PrivateRoots): Uint8Array {
  return bytesEqual(extraRoot, emptyTrieRoot) ? root : concatBytes(root, extraRoot);
}

function decodeRoots(value: Uint8Array): PrivateRoots {
  return { root: value.slice(0, 32), extraRoot: value.length > 32 ? value.slice(32) : emptyTrieRoot };
}

/** Roots of the private state, and the blocks that can change it. */
export interface PrivateStore {
  /** Number of the last executed block that holds private transactions; 0 for none. */
  executed(): number;
  /** The private root after block `number`. */
  rootAt(number: number): Hash32;
  /** Root of the accounts' extra data (privacy enhancements) after block `number`. */
  extraRootAt(number: number): Hash32;
  /** The next block with private transactions after `number`. */
  next(number: number): number | undefined;
  read(number: number): Promise<PrivateBlock>;
  /** Operations that keep a block; it counts at once. */
  keep(block: PrivateBlock): StoreOperation[];
  /** Operations that move the private head to an executed block; `strange` are the digests of which this page was no party. */
  execute(number: number, roots: PrivateRoots, strange: readonly EncryptedPayloadHash[]): StoreOperation[];
  /** Operations that take back block `number` and all after it. */
  rewind(number: number): StoreOperation[];
  /** The executed block whose private transaction has this digest and was skipped, as this page was no party then. */
  strangeIn(digest: EncryptedPayloadHash): Promise<number | undefined>;
}

const headKey = letterKey('P');

export async function openPrivateStore(store: Store): Promise<PrivateStore> {
  const blocks: number[] = [];
  const roots: ({ readonly number: number } & PrivateRoots)[] = [];
  for await (const [key] of store.iterate(rangeOf('b'))) blocks.push(keyHeight(key));
  for await (const [key, value] of store.iterate(rangeOf('p')))
    roots.push({ number: keyHeight(key), ...decodeRoots(value) });
  const storedHead = await store.get(headKey);
  let executed = storedHead === undefined ? 0 : bytesToNumber(storedHead);

  const putHead = (): StoreOperation => ({ type: 'put', key: headKey, value: numberToBytes(executed) });

  return {
    executed: () => executed,
    rootAt(number) {
      return roots.findLast((entry) => entry.number <= number)?.root ?? emptyTrieRoot;
    },
    extraRootAt(number) {
      return roots.findLast((entry) => entry.number <= number)?.extraRoot ?? emptyTrieRoot;
    },
    next: (number) => blocks[firstAbove(blocks, number)],
    async read(number) {
      const encoded = await store.get(heightKey('b', number));
      if (encoded === undefined) throw new RangeError(`no private block ${number}`);
      return decodePrivateBlock(encoded);
    },
    keep(block) {
      const { number } = block.header;
      if ((blocks.at(-1) ?? 0) < number) blocks.push(number);
      return [{ type: 'put', key: heightKey('b', number), value: encodePrivateBlock(block) }];
    },
    execute(number, after, strange) {
      executed = number;
      const operations: StoreOperation[] = [putHead()];
      const before = roots.at(-1) ?? { root: emptyTrieRoot, extraRoot: emptyTrieRoot };
      if (!bytesEqual(before.root, after.root) || !bytesEqual(before.extraRoot, after.extraRoot)) {
        roots.push({ number, ...after });
        operations.push({ type: 'put', key: heightKey('p', number), value: encodeRoots(after) });
      }
      for (const digest of strange)
        operations.push({ type: 'put', key: letterKey('d', digest), value: numberToBytes(number) });
      return operations;
    },
    rewind(number) {
      const operations: StoreOperation[] = [];
      while ((roots.at(-1)?.number ?? -1) >= number) {
        const last = roots.pop();
        if (last !== undefined) operations.push({ type: 'delete', key: heightKey('p', last.number) });
      }
      executed = blocks.findLast((candidate) => candidate < number) ?? 0;
      return [...operations, putHead()];
    },
    async strangeIn(digest) {
      const value = await store.get(letterKey('d', digest));
      return value === undefined ? undefined : bytesToNumber(value);
    },
  };
}

/** Index of the first number above `limit` in an ascending list. */
function firstAbove(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] as number) > limit) high = middle;
    else low = middle + 1;
  }
  return low;
}

function rangeOf(letter: 'b' | 'p'): { gte: Uint8Array; lt: Uint8Array } {
  return { gte: heightKey(letter, 0), lt: heightKey(letter, 2 ** 48 - 1) };
}

function encodePrivateBlock(block: PrivateBlock): Uint8Array {
  const body: BlockBody = { transactions: block.transactions, uncles: [] };
  return encodeRlp([encodeHeader(block.header), block.parentRoot, block.author, encodeBlockBody(body)]);
}

function decodePrivateBlock(encoded: Uint8Array): PrivateBlock {
  const outer = new RlpReader(encoded);
  const reader = outer.readList('privateBlock');
  const header = decodeHeader(reader.readBytes('header'));
  const parentRoot = reader.readFixed(32, 'parentRoot');
  const author = reader.readFixed(20, 'author');
  const { transactions } = decodeBlockBody(reader.readBytes('body'));
  return { header, parentHash: header.parentHash, parentRoot, author, transactions };
}
