import { bytesToHex, compareBytes, concatBytes } from '@isoquorum/primitives/hex';
import { encodeIbftExtra, encodeQbftExtra, ISTANBUL_DIGEST } from '@isoquorum/primitives/istanbul-extra';
import type { DevelopmentAccount } from '../dev/network-json.ts';

/** Engines that a generated network can run on. */
export const generatedConsensus = ['qbft', 'ibft', 'clique', 'raft'] as const;
export type GeneratedConsensus = (typeof generatedConsensus)[number];

export interface GenesisChoices {
  readonly consensus: GeneratedConsensus;
  readonly chainId: number;
  /** 0: blocks on demand. */
  readonly blockPeriodSeconds: number;
  readonly accounts: readonly DevelopmentAccount[];
}

const ONE_BILLION_ETHER = 10n ** 27n;
/** GoQuorum's default ceiling (goquorum.md 1.4). */
const GAS_LIMIT = 800_000_000;
const EPOCH_LENGTH = 30_000;

/** What the engine puts into a genesis file. */
interface EnginePart {
  readonly config: Readonly<Record<string, unknown>>;
  readonly extraData: Uint8Array;
  readonly mixHash: Uint8Array;
}

/** Quorum of two thirds rounded up from the first block (`ceil2Nby3Block: 0`, decision 7). */
function bftPart(consensus: 'qbft' | 'ibft', periodSeconds: number, sorted: readonly Uint8Array[]): EnginePart {
  const vanity = new Uint8Array(32);
  const section = {
    epochlength: EPOCH_LENGTH,
    blockperiodseconds: periodSeconds,
    requesttimeoutseconds: 4,
    policy: 0,
    ceil2Nby3Block: 0,
  };
  const extraData =
    consensus === 'qbft'
      ? encodeQbftExtra({ vanity, validators: sorted, vote: undefined, round: 0, committedSeals: [] })
      : encodeIbftExtra({ vanity, validators: sorted, seal: new Uint8Array(0), committedSeals: [] });
  return { config: { [consensus]: section }, extraData, mixHash: ISTANBUL_DIGEST };
}

function cliquePart(periodSeconds: number, sorted: readonly Uint8Array[]): EnginePart {
  return {
    config: { clique: { period: periodSeconds, epoch: EPOCH_LENGTH } },
    // Vanity, signers, and room for a signature that block 0 does not have.
    extraData: concatBytes(new Uint8Array(32), ...sorted, new Uint8Array(65)),
    mixHash: new Uint8Array(32),
  };
}

/** Raft is what a genesis stands for that names no engine. */
const raftPart: EnginePart = { config: {}, extraData: new Uint8Array(32), mixHash: new Uint8Array(32) };

function enginePart({ consensus, blockPeriodSeconds }: GenesisChoices, validators: readonly Uint8Array[]): EnginePart {
  if (consensus === 'raft') return raftPart;
  const sorted = validators.toSorted(compareBytes);
  return consensus === 'clique'
    ? cliquePart(blockPeriodSeconds, sorted)
    : bftPart(consensus, blockPeriodSeconds, sorted);
}

/** A genesis file that GoQuorum reads too: free gas, validators or signers in `extraData`, forks up to Berlin. */
export function createGenesisJson(choices: GenesisChoices, validators: readonly Uint8Array[]): unknown {
  const { config, extraData, mixHash } = enginePart(choices, validators);
  return {
    config: {
      chainId: choices.chainId,
      homesteadBlock: 0,
      eip150Block: 0,
      eip155Block: 0,
      eip158Block: 0,
      byzantiumBlock: 0,
      constantinopleBlock: 0,
      petersburgBlock: 0,
      istanbulBlock: 0,
      berlinBlock: 0,
      isQuorum: true,
      txnSizeLimit: 64,
      ...config,
    },
    nonce: '0x0',
    timestamp: '0x0',
    extraData: bytesToHex(extraData),
    gasLimit: `0x${GAS_LIMIT.toString(16)}`,
    difficulty: choices.consensus === 'raft' ? '0x0' : '0x1',
    mixHash: bytesToHex(mixHash),
    coinbase: `0x${'00'.repeat(20)}`,
    alloc: Object.fromEntries(
      choices.accounts.map(({ address }) => [address.slice(2), { balance: `0x${ONE_BILLION_ETHER.toString(16)}` }]),
    ),
  };
}
