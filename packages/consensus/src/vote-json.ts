import { bytesToHex, hexToFixedBytes } from '@isoquorum/primitives/hex';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { SnapshotVote, Tally } from './vote-tally.ts';

/** A stored snapshot is not of this shape. */
export type SnapshotJsonErrorCode = 'SNAPSHOT_INVALID';

/** Votes for and against candidates, as snapshots of every kind show them. */
export type TallyJson = Readonly<Record<string, { readonly authorize: boolean; readonly votes: number }>>;

/** A vote as snapshots show it, behind the name of who cast it. */
export interface VoteJson {
  readonly block: number;
  readonly address: string;
  readonly authorize: boolean;
}

export function voteToJson({ block, candidate, authorize }: SnapshotVote): VoteJson {
  return { block, address: bytesToHex(candidate), authorize };
}

export function tallyToJson(tally: ReadonlyMap<string, Tally>): TallyJson {
  const entries = [...tally.values()].map(({ candidate, authorize, votes }) => [
    bytesToHex(candidate),
    { authorize, votes },
  ]);
  return Object.fromEntries(entries) as TallyJson;
}

/** @throws HEX_INVALID */
export function tallyFromJson(json: TallyJson): ReadonlyMap<string, Tally> {
  const entries = Object.entries(json).map(([address, { authorize, votes }]): [string, Tally] => [
    address.slice(2),
    { candidate: hexToFixedBytes(address, 20, 'tally'), authorize, votes },
  ]);
  return new Map(entries);
}

/** @throws HEX_INVALID */
export function voteFromJson(voter: string, { block, address, authorize }: VoteJson): SnapshotVote {
  const candidate = hexToFixedBytes(address, 20, 'address');
  return { validator: hexToFixedBytes(voter, 20, 'voter'), block, candidate, authorize };
}

/** Whatever is wrong with a stored snapshot means that the disk is. @throws SNAPSHOT_INVALID */
export function readStoredSnapshot<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new IsoquorumError('SNAPSHOT_INVALID', 'stored snapshot is damaged', {}, 'STOP', { cause });
  }
}
