import type { Hash32 } from '@isoquorum/primitives/bytes';
import { compareBytes } from '@isoquorum/primitives/hex';
import { numberToBytes } from '@isoquorum/primitives/integer';
import { encodeRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';

/** Where the making of a snapshot has come to: accounts before `account` are in it, and slots of `account` before `slot`. */
export interface FlatMarker {
  readonly account: Hash32;
  /** `undefined`: nothing of the account yet. */
  readonly slot: Hash32 | undefined;
  /** Under which the slots of `account` are being written. */
  readonly incarnation: number;
}

/** Where making begins. */
export const firstMarker: FlatMarker = { account: new Uint8Array(32), slot: undefined, incarnation: 0 };

/** What the snapshot is of: root, and how far it has been made (`undefined`: it is whole). */
export interface FlatStatus {
  readonly root: Hash32;
  readonly marker: FlatMarker | undefined;
}

/** rlp[root, [] or [account, slot or nothing, incarnation]]. */
export function encodeFlatStatus({ root, marker }: FlatStatus): Uint8Array {
  if (marker === undefined) return encodeRlp([root, []]);
  return encodeRlp([root, [marker.account, marker.slot ?? new Uint8Array(0), numberToBytes(marker.incarnation)]]);
}

/** @throws RLP_* naming the field */
export function decodeFlatStatus(encoded: Uint8Array): FlatStatus {
  const outer = new RlpReader(encoded);
  const fields = outer.readList('status');
  outer.end('status');
  const root = fields.readFixed(32, 'root').slice();
  const list = fields.readList('marker');
  fields.end('status');
  if (!list.hasMore) return { root, marker: undefined };
  const marker = {
    account: list.readFixed(32, 'account').slice(),
    slot: list.readOptionalFixed(32, 'slot')?.slice(),
    incarnation: list.readNumber('incarnation'),
  };
  list.end('marker');
  return { root, marker };
}

/** Whether all of an account is before the marker, none of it, or a part. */
export function placeOf(addressHash: Hash32, marker: FlatMarker | undefined): 'before' | 'inside' | 'after' {
  if (marker === undefined) return 'before';
  const order = compareBytes(addressHash, marker.account);
  if (order !== 0) return order < 0 ? 'before' : 'after';
  return marker.slot === undefined ? 'after' : 'inside';
}
