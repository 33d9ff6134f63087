import type { Address } from '@isoquorum/primitives/bytes';
import { emptyBloom } from '@isoquorum/primitives/bloom';
import { nextGasLimit } from '@isoquorum/primitives/gas-limit';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { isGasPriceEnabledAt, minerGasLimitAt } from '@isoquorum/primitives/genesis/rules-at';
import { emptyTrieRoot, emptyUncleHash, type Header, headerHash, zeroHash } from '@isoquorum/primitives/header';
import { ethashDifficulty } from './difficulty.ts';

/** What a minter chooses or is told. */
export interface PrepareRaftHeaderOptions {
  readonly parent: Header;
  readonly config: ChainConfig;
  /** Unix time in nanoseconds; or in seconds, for a chain that is written so from its first block. */
  readonly now: bigint;
  /** Time stamps are in seconds, and blocks of one second share theirs. */
  readonly isInSeconds: boolean;
  /** Who gets the fees where gas has a price; nobody elsewhere. */
  readonly feeRecipient: Address;
}

const nobody = new Uint8Array(20);

/**
 * The header of a candidate before execution and seal (goquorum.md 8.2). Nanoseconds always grow, by one where the clock does not; seconds may
 * stand still.
 */
export function prepareRaftHeader(options: PrepareRaftHeaderOptions): Header {
  const { parent, config, now, isInSeconds } = options;
  const number = parent.number + 1;
  const earliest = isInSeconds ? parent.timestamp : parent.timestamp + 1n;
  const timestamp = now > earliest ? now : earliest;
  return {
    parentHash: headerHash(parent),
    uncleHash: emptyUncleHash,
    coinbase: isGasPriceEnabledAt(config, number) ? options.feeRecipient : nobody,
    stateRoot: zeroHash,
    transactionsRoot: emptyTrieRoot,
    receiptsRoot: emptyTrieRoot,
    logsBloom: emptyBloom,
    difficulty: ethashDifficulty(config, timestamp, parent),
    number,
    gasLimit: nextGasLimit(parent, minerGasLimitAt(config, parent.number)),
    gasUsed: 0n,
    timestamp,
    extraData: new Uint8Array(0),
    mixHash: zeroHash,
    nonce: new Uint8Array(8),
  };
}
