import type { Block } from '@isoquorum/primitives/block';
import { type Address, emptyBytes } from '@isoquorum/primitives/bytes';
import type { BftAlgorithm } from '@isoquorum/primitives/genesis/bft-config';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { createGenesisHeader, parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { emptyTrieRoot, type Header } from '@isoquorum/primitives/header';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { ISTANBUL_DIGEST } from '@isoquorum/primitives/istanbul-digest';
import { encodeIbftExtra, encodeQbftExtra } from '@isoquorum/primitives/istanbul-extra';
import { type PrepareHeaderOptions, prepareQbftHeader } from '../bft/prepare-header.ts';
import { sortValidators } from '../validator-set.ts';

/** Settings of a BFT chain for tests: period 1 s, timeout 2 s. */
export interface TestGenesisOptions {
  /** Default QBFT. */
  readonly algorithm?: BftAlgorithm;
  readonly isTwoFPlus1?: boolean;
  readonly epochLength?: number;
}

/** A BFT genesis with the given validators. */
export function createTestGenesis(
  validators: readonly Address[],
  options: TestGenesisOptions = {},
): { readonly config: ChainConfig; readonly header: Header } {
  const { epochLength = 30_000, isTwoFPlus1 = false, algorithm = 'qbft' } = options;
  const extra = { vanity: new Uint8Array(32), validators: sortValidators(validators), committedSeals: [] };
  const extraData =
    algorithm === 'qbft'
      ? encodeQbftExtra({ ...extra, vote: undefined, round: 0 })
      : encodeIbftExtra({ ...extra, seal: emptyBytes });
  const section = { epochlength: epochLength, blockperiodseconds: 1, requesttimeoutseconds: 2, ceil2Nby3Block: 0 };
  const genesis = parseGenesis({
    config: {
      chainId: 1337,
      isQuorum: true,
      txnSizeLimit: 64,
      [algorithm]: section,
      transitions: isTwoFPlus1 ? [{ block: 0, '2FPlus1Enabled': true }] : [],
    },
    nonce: '0x0',
    timestamp: '0x5f1663fc',
    extraData: bytesToHex(extraData),
    gasLimit: '0x2faf0800',
    difficulty: '0x1',
    mixHash: bytesToHex(ISTANBUL_DIGEST),
    coinbase: '0x0000000000000000000000000000000000000000',
    alloc: {},
  });
  return { config: genesis.config, header: createGenesisHeader(genesis, emptyTrieRoot) };
}

/** An empty block on a parent; `salt` makes it different from others. */
export function createTestBlock(options: Omit<PrepareHeaderOptions, 'vanity'>, salt = 0): Block {
  const vanity = new Uint8Array(32);
  vanity[0] = salt & 0xff;
  vanity[1] = (salt >> 8) & 0xff;
  vanity[2] = (salt >> 16) & 0xff;
  return { header: prepareQbftHeader({ ...options, vanity }), transactions: [], uncles: [] };
}
