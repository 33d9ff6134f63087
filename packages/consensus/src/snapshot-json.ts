import { bftConfigAt } from '@isoquorum/primitives/genesis/bft-config';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { bytesToHex, hexToFixedBytes } from '@isoquorum/primitives/hex';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { Snapshot } from './snapshot.ts';
import type { SnapshotVote, Tally } from './vote-tally.ts';

/** A stored snapshot is not of this shape. */
export type SnapshotJsonErrorCode = 'SNAPSHOT_INVALID';

/** What `istanbul_getSnapshot` answers (goquorum.md 9.9, 14.6). */
export interface SnapshotJson {
  readonly epoch: number;
  readonly number: number;
  readonly hash: string;
  /** Null at the genesis block only. */
  readonly votes: readonly { validator: string; block: number; address: string; authorize: boolean }[] | null;
  readonly tally: Readonly<Record<string, { authorize: boolean; votes: number }>>;
  readonly validators: readonly string[];
  /** 0 round robin, 1 sticky. */
  readonly policy: number;
}

/** The snapshot as RPC shows it; also the form in which a node stores it. */
export function snapshotToJson(snapshot: Snapshot, config: ChainConfig): SnapshotJson {
  const settings = bftConfigAt(config, snapshot.number);
  const votes = snapshot.votes.map(({ validator, block, candidate, authorize }) => ({
    validator: bytesToHex(validator),
    block,
    address: bytesToHex(candidate),
    authorize,
  }));
  const tally = Object.fromEntries(
    [...snapshot.tally.values()].map(({ candidate, authorize, votes: count }) => [
      bytesToHex(candidate),
      { authorize, votes: count },
    ]),
  );
  return {
    epoch: settings?.epochLength ?? 0,
    number: snapshot.number,
    hash: bytesToHex(snapshot.hash),
    votes: snapshot.number === 0 ? null : votes,
    tally,
    validators: snapshot.validators.map(bytesToHex),
    policy: settings?.proposerPolicy === 'sticky' ? 1 : 0,
  };
}

/** The snapshot from its stored form. @throws SNAPSHOT_INVALID */
export function snapshotFromJson(json: SnapshotJson): Snapshot {
  try {
    const votes = (json.votes ?? []).map(({ validator, block, address, authorize }): SnapshotVote => {
      const candidate = hexToFixedBytes(address, 20, 'address');
      return { validator: hexToFixedBytes(validator, 20, 'validator'), block, candidate, authorize };
    });
    const tally = Object.entries(json.tally).map(([address, { authorize, votes: count }]): [string, Tally] => [
      address.slice(2),
      { candidate: hexToFixedBytes(address, 20, 'tally'), authorize, votes: count },
    ]);
    return {
      number: json.number,
      hash: hexToFixedBytes(json.hash, 32, 'hash'),
      votes,
      tally: new Map(tally),
      validators: json.validators.map((validator) => hexToFixedBytes(validator, 20, 'validators')),
    };
  } catch (cause) {
    throw new IsoquorumError('SNAPSHOT_INVALID', 'stored snapshot is damaged', {}, 'STOP', { cause });
  }
}
