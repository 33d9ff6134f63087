import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { Method } from '../method.ts';
import { base64Bytes } from '../parameters/base64-bytes.ts';
import { blockNumber, type BlockNumber, blockSelector, type BlockSelector } from '../parameters/block-selector.ts';
import { optional, parameter } from '../parameters/codec.ts';
import { address, bytes, hash } from '../parameters/hex.ts';
import { bool, int, text, uint64 } from '../parameters/scalars.ts';
import { addressesResult, bytesResult, hashResult, json, textResult } from '../results.ts';
import type { AccountDumpJson, AccountRangeJson, StateDumpJson } from '../shapes/account.ts';
import type { StorageRangeJson } from '../shapes/trace.ts';

/** Looking into states. */
export interface DebugMethods {
  readonly debug_privateStateRoot: Method<[number: BlockNumber], Hash32>;
  readonly debug_defaultStateRoot: Method<[number: BlockNumber], Hash32>;
  readonly debug_dumpAddress: Method<[address: Address, number: BlockNumber], AccountDumpJson>;
  readonly debug_dumpBlock: Method<[number: BlockNumber, kind?: string], StateDumpJson>;
  readonly debug_getBlockRlp: Method<[number: number], string>;
  readonly debug_getBadBlocks: Method<[], readonly never[]>;
  readonly debug_accountRange: Method<
    [
      block: BlockSelector,
      start: Uint8Array,
      count: number,
      withoutCode: boolean,
      withoutStorage: boolean,
      withoutUnnamed: boolean,
    ],
    AccountRangeJson
  >;
  readonly debug_storageRangeAt: Method<
    [blockHash: Hash32, index: number, address: Address, start: Uint8Array, count: number],
    StorageRangeJson
  >;
  readonly debug_getModifiedAccountsByNumber: Method<[start: number, end?: number], readonly Address[]>;
  readonly debug_getModifiedAccountsByHash: Method<[start: Hash32, end?: Hash32], readonly Address[]>;
  readonly debug_preimage: Method<[hash: Hash32], Uint8Array>;
  readonly debug_seedHash: Method<[number: number], string>;
}

const byNumber = parameter('number', blockNumber);

export const debugMethods: DebugMethods = {
  debug_privateStateRoot: {
    doc: 'Root of the caller’s private state after a block.',
    params: [byNumber],
    result: hashResult,
  },
  debug_defaultStateRoot: {
    doc: 'Root of the private state of those who have none of their own; without multiple private states the private state.',
    params: [byNumber],
    result: hashResult,
  },
  debug_dumpAddress: {
    doc: 'One account with its storage; private first, then public.',
    params: [parameter('address', address), byNumber],
    result: json('account'),
  },
  debug_dumpBlock: {
    doc: 'All accounts after a block: of the public state, or with `private` of the private one.',
    params: [byNumber, parameter('kind', optional(text))],
    result: json('state'),
  },
  debug_getBlockRlp: {
    doc: 'A block’s RLP in hexadecimal without 0x.',
    params: [parameter('number', uint64)],
    result: textResult,
  },
  debug_accountRange: {
    doc: 'Some accounts of the public state after a block, in the order of their hashed addresses, 256 at most.',
    params: [
      parameter('block', blockSelector),
      parameter('start', base64Bytes),
      parameter('count', int),
      parameter('withoutCode', bool),
      parameter('withoutStorage', bool),
      parameter('withoutUnnamed', bool),
    ],
    result: json('`{root, accounts, next}`'),
  },
  debug_storageRangeAt: {
    doc: 'Some storage slots of a public contract before a transaction of a block, in the order of their hashes.',
    params: [
      parameter('blockHash', hash),
      parameter('index', int),
      parameter('address', address),
      parameter('start', bytes),
      parameter('count', int),
    ],
    result: json('`{storage, nextKey}`'),
  },
  debug_getModifiedAccountsByNumber: {
    doc: 'Accounts of the public state that differ after the second block from what they were after the first, or by one block.',
    params: [parameter('start', uint64), parameter('end', optional(uint64))],
    result: addressesResult,
  },
  debug_getModifiedAccountsByHash: {
    doc: 'The same by hash.',
    params: [parameter('start', hash), parameter('end', optional(hash))],
    result: addressesResult,
  },
  debug_preimage: {
    doc: 'The address or slot whose hash this is.',
    params: [parameter('hash', hash)],
    result: bytesResult,
  },
  debug_seedHash: {
    doc: 'Ethash’s seed for the epoch of a block.',
    params: [parameter('number', uint64)],
    result: textResult,
  },
  debug_getBadBlocks: { doc: 'Always empty: refused blocks are not kept.', params: [], result: json('empty list') },
};
