import { bytesToHex, compareBytes } from '@isoquorum/primitives/hex';
import { encodeIbftExtra, encodeQbftExtra, ISTANBUL_DIGEST } from '@isoquorum/primitives/istanbul-extra';
import type { DevelopmentAccount } from '../dev/network-json.ts';

/** Engines that a generated network can run on. */
export const generatedConsensus = ['qbft', 'ibft'] as const;
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

/**
 * A genesis file for QBFT or IBFT that GoQuorum reads too: free gas, quorum of two thirds rounded up from the first block
 * (`ceil2Nby3Block: 0`, decision 7), validators in `extraData`, forks up to Berlin.
 */
export function createGenesisJson(choices: GenesisChoices, validators: readonly Uint8Array[]): unknown {
  const vanity = new Uint8Array(32);
  const sorted = validators.toSorted(compareBytes);
  const extraData =
    choices.consensus === 'qbft'
      ? encodeQbftExtra({ vanity, validators: sorted, vote: undefined, round: 0, committedSeals: [] })
      : encodeIbftExtra({ vanity, validators: sorted, seal: new Uint8Array(0), committedSeals: [] });
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
      [choices.consensus]: {
        epochlength: 30_000,
        blockperiodseconds: choices.blockPeriodSeconds,
        requesttimeoutseconds: 4,
        policy: 0,
        ceil2Nby3Block: 0,
      },
    },
    nonce: '0x0',
    timestamp: '0x0',
    extraData: bytesToHex(extraData),
    gasLimit: `0x${GAS_LIMIT.toString(16)}`,
    difficulty: '0x1',
    mixHash: bytesToHex(ISTANBUL_DIGEST),
    coinbase: `0x${'00'.repeat(20)}`,
    alloc: Object.fromEntries(
      choices.accounts.map(({ address }) => [address.slice(2), { balance: `0x${ONE_BILLION_ETHER.toString(16)}` }]),
    ),
  };
}
