import { bftConfigAt } from '@isoquorum/primitives/genesis/bft-config';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { bytesToHex, hexToFixedBytes } from '@isoquorum/primitives/hex';
import type { Snapshot } from './snapshot.ts';
import {
  readStoredSnapshot,
  type TallyJson,
  tallyFromJson,
  tallyToJson,
  voteFromJson,
  type VoteJson,
  voteToJson,
} from './vote-json.ts';

/** What `istanbul_getSnapshot` answers (goquorum.md 9.9, 14.6). */
export interface SnapshotJson {
  readonly epoch: number;
  readonly number: number;
  readonly hash: string;
  /** Null at the genesis block only. */
  readonly votes: readonly ({ readonly validator: string } & VoteJson)[] | null;
  readonly tally: TallyJson;
  readonly validators: readonly string[];
  /** 0 round robin, 1 sticky. */
  readonly policy: number;
}

/** The snapshot as RPC shows it; also the form in which a node stores it. */
export function snapshotToJson(snapshot: Snapshot, config: ChainConfig): SnapshotJson {
  const settings = bftConfigAt(config, snapshot.number);
  const votes = snapshot.votes.map((vote) => ({ validator: bytesToHex(vote.validator), ...voteToJson(vote) }));
  return {
    epoch: settings?.epochLength ?? 0,
    number: snapshot.number,
    hash: bytesToHex(snapshot.hash),
    votes: snapshot.number === 0 ? null : votes,
    tally: tallyToJson(snapshot.tally),
    validators: snapshot.validators.map(bytesToHex),
    policy: settings?.proposerPolicy === 'sticky' ? 1 : 0,
  };
}

/** The snapshot from its stored form. @throws SNAPSHOT_INVALID */
export function snapshotFromJson(json: SnapshotJson): Snapshot {
  return readStoredSnapshot(() => ({
    number: json.number,
    hash: hexToFixedBytes(json.hash, 32, 'hash'),
    votes: (json.votes ?? []).map((vote) => voteFromJson(vote.validator, vote)),
    tally: tallyFromJson(json.tally),
    validators: json.validators.map((validator) => hexToFixedBytes(validator, 20, 'validators')),
  }));
}
