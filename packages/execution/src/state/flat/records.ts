import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { emptyCodeHash, emptyTrieRoot } from '@isoquorum/primitives/header';
import { bigintToBytes, bytesToBigint, numberToBytes, writeNumber } from '@isoquorum/primitives/integer';
import { encodeRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import type { Account } from '../types.ts';

/*
 * What the flat snapshot holds: one entry per account and per slot, by the hash of its address and slot, so that it can be
 * made from the trie alone. A contract that destroys itself would take all its slots with it; instead, each storage of an
 * address has an incarnation, which is part of the keys of its slots: the old ones are out of reach at once, and pruning
 * removes them in its own time.
 */

/** Incarnation of a storage that a block made. Blocks of one number on two branches may share it: one is undone before the other. */
export function blockIncarnation(blockNumber: number): number {
  return 2 * blockNumber;
}

/** Incarnation of a storage that is copied from the trie while the head has this number. */
export function madeIncarnation(headNumber: number): number {
  return 2 * headNumber + 1;
}

const noBytes = new Uint8Array(0);
const incarnationLength = 6;
const hashLength = 32;

/** `A`, keccak(address). */
export const accountPrefix = 0x41;
/** `S`, keccak(address), incarnation (6 bytes), keccak(slot). */
export const slotPrefix = 0x53;

export function flatAccountKey(addressHash: Hash32): Uint8Array {
  const key = new Uint8Array(1 + hashLength);
  key[0] = accountPrefix;
  key.set(addressHash, 1);
  return key;
}

export function flatSlotKey(addressHash: Hash32, incarnation: number, slotHash: Hash32): Uint8Array {
  const key = new Uint8Array(1 + 2 * hashLength + incarnationLength);
  key[0] = slotPrefix;
  key.set(addressHash, 1);
  writeNumber(incarnation, incarnationLength, key, 1 + hashLength);
  key.set(slotHash, 1 + hashLength + incarnationLength);
  return key;
}

/** `D`, number of the block that made a storage unreachable (8 bytes), keccak(address), its incarnation: no value. */
export const stalePrefix = 0x44;

export function flatStaleKey(blockNumber: number, addressHash: Hash32, incarnation: number): Uint8Array {
  const key = new Uint8Array(1 + 8 + hashLength + incarnationLength);
  key[0] = stalePrefix;
  writeNumber(blockNumber, 8, key, 1);
  key.set(addressHash, 9);
  writeNumber(incarnation, incarnationLength, key, 9 + hashLength);
  return key;
}

/** Stale storages noted by blocks up to a number, and the range of the slots that one of them names. */
export function flatStaleRange(blockNumber: number): { readonly gte: Uint8Array; readonly lt: Uint8Array } {
  const lt = flatStaleKey(blockNumber + 1, new Uint8Array(hashLength), 0).slice(0, 9);
  return { gte: Uint8Array.of(stalePrefix), lt };
}

export function staleSlotsRange(staleKey: Uint8Array): { readonly gte: Uint8Array; readonly lt: Uint8Array } {
  const gte = new Uint8Array(1 + hashLength + incarnationLength);
  gte[0] = slotPrefix;
  gte.set(staleKey.subarray(9), 1);
  const lt = new Uint8Array(gte.length + hashLength + 1).fill(0xff);
  lt.set(gte);
  return { gte, lt };
}

/** rlp[nonce, balance, storage root, code hash, incarnation]; roots and hashes of nothing are left out. */
export function encodeFlatAccount(account: Account): Uint8Array {
  return encodeRlp([
    bigintToBytes(account.nonce),
    bigintToBytes(account.balance),
    bytesEqual(account.storageRoot, emptyTrieRoot) ? noBytes : account.storageRoot,
    bytesEqual(account.codeHash, emptyCodeHash) ? noBytes : account.codeHash,
    numberToBytes(account.incarnation ?? 0),
  ]);
}

/** @throws RLP_* naming the field */
export function decodeFlatAccount(encoded: Uint8Array): Account {
  const outer = new RlpReader(encoded);
  const reader = outer.readList('account');
  outer.end('account');
  const account = {
    nonce: reader.readBigint('nonce', 8),
    balance: reader.readBigint('balance'),
    storageRoot: reader.readOptionalFixed(hashLength, 'storageRoot') ?? emptyTrieRoot,
    codeHash: reader.readOptionalFixed(hashLength, 'codeHash') ?? emptyCodeHash,
    incarnation: reader.readNumber('incarnation'),
  };
  reader.end('account');
  return account;
}

/** Value of a slot: big-endian without leading zeros. A slot that is zero has no entry. */
export const encodeFlatSlot: (value: bigint) => Uint8Array = bigintToBytes;
export const decodeFlatSlot: (encoded: Uint8Array) => bigint = bytesToBigint;
