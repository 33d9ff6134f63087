import type { Store, StoreOperation } from '@isoquorum/platform/store';
import type { EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { concatBytes, isZeroBytes } from '@isoquorum/primitives/hex';
import { bytesToUtf8 } from '@isoquorum/primitives/utf8';
import { keyToNumber, payloadHashLength, unresolvedKey, unresolvedRange } from './keys.ts';

/** Without the payload of this digest a private state executed that block. */
export interface UnresolvedPayload {
  readonly digest: EncryptedPayloadHash;
  readonly number: number;
  readonly psi: string;
}

/** What blocks were executed without, by private state: marks in the store, whose order is that of their digests. */
export interface UnresolvedPayloads {
  has(mark: UnresolvedPayload): boolean;
  /** Lowest block number that was executed without this payload, by private state. */
  lowest(digest: EncryptedPayloadHash): Promise<ReadonlyMap<string, number>>;
  /** So many marks at most, from the one after `after` on; from the first one when it is undefined. */
  page(after: UnresolvedPayload | undefined, limit: number): Promise<readonly UnresolvedPayload[]>;
  /** Notes what a block was executed with and without. */
  operations(
    psi: string,
    number: number,
    without: readonly EncryptedPayloadHash[],
    withThem: readonly EncryptedPayloadHash[],
  ): StoreOperation[];
}

const keyOf = ({ digest, number, psi }: UnresolvedPayload): Uint8Array => unresolvedKey(digest, number, psi);
const prefixLength = unresolvedRange().gte.length;

function readKey(key: Uint8Array): UnresolvedPayload {
  const numberAt = prefixLength + payloadHashLength;
  return {
    digest: key.slice(prefixLength, numberAt),
    number: keyToNumber(key.subarray(numberAt)),
    psi: bytesToUtf8(key.subarray(numberAt + 8), 'psi'),
  };
}

export function createUnresolvedPayloads(store: Store): UnresolvedPayloads {
  return {
    has: (mark) => store.getSync(keyOf(mark)) !== undefined,
    async lowest(digest) {
      const lowest = new Map<string, number>();
      for await (const [key] of store.iterate(unresolvedRange(digest))) {
        const { psi, number } = readKey(key);
        if (!lowest.has(psi)) lowest.set(psi, number);
      }
      return lowest;
    },
    async page(after, limit) {
      const { gte, lt } = unresolvedRange();
      // No key lies between one and the same with a zero byte behind it.
      const from = after === undefined ? gte : concatBytes(keyOf(after), Uint8Array.of(0));
      const marks: UnresolvedPayload[] = [];
      for await (const [key] of store.iterate({ gte: from, lt, limit })) marks.push(readKey(key));
      return marks;
    },
    operations(psi, number, without, withThem) {
      const operations: StoreOperation[] = [];
      for (const digest of without) {
        // The digest of nothing, which is nobody's.
        if (isZeroBytes(digest)) continue;
        operations.push({ type: 'put', key: unresolvedKey(digest, number, psi), value: new Uint8Array(0) });
      }
      for (const digest of withThem) {
        const key = unresolvedKey(digest, number, psi);
        if (store.getSync(key) !== undefined) operations.push({ type: 'delete', key });
      }
      return operations;
    },
  };
}
