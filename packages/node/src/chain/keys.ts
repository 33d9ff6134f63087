import type { EncryptedPayloadHash, Hash32 } from '@isoquorum/primitives/bytes';
import { concatBytes } from '@isoquorum/primitives/hex';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';

/**
 * Keys of the node's store. Two letters, then what the entry is about; trie nodes, codes and preimages have one letter
 * (`execution/state/keys`), so no key of ours has 33 bytes and begins with n, c or i; entries of the flat snapshot begin
 * with A and S (`execution/state/flat/records`).
 */
const prefix = (text: string): Uint8Array => utf8ToBytes(text);
const headerPrefix = prefix('bh');
const bodyPrefix = prefix('bb');
const receiptsPrefix = prefix('br');
const numberPrefix = prefix('bn');
const lookupPrefix = prefix('tx');
const privateResultPrefix = prefix('pr');
const privateHeadPrefix = prefix('ph');
const privateBranchPrefix = prefix('pb');
const unresolvedPrefix = prefix('pd');
const difficultyPrefix = prefix('td');
const undoPrefix = prefix('fu');
const sidePrefix = prefix('sb');
const snapshotPrefix = prefix('sn');
const journalPrefix = prefix('jt');
const bloomRowPrefix = prefix('li');
const bloomSectionPrefix = prefix('ls');

/** 8 bytes, big end first, so that numbers iterate in order. */
export function numberToKey(number: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(number / 0x1_0000_0000));
  view.setUint32(4, number >>> 0);
  return bytes;
}

export function keyToNumber(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(0) * 0x1_0000_0000 + view.getUint32(4);
}

/** Version of the layout below, 4 bytes. */
export const schemaKey: Uint8Array = prefix('m:schema');
/** Hash of the genesis block. */
export const genesisKey: Uint8Array = prefix('m:genesis');
/** Chain configuration that the chain is opened with, JSON. */
export const configKey: Uint8Array = prefix('m:config');
/** Hash of the public head. */
export const headKey: Uint8Array = prefix('m:head');
/** The durable record of QBFT's machine, and of IBFT's. */
export const consensusRecordKey: Uint8Array = prefix('m:consensus');
export const ibftRecordKey: Uint8Array = prefix('m:ibft');
/** Number of the last late payload of the manager that was looked at, 8 bytes. */
export const payloadSequenceKey: Uint8Array = prefix('m:payloads');
/** Which manager was asked for all payloads that blocks were executed without, and how far: JSON; absent: none. */
export const payloadSurveyKey: Uint8Array = prefix('m:survey');

/** Groups of parties with a private state of their own, as the manager listed them last: JSON. */
export const privateGroupsKey: Uint8Array = prefix('m:groups');

/** What the flat snapshot is of, and how far it has been made; absent: there is none. */
export const flatStatusKey: Uint8Array = prefix('m:flat');
/** Lowest block number whose states are kept, 8 bytes; absent: all are. */
export const keptFromKey: Uint8Array = prefix('m:kept');

/** What a recent canonical block replaced in the flat snapshot. */
export const flatUndoKey = (hash: Hash32): Uint8Array => concatBytes(undoPrefix, hash);
/** Header RLP of any block of the tree. */
export const headerKey = (hash: Hash32): Uint8Array => concatBytes(headerPrefix, hash);
/** Body RLP of any block of the tree. */
export const bodyKey = (hash: Hash32): Uint8Array => concatBytes(bodyPrefix, hash);
/** Public receipts of an executed block, in GoQuorum's storage form. */
export const receiptsKey = (hash: Hash32): Uint8Array => concatBytes(receiptsPrefix, hash);
/** Hash of the canonical block of a number. */
export const canonicalKey = (number: number): Uint8Array => concatBytes(numberPrefix, numberToKey(number));
/** Place of a canonical transaction: number (8 bytes), index (4 bytes). */
export const lookupKey = (transactionHash: Hash32): Uint8Array => concatBytes(lookupPrefix, transactionHash);
/** What a private state made of a block: {@link PrivateResult} in `private-result.ts`. */
export const privateResultKey = (blockHash: Hash32, psi: string): Uint8Array =>
  concatBytes(privateResultPrefix, blockHash, utf8ToBytes(psi));
/** Head of a private state: number (8 bytes), block hash. */
export const privateHeadKey = (psi: string): Uint8Array => concatBytes(privateHeadPrefix, utf8ToBytes(psi));
/** Range of {@link privateHeadKey}s, and the private state of one. */
export const privateHeadRange: { gte: Uint8Array; lt: Uint8Array } = { gte: privateHeadPrefix, lt: prefix('pi') };
export const keyToPrivateState = (headKey: Uint8Array): string =>
  bytesToUtf8(headKey.subarray(privateHeadPrefix.length), 'psi');
/** Number of the block after which a private state began as a copy of that of nobody, 8 bytes: results up to there are nobody's. */
export const privateBranchKey = (psi: string): Uint8Array => concatBytes(privateBranchPrefix, utf8ToBytes(psi));
/** Present for a digest with which a canonical block was executed as "not a party": payload digest (64), number (8), psi. */
export const unresolvedKey = (digest: EncryptedPayloadHash, number: number, psi: string): Uint8Array =>
  concatBytes(unresolvedPrefix, digest, numberToKey(number), utf8ToBytes(psi));
/** Length of the digest in an {@link unresolvedKey}. */
export const payloadHashLength = 64;
/** Range of {@link unresolvedKey}s of one digest, or of all. */
export const unresolvedRange = (
  digest: EncryptedPayloadHash = new Uint8Array(0),
): { gte: Uint8Array; lt: Uint8Array } => ({
  gte: concatBytes(unresolvedPrefix, digest),
  lt: concatBytes(unresolvedPrefix, digest, new Uint8Array(payloadHashLength + 9 - digest.length).fill(0xff)),
});
/** A local transaction that is not mined yet, in consensus encoding. */
export const journalKey = (transactionHash: Hash32): Uint8Array => concatBytes(journalPrefix, transactionHash);
export const journalRange: { gte: Uint8Array; lt: Uint8Array } = { gte: journalPrefix, lt: prefix('ju') };
/** Sum of difficulties up to a block, big-endian; not stored on BFT chains, where it follows from the number. */
export const difficultyKey = (blockHash: Hash32): Uint8Array => concatBytes(difficultyPrefix, blockHash);
/** Present for an executed block beside the canonical chain: number (8 bytes), block hash. */
export const sideBlockKey = (number: number, blockHash: Hash32): Uint8Array =>
  concatBytes(sidePrefix, numberToKey(number), blockHash);
export const sideBlockRange: { gte: Uint8Array; lt: Uint8Array } = { gte: sidePrefix, lt: prefix('sc') };
/** Who validates after a block and pending votes, as JSON. */
export const snapshotKey = (blockHash: Hash32): Uint8Array => concatBytes(snapshotPrefix, blockHash);

/** Name of the index of public logs; private ones go by their private state. */
export const PUBLIC_BLOOMS = '';

function sectionToKey(section: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, section);
  return bytes;
}

/** Blocks of a section whose bloom filter has a bit: `bloom/section.ts`. */
export const bloomRowKey = (name: string, section: number, bit: number): Uint8Array =>
  concatBytes(bloomRowPrefix, sectionToKey(section), Uint8Array.of(bit >> 8, bit & 0xff), utf8ToBytes(name));
/** Present when a section is indexed: hash of its last block. */
export const bloomSectionKey = (name: string, section: number): Uint8Array =>
  concatBytes(bloomSectionPrefix, sectionToKey(section), utf8ToBytes(name));
