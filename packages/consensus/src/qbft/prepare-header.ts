import type { Address } from '@isoquorum/primitives/bytes';
import { emptyBloom } from '@isoquorum/primitives/bloom';
import { nextGasLimit } from '@isoquorum/primitives/gas-limit';
import { bftConfigAt } from '@isoquorum/primitives/genesis/bft-config';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { minerGasLimitAt } from '@isoquorum/primitives/genesis/rules-at';
import { emptyTrieRoot, emptyUncleHash, type Header, headerHash, zeroHash } from '@isoquorum/primitives/header';
import { encodeQbftExtra, type QbftVote } from '@isoquorum/primitives/istanbul-extra';
import { ISTANBUL_DIGEST } from '@isoquorum/primitives/istanbul-digest';
import { sortValidators } from '../validator-set.ts';

/** What a proposer chooses or is told. */
export interface PrepareHeaderOptions {
  readonly parent: Header;
  /** Those in force after the parent. */
  readonly validators: readonly Address[];
  readonly config: ChainConfig;
  /** Address of the node key. */
  readonly author: Address;
  readonly nowSeconds: bigint;
  readonly vote?: QbftVote | undefined;
  /** At most 32 bytes, padded with zeros. */
  readonly vanity?: Uint8Array;
  readonly gasFloor?: bigint;
  readonly gasCeiling?: bigint;
}

/**
 * The header of a candidate before execution: state root, transactions root, receipts root, bloom and gas used are to be
 * filled in (goquorum.md 9.2, 11.2).
 */
export function prepareQbftHeader(options: PrepareHeaderOptions): Header {
  const { parent, config, nowSeconds, author, vote } = options;
  const number = parent.number + 1;
  const settings = bftConfigAt(config, number);
  const earliest = parent.timestamp + BigInt(settings?.blockPeriodSeconds ?? 1);
  const isByContract = bftConfigAt(config, parent.number)?.validatorSelectionMode === 'contract';
  const vanity = new Uint8Array(32);
  vanity.set((options.vanity ?? vanity).subarray(0, 32));
  const validators = isByContract ? [] : sortValidators(options.validators);
  const minimum = minerGasLimitAt(config, parent.number);
  return {
    parentHash: headerHash(parent),
    uncleHash: emptyUncleHash,
    coinbase: author,
    stateRoot: zeroHash,
    transactionsRoot: emptyTrieRoot,
    receiptsRoot: emptyTrieRoot,
    logsBloom: emptyBloom,
    difficulty: 1n,
    number,
    gasLimit: nextGasLimit(parent, minimum, options.gasFloor, options.gasCeiling),
    gasUsed: 0n,
    timestamp: nowSeconds > earliest ? nowSeconds : earliest,
    extraData: encodeQbftExtra({ vanity, validators, vote, round: 0, committedSeals: [] }),
    mixHash: ISTANBUL_DIGEST,
    nonce: new Uint8Array(8),
  };
}
