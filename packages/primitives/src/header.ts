import type { Address, Hash32 } from './bytes.ts';
import { bytesEqual, hexToBytes } from './hex.ts';
import { bigintToBytes, numberToBytes } from './integer.ts';
import { filterIstanbulExtra } from './istanbul-extra.ts';
import { ISTANBUL_DIGEST } from './istanbul-digest.ts';
import { keccak256 } from './keccak.ts';
import { encodeRlp, type RlpItem } from './rlp.ts';
import { RlpReader } from './rlp-reader.ts';

/** A block header as of Berlin (no base fee in GoQuorum). Immutable: its hash is remembered per object. */
export interface Header {
  readonly parentHash: Hash32;
  readonly uncleHash: Hash32;
  readonly coinbase: Address;
  readonly stateRoot: Hash32;
  readonly transactionsRoot: Hash32;
  readonly receiptsRoot: Hash32;
  /** 256 bytes. */
  readonly logsBloom: Uint8Array;
  readonly difficulty: bigint;
  readonly number: number;
  readonly gasLimit: bigint;
  readonly gasUsed: bigint;
  /** Seconds since the Unix epoch; nanoseconds on a Raft chain. */
  readonly timestamp: bigint;
  readonly extraData: Uint8Array;
  readonly mixHash: Hash32;
  /** 8 bytes. */
  readonly nonce: Uint8Array;
}

/** keccak(rlp[]): uncle hash of every block of a BFT or Raft chain. */
export const emptyUncleHash: Hash32 = hexToBytes('0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347');
/** Root of an empty trie: keccak(rlp("")). */
export const emptyTrieRoot: Hash32 = hexToBytes('0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421');
/** keccak of no bytes: code hash of an account without code. */
export const emptyCodeHash: Hash32 = hexToBytes('0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470');
/** Thirty-two zero bytes; do not write into it. */
export const zeroHash: Hash32 = new Uint8Array(32);

interface HeaderMemo {
  encoded?: Uint8Array;
  hash?: Hash32;
}
const memos = new WeakMap<Header, HeaderMemo>();

function memoOf(header: Header): HeaderMemo {
  let memo = memos.get(header);
  if (memo === undefined) {
    memo = {};
    memos.set(header, memo);
  }
  return memo;
}

/** The header as an RLP list, optionally with another extra (for seal digests). */
export function headerToRlp(header: Header, extraData: Uint8Array = header.extraData): RlpItem {
  return [
    header.parentHash,
    header.uncleHash,
    header.coinbase,
    header.stateRoot,
    header.transactionsRoot,
    header.receiptsRoot,
    header.logsBloom,
    bigintToBytes(header.difficulty),
    numberToBytes(header.number),
    bigintToBytes(header.gasLimit),
    bigintToBytes(header.gasUsed),
    bigintToBytes(header.timestamp),
    extraData,
    header.mixHash,
    header.nonce,
  ];
}

/** RLP. Remembered; do not change it. */
export function encodeHeader(header: Header): Uint8Array {
  const memo = memoOf(header);
  memo.encoded ??= encodeRlp(headerToRlp(header));
  return memo.encoded;
}

/** The next header of a reader; bytes inside are views. @throws RLP_* naming the field */
export function readHeader(reader: RlpReader, name = 'header'): Header {
  const encoded = reader.readRaw(name);
  const outer = new RlpReader(encoded);
  const fields = outer.readList(name);
  const header: Header = {
    parentHash: fields.readFixed(32, 'parentHash'),
    uncleHash: fields.readFixed(32, 'sha3Uncles'),
    coinbase: fields.readFixed(20, 'miner'),
    stateRoot: fields.readFixed(32, 'stateRoot'),
    transactionsRoot: fields.readFixed(32, 'transactionsRoot'),
    receiptsRoot: fields.readFixed(32, 'receiptsRoot'),
    logsBloom: fields.readFixed(256, 'logsBloom'),
    difficulty: fields.readBigint('difficulty'),
    number: fields.readNumber('number'),
    gasLimit: fields.readBigint('gasLimit', 8),
    gasUsed: fields.readBigint('gasUsed', 8),
    timestamp: fields.readBigint('timestamp', 8),
    extraData: fields.readBytes('extraData'),
    mixHash: fields.readFixed(32, 'mixHash'),
    nonce: fields.readFixed(8, 'nonce'),
  };
  fields.end(name);
  memoOf(header).encoded = encoded;
  return header;
}

/** @throws RLP_* naming the field */
export function decodeHeader(encoded: Uint8Array): Header {
  const reader = new RlpReader(encoded);
  const header = readHeader(reader);
  reader.end('header');
  return header;
}

/** keccak(rlp(header)) with another extra: what seals and digests are made of. */
export function headerHashWithExtra(header: Header, extraData: Uint8Array): Hash32 {
  return keccak256(encodeRlp(headerToRlp(header, extraData)));
}

/**
 * The block hash. With the Istanbul digest as mix hash, seals (IBFT: committed seals; QBFT: committed seals and round) are
 * left out of it when the extra decodes as IBFT, else as QBFT; otherwise the plain hash (goquorum.md 9.2). Remembered.
 */
export function headerHash(header: Header): Hash32 {
  const memo = memoOf(header);
  if (memo.hash === undefined) {
    const filtered = bytesEqual(header.mixHash, ISTANBUL_DIGEST) ? filterIstanbulExtra(header.extraData) : undefined;
    memo.hash = filtered === undefined ? keccak256(encodeHeader(header)) : headerHashWithExtra(header, filtered);
  }
  return memo.hash;
}
