import { zeroAddress } from '@isoquorum/primitives/address';
import type { Address } from '@isoquorum/primitives/bytes';
import { emptyBloom } from '@isoquorum/primitives/bloom';
import { nextGasLimit } from '@isoquorum/primitives/gas-limit';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { minerGasLimitAt } from '@isoquorum/primitives/genesis/rules-at';
import { emptyTrieRoot, emptyUncleHash, type Header, headerHash, zeroHash } from '@isoquorum/primitives/header';
import { concatBytes } from '@isoquorum/primitives/hex';
import type { HeaderVote } from '../header.ts';
import type { SignDigest } from '../recover.ts';
import { cliqueSealDigest, cliqueSealLength, encodeCliqueExtra } from './extra.ts';
import { difficultyInTurn, difficultyOutOfTurn } from './header.ts';
import { cliqueSettings } from './settings.ts';
import { type CliqueSnapshot, isInTurn } from './snapshot.ts';

/** What a signer chooses or is told. */
export interface PrepareCliqueHeaderOptions {
  readonly parent: Header;
  /** That of the parent. */
  readonly snapshot: CliqueSnapshot;
  readonly config: ChainConfig;
  readonly signer: Address;
  readonly nowSeconds: bigint;
  /** Left out at checkpoints, which carry none. */
  readonly vote?: HeaderVote | undefined;
  /** At most 32 bytes, padded with zeros. */
  readonly vanity?: Uint8Array | undefined;
}

/**
 * The header of a block that is going to be sealed, before execution: roots, bloom and gas used are to be filled in; the
 * seal is 65 zero bytes.
 */
export function prepareCliqueHeader(options: PrepareCliqueHeaderOptions): Header {
  const { parent, snapshot, config, nowSeconds } = options;
  const number = parent.number + 1;
  const { periodSeconds, epochLength } = cliqueSettings(config);
  const isCheckpoint = number % epochLength === 0;
  const vote = isCheckpoint ? undefined : options.vote;
  const earliest = parent.timestamp + BigInt(periodSeconds);
  return {
    parentHash: headerHash(parent),
    uncleHash: emptyUncleHash,
    coinbase: vote?.candidate ?? zeroAddress,
    stateRoot: zeroHash,
    transactionsRoot: emptyTrieRoot,
    receiptsRoot: emptyTrieRoot,
    logsBloom: emptyBloom,
    difficulty: isInTurn(snapshot, number, options.signer) ? difficultyInTurn : difficultyOutOfTurn,
    number,
    gasLimit: nextGasLimit(parent, minerGasLimitAt(config, parent.number)),
    gasUsed: 0n,
    timestamp: nowSeconds > earliest ? nowSeconds : earliest,
    extraData: encodeCliqueExtra({
      vanity: options.vanity ?? new Uint8Array(0),
      signers: isCheckpoint ? snapshot.signers : [],
      seal: new Uint8Array(cliqueSealLength),
    }),
    mixHash: zeroHash,
    nonce: new Uint8Array(8).fill(vote?.authorize === true ? 0xff : 0),
  };
}

/** The header with its seal. @throws SEAL_MISSING when there is no room for one */
export function sealCliqueHeader(header: Header, sign: SignDigest): Header {
  const seal = sign(cliqueSealDigest(header));
  const { extraData } = header;
  return { ...header, extraData: concatBytes(extraData.subarray(0, extraData.length - cliqueSealLength), seal) };
}
