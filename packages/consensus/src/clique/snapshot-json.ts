import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { bytesToHex, hexToFixedBytes } from '@isoquorum/primitives/hex';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { SnapshotVote, Tally } from '../vote-tally.ts';
import { cliqueSettings } from './settings.ts';
import type { CliqueSnapshot } from './snapshot.ts';

/** What `clique_getSnapshot` answers, keys in GoQuorum's order. */
export interface CliqueSnapshotJson {
  readonly number: number;
  readonly hash: string;
  readonly signers: Readonly<Record<string, Readonly<Record<string, never>>>>;
  readonly recents: Readonly<Record<string, string>>;
  /** Null, not empty, at the genesis block and at checkpoints. */
  readonly votes: readonly { signer: string; block: number; address: string; authorize: boolean }[] | null;
  readonly tally: Readonly<Record<string, { authorize: boolean; votes: number }>>;
}

/** The snapshot as RPC shows it; also the form in which a node stores it. */
export function cliqueSnapshotToJson(snapshot: CliqueSnapshot, config: ChainConfig): CliqueSnapshotJson {
  const isCheckpoint = snapshot.number % cliqueSettings(config).epochLength === 0;
  const votes = snapshot.votes.map(({ validator, block, candidate, authorize }) => ({
    signer: bytesToHex(validator),
    block,
    address: bytesToHex(candidate),
    authorize,
  }));
  const tally = [...snapshot.tally.values()].map(
    ({ candidate, authorize, votes: count }) => [bytesToHex(candidate), { authorize, votes: count }] as const,
  );
  return {
    number: snapshot.number,
    hash: bytesToHex(snapshot.hash),
    signers: Object.fromEntries(snapshot.signers.map((signer) => [bytesToHex(signer), {}])),
    recents: Object.fromEntries([...snapshot.recents].map(([number, signer]) => [String(number), bytesToHex(signer)])),
    votes: isCheckpoint && votes.length === 0 ? null : votes,
    tally: Object.fromEntries(tally),
  };
}

/** The snapshot from its stored form. @throws SNAPSHOT_INVALID */
export function cliqueSnapshotFromJson(json: CliqueSnapshotJson): CliqueSnapshot {
  try {
    const votes = (json.votes ?? []).map(({ signer, block, address, authorize }): SnapshotVote => {
      const candidate = hexToFixedBytes(address, 20, 'address');
      return { validator: hexToFixedBytes(signer, 20, 'signer'), block, candidate, authorize };
    });
    const tally = Object.entries(json.tally).map(([address, { authorize, votes: count }]): [string, Tally] => [
      address.slice(2),
      { candidate: hexToFixedBytes(address, 20, 'tally'), authorize, votes: count },
    ]);
    return {
      number: json.number,
      hash: hexToFixedBytes(json.hash, 32, 'hash'),
      signers: Object.keys(json.signers).map((signer) => hexToFixedBytes(signer, 20, 'signers')),
      recents: new Map(
        Object.entries(json.recents).map(([number, signer]) => [
          Number(number),
          hexToFixedBytes(signer, 20, 'recents'),
        ]),
      ),
      votes,
      tally: new Map(tally),
    };
  } catch (cause) {
    throw new IsoquorumError('SNAPSHOT_INVALID', 'stored snapshot is damaged', {}, 'STOP', { cause });
  }
}
