import { zeroAddress } from '@isoquorum/primitives/address';
import { type Address, emptyBytes } from '@isoquorum/primitives/bytes';
import { emptyBloom } from '@isoquorum/primitives/bloom';
import { nextGasLimit } from '@isoquorum/primitives/gas-limit';
import { bftConfigAt } from '@isoquorum/primitives/genesis/bft-config';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { minerGasLimitAt } from '@isoquorum/primitives/genesis/rules-at';
import { emptyTrieRoot, emptyUncleHash, type Header, headerHash, zeroHash } from '@isoquorum/primitives/header';
import { encodeIbftExtra, encodeQbftExtra, type QbftVote, qbftVoteAdd } from '@isoquorum/primitives/istanbul-extra';
import { ISTANBUL_DIGEST } from '@isoquorum/primitives/istanbul-digest';
import { timestampSeconds } from '../header-rules.ts';
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

/** What a candidate's header has before execution under both algorithms; roots, bloom and gas used are to be filled in. */
function prepareHeader(options: PrepareHeaderOptions, extraOf: ExtraOf): Header {
  const { parent, config, nowSeconds } = options;
  const number = parent.number + 1;
  const settings = bftConfigAt(config, number);
  const earliest = timestampSeconds(parent) + BigInt(settings?.blockPeriodSeconds ?? 1);
  const isByContract = bftConfigAt(config, parent.number)?.validatorSelectionMode === 'contract';
  const vanity = new Uint8Array(32);
  vanity.set((options.vanity ?? vanity).subarray(0, 32));
  const validators = isByContract ? [] : sortValidators(options.validators);
  const minimum = minerGasLimitAt(config, parent.number);
  return {
    parentHash: headerHash(parent),
    uncleHash: emptyUncleHash,
    coinbase: options.author,
    stateRoot: zeroHash,
    transactionsRoot: emptyTrieRoot,
    receiptsRoot: emptyTrieRoot,
    logsBloom: emptyBloom,
    difficulty: 1n,
    number,
    gasLimit: nextGasLimit(parent, minimum, options.gasFloor, options.gasCeiling),
    gasUsed: 0n,
    timestamp: nowSeconds > earliest ? nowSeconds : earliest,
    extraData: extraOf(vanity, validators),
    mixHash: ISTANBUL_DIGEST,
    nonce: new Uint8Array(8),
  };
}

type ExtraOf = (vanity: Uint8Array, validators: readonly Address[]) => Uint8Array;

/** The header of a QBFT candidate before execution (goquorum.md 9.2, 11.2). */
export function prepareQbftHeader(options: PrepareHeaderOptions): Header {
  const { vote } = options;
  return prepareHeader(options, (vanity, validators) =>
    encodeQbftExtra({ vanity, validators, vote, round: 0, committedSeals: [] }),
  );
}

/** The header of an IBFT candidate before execution: coinbase and nonce carry the vote, the proposer is known by its seal. */
export function prepareIbftHeader(options: PrepareHeaderOptions): Header {
  const { vote } = options;
  const header = prepareHeader(options, (vanity, validators) =>
    encodeIbftExtra({ vanity, validators, seal: emptyBytes, committedSeals: [] }),
  );
  const nonce = new Uint8Array(8).fill(vote?.voteType === qbftVoteAdd ? 0xff : 0);
  return { ...header, coinbase: vote?.recipient ?? zeroAddress, nonce };
}
