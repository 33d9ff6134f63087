import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { bytesToHex, hexToFixedBytes } from '@isoquorum/primitives/hex';
import {
  readStoredSnapshot,
  type TallyJson,
  tallyFromJson,
  tallyToJson,
  voteFromJson,
  type VoteJson,
  voteToJson,
} from '../vote-json.ts';
import { cliqueSettings } from './settings.ts';
import type { CliqueSnapshot } from './snapshot.ts';

/** What `clique_getSnapshot` answers, keys in GoQuorum's order. */
export interface CliqueSnapshotJson {
  readonly number: number;
  readonly hash: string;
  readonly signers: Readonly<Record<string, Readonly<Record<string, never>>>>;
  readonly recents: Readonly<Record<string, string>>;
  /** Null, not empty, at the genesis block and at checkpoints. */
  readonly votes: readonly ({ readonly signer: string } & VoteJson)[] | null;
  readonly tally: TallyJson;
}

/** The snapshot as RPC shows it; also the form in which a node stores it. */
export function cliqueSnapshotToJson(snapshot: CliqueSnapshot, config: ChainConfig): CliqueSnapshotJson {
  const isCheckpoint = snapshot.number % cliqueSettings(config).epochLength === 0;
  const votes = snapshot.votes.map((vote) => ({ signer: bytesToHex(vote.validator), ...voteToJson(vote) }));
  return {
    number: snapshot.number,
    hash: bytesToHex(snapshot.hash),
    signers: Object.fromEntries(snapshot.signers.map((signer) => [bytesToHex(signer), {}])),
    recents: Object.fromEntries([...snapshot.recents].map(([number, signer]) => [String(number), bytesToHex(signer)])),
    votes: isCheckpoint && votes.length === 0 ? null : votes,
    tally: tallyToJson(snapshot.tally),
  };
}

/** The snapshot from its stored form. @throws SNAPSHOT_INVALID */
export function cliqueSnapshotFromJson(json: CliqueSnapshotJson): CliqueSnapshot {
  return readStoredSnapshot(() => ({
    number: json.number,
    hash: hexToFixedBytes(json.hash, 32, 'hash'),
    signers: Object.keys(json.signers).map((signer) => hexToFixedBytes(signer, 20, 'signers')),
    recents: new Map(
      Object.entries(json.recents).map(([number, signer]) => [Number(number), hexToFixedBytes(signer, 20, 'recents')]),
    ),
    votes: (json.votes ?? []).map((vote) => voteFromJson(vote.signer, vote)),
    tally: tallyFromJson(json.tally),
  }));
}
