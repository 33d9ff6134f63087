import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { createGenesisHeader, parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { emptyTrieRoot, type Header } from '@isoquorum/primitives/header';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { ISTANBUL_DIGEST } from '@isoquorum/primitives/istanbul-digest';
import { encodeIbftExtra, encodeQbftExtra } from '@isoquorum/primitives/istanbul-extra';
import { sortValidators } from '@isoquorum/consensus/validator-set';
import type { BftAlgorithm } from '@isoquorum/primitives/genesis/bft-config';
import { addressOf } from '../fake-signatures.ts';

/** Quorum by the chain's rule: see decision 7. */
export type QuorumRule = 'ceil2N/3' | '2F+1';

export interface BftGenesisOptions {
  readonly algorithm: BftAlgorithm;
  readonly nodes: number;
  readonly quorumRule: QuorumRule;
}

/** Seconds: a round of the first attempt, and of the last. */
const requestTimeoutSeconds = 2;
const maxRequestTimeoutSeconds = 16;

export const BLOCK_PERIOD_MS = 1000;
/** Milliseconds that a round lasts at the longest. */
export const LONGEST_ROUND_MS: number = maxRequestTimeoutSeconds * 1000;

/** A chain of BFT machines: period 1 s, rounds of 2 s doubling to 16 s. */
export function createBftGenesis(options: BftGenesisOptions): {
  readonly config: ChainConfig;
  readonly header: Header;
} {
  const validators = sortValidators(Array.from({ length: options.nodes }, (_, index) => addressOf(index)));
  const vanity = new Uint8Array(32);
  const committedSeals: Uint8Array[] = [];
  const extra =
    options.algorithm === 'qbft'
      ? encodeQbftExtra({ vanity, validators, vote: undefined, round: 0, committedSeals })
      : encodeIbftExtra({ vanity, validators, seal: new Uint8Array(0), committedSeals });
  const settings = {
    epochlength: 30_000,
    blockperiodseconds: BLOCK_PERIOD_MS / 1000,
    requesttimeoutseconds: requestTimeoutSeconds,
    ceil2Nby3Block: 0,
  };
  const genesis = parseGenesis({
    config: {
      chainId: 1337,
      isQuorum: true,
      txnSizeLimit: 64,
      [options.algorithm]: settings,
      transitions: [
        { block: 0, maxRequestTimeoutSeconds, ...(options.quorumRule === '2F+1' ? { '2FPlus1Enabled': true } : {}) },
      ],
    },
    nonce: '0x0',
    timestamp: '0x5f1663fc',
    extraData: bytesToHex(extra),
    gasLimit: '0x2faf0800',
    difficulty: '0x1',
    mixHash: bytesToHex(ISTANBUL_DIGEST),
    coinbase: '0x0000000000000000000000000000000000000000',
    alloc: {},
  });
  return { config: genesis.config, header: createGenesisHeader(genesis, emptyTrieRoot) };
}
