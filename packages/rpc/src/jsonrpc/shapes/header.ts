import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bigintToQuantity, bytesToHex } from '@isoquorum/primitives/hex';
import type { Header } from '@isoquorum/primitives/header';

/** What `eth_getHeaderBy*` gives, keys in GoQuorum's order. Null in a pending header: hash, miner, nonce, totalDifficulty. */
export interface HeaderJson {
  readonly difficulty: string;
  readonly extraData: string;
  readonly gasLimit: string;
  readonly gasUsed: string;
  readonly hash: string | null;
  readonly logsBloom: string;
  readonly miner: string | null;
  readonly mixHash: string;
  readonly nonce: string | null;
  readonly number: string;
  readonly parentHash: string;
  readonly receiptsRoot: string;
  readonly sha3Uncles: string;
  readonly size: string;
  readonly stateRoot: string;
  readonly timestamp: string;
  readonly totalDifficulty: string | null;
  readonly transactionsRoot: string;
}

/** What the `newHeads` subscription gives: another order, no size. */
export interface HeadJson {
  readonly parentHash: string;
  readonly sha3Uncles: string;
  readonly miner: string;
  readonly stateRoot: string;
  readonly transactionsRoot: string;
  readonly receiptsRoot: string;
  readonly logsBloom: string;
  readonly difficulty: string;
  readonly number: string;
  readonly gasLimit: string;
  readonly gasUsed: string;
  readonly timestamp: string;
  readonly extraData: string;
  readonly mixHash: string;
  readonly nonce: string;
  readonly hash: string;
}

/** Bytes of Go's header structure without what it points to; part of the `size` that the original reports. */
const GO_HEADER_SIZE = 544;

function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length;
}

/** The original's estimate of a header's memory, in bytes. */
export function headerSize(header: Header): number {
  return (
    GO_HEADER_SIZE +
    header.extraData.length +
    Math.floor((bitLength(header.difficulty) + bitLength(BigInt(header.number))) / 8)
  );
}

/** Marks a header that is not in the chain yet. */
export const PENDING = 'pending';

/**
 * A header as `eth_getHeaderBy*` and, with `size` in bytes of the block, `eth_getBlockBy*` give it.
 * @param hash the header's hash, or {@link PENDING}
 */
export function headerToJson(
  header: Header,
  hash: Hash32 | typeof PENDING,
  totalDifficulty: bigint | undefined,
  size: number,
): HeaderJson {
  const isPending = hash === PENDING;
  return {
    difficulty: bigintToQuantity(header.difficulty),
    extraData: bytesToHex(header.extraData),
    gasLimit: bigintToQuantity(header.gasLimit),
    gasUsed: bigintToQuantity(header.gasUsed),
    hash: isPending ? null : bytesToHex(hash),
    logsBloom: bytesToHex(header.logsBloom),
    miner: isPending ? null : bytesToHex(header.coinbase),
    mixHash: bytesToHex(header.mixHash),
    nonce: isPending ? null : bytesToHex(header.nonce),
    number: `0x${header.number.toString(16)}`,
    parentHash: bytesToHex(header.parentHash),
    receiptsRoot: bytesToHex(header.receiptsRoot),
    sha3Uncles: bytesToHex(header.uncleHash),
    size: `0x${size.toString(16)}`,
    stateRoot: bytesToHex(header.stateRoot),
    timestamp: bigintToQuantity(header.timestamp),
    totalDifficulty: totalDifficulty === undefined ? null : bigintToQuantity(totalDifficulty),
    transactionsRoot: bytesToHex(header.transactionsRoot),
  };
}

export function headToJson(header: Header, hash: Hash32): HeadJson {
  return {
    parentHash: bytesToHex(header.parentHash),
    sha3Uncles: bytesToHex(header.uncleHash),
    miner: bytesToHex(header.coinbase),
    stateRoot: bytesToHex(header.stateRoot),
    transactionsRoot: bytesToHex(header.transactionsRoot),
    receiptsRoot: bytesToHex(header.receiptsRoot),
    logsBloom: bytesToHex(header.logsBloom),
    difficulty: bigintToQuantity(header.difficulty),
    number: `0x${header.number.toString(16)}`,
    gasLimit: bigintToQuantity(header.gasLimit),
    gasUsed: bigintToQuantity(header.gasUsed),
    timestamp: bigintToQuantity(header.timestamp),
    extraData: bytesToHex(header.extraData),
    mixHash: bytesToHex(header.mixHash),
    nonce: bytesToHex(header.nonce),
    hash: bytesToHex(hash),
  };
}
