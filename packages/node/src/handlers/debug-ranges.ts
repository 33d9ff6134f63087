import { dumpState } from '@isoquorum/execution/state/dump';
import { storageRange } from '@isoquorum/execution/state/storage-range';
import { changedLeaves } from '@isoquorum/execution/trie/changed-leaves';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { Header } from '@isoquorum/primitives/header';
import { bytesToBareHex, bytesToHex } from '@isoquorum/primitives/hex';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import type { HandlersOf } from '@isoquorum/rpc/jsonrpc/method';
import type { DebugMethods } from '@isoquorum/rpc/jsonrpc/methods/debug';
import type { BlockSelector } from '@isoquorum/rpc/jsonrpc/parameters/block-selector';
import type { AccountDumpJson } from '@isoquorum/rpc/jsonrpc/shapes/account';
import { accountJson, limitDump } from './account-dump.ts';
import { headerAt } from './blocks.ts';
import { psiOf, type HandlerContext } from './context.ts';
import { runInSlices } from './time-slices.ts';

/** Methods that walk over a part of a state. */
export type DebugRangeHandlers = Pick<
  HandlersOf<DebugMethods>,
  | 'debug_accountRange'
  | 'debug_storageRangeAt'
  | 'debug_getModifiedAccountsByNumber'
  | 'debug_getModifiedAccountsByHash'
  | 'debug_preimage'
  | 'debug_seedHash'
>;

/** Accounts of one answer: the original's own limit. */
const ACCOUNTS_MAX = 256;
/** Slots of one answer, and accounts of one difference; the original has no limit. */
const SLOTS_MAX = 100_000;
const CHANGED_MAX = 100_000;
/** Blocks of one Ethash epoch; seeds are not counted beyond. */
const EPOCH = 30_000;
const SLOT_BYTES = 32;

export function createDebugRangeHandlers(context: HandlerContext): DebugRangeHandlers {
  const { chain, clock, database } = context;

  function rangeHeader(block: BlockSelector): Header {
    if (block.type === 'number') {
      const located = headerAt(context, block.number);
      if (located === undefined) throw new RpcError(SERVER_ERROR, `block #${block.number} not found`);
      return located.header;
    }
    if (block.type === 'neither')
      throw new RpcError(SERVER_ERROR, 'either block number or block hash must be specified');
    const header = chain.headerByHash(block.hash);
    if (header === undefined) throw new RpcError(SERVER_ERROR, `block ${bytesToHex(block.hash)} not found`);
    return header;
  }

  function* changedAccounts(start: Header, end: Header): Generator<undefined, Address[]> {
    if (start.number >= end.number) {
      const heights = `start block height (${start.number}) must be less than end block height (${end.number})`;
      throw new RpcError(SERVER_ERROR, heights);
    }
    const found: Address[] = [];
    for (const hash of changedLeaves((node) => database.readNode(node), start.stateRoot, end.stateRoot)) {
      yield;
      if (hash === undefined) continue;
      const address = database.preimage(hash);
      if (address === undefined) throw new RpcError(SERVER_ERROR, `no preimage found for hash ${bytesToBareHex(hash)}`);
      found.push(address);
      if (found.length > CHANGED_MAX)
        throw new IsoquorumError('DUMP_TOO_LARGE', `more than ${CHANGED_MAX} accounts differ`, { limit: CHANGED_MAX });
    }
    return found;
  }

  async function between(
    start: Header | undefined,
    end: Header | undefined,
    texts: { start: string; end: string },
  ): Promise<Address[]> {
    if (start === undefined) throw new RpcError(SERVER_ERROR, texts.start);
    if (end === undefined) throw new RpcError(SERVER_ERROR, texts.end);
    return runInSlices(clock, changedAccounts(start, end));
  }

  /** What one block changed. */
  async function within(header: Header | undefined, missing: string): Promise<Address[]> {
    if (header === undefined) throw new RpcError(SERVER_ERROR, missing);
    const parent = header.number === 0 ? undefined : chain.headerByHash(header.parentHash);
    if (parent === undefined) throw new RpcError(SERVER_ERROR, `block ${header.number.toString(16)} has no parent`);
    return runInSlices(clock, changedAccounts(parent, header));
  }

  /** Accounts from a hash on, at most `limit`, and the hash of the next one. */
  function* rangeOf(
    root: Hash32,
    start: Hash32,
    limit: number,
    leavesOut: { readonly code: boolean; readonly storage: boolean; readonly unnamed: boolean },
  ): Generator<undefined, { accounts: [string, AccountDumpJson][]; next: Hash32 | undefined }> {
    const accounts: [string, AccountDumpJson][] = [];
    for (const dumped of limitDump(dumpState(database, root, start, !leavesOut.storage))) {
      yield;
      if (dumped === undefined) continue;
      if (accounts.length >= limit) return { accounts, next: dumped.addressHash };
      if (dumped.address === undefined && leavesOut.unnamed) continue;
      const { code, ...rest } = yield* accountJson(dumped);
      const account: AccountDumpJson = { ...rest, ...(leavesOut.code || code === undefined ? {} : { code }) };
      accounts.push([bytesToHex(dumped.address ?? dumped.addressHash), account]);
    }
    return { accounts, next: undefined };
  }

  return {
    debug_accountRange: async (request, block, start, count, withoutCode, withoutStorage, withoutUnnamed) => {
      const header = rangeHeader(block);
      psiOf(context, request);
      const limit = count > ACCOUNTS_MAX || count <= 0 ? ACCOUNTS_MAX : count;
      const leavesOut = { code: withoutCode, storage: withoutStorage, unnamed: withoutUnnamed };
      const { accounts, next } = await runInSlices(clock, rangeOf(header.stateRoot, start, limit, leavesOut));
      return {
        root: bytesToBareHex(header.stateRoot),
        accounts: Object.fromEntries(accounts.toSorted(([left], [right]) => (left < right ? -1 : 1))),
        ...(next === undefined ? {} : { next: bytesToBase64(next) }),
      };
    },
    debug_storageRangeAt: async (_request, blockHash, index, address, start, count) => {
      const located = chain.blockByHash(blockHash);
      if (located === undefined) throw new RpcError(SERVER_ERROR, `block ${bytesToHex(blockHash)} not found`);
      const { number, parentHash } = located.block.header;
      if (number === 0 || chain.headerByHash(parentHash) === undefined)
        throw new RpcError(SERVER_ERROR, `parent ${bytesToHex(parentHash)} not found`);
      if (index > 0 && index >= located.block.transactions.length) {
        const text = `transaction index ${index} out of range for block ${bytesToHex(blockHash)}`;
        throw new RpcError(SERVER_ERROR, text);
      }
      const before = await context.replay.stateBefore(located, index);
      const limit = Math.min(Math.max(count, 0), SLOTS_MAX);
      const range = await runInSlices(clock, storageRange(before.database, before.root, address, start, limit));
      if (range === undefined) throw new RpcError(SERVER_ERROR, `account ${bytesToBareHex(address)} doesn't exist`);
      const storage = range.slots.map(({ slotHash, slot, value }): [string, { key: string | null; value: string }] => [
        bytesToHex(slotHash),
        {
          key: slot === undefined ? null : bytesToHex(slot),
          value: bytesToHex(bigintToFixedBytes(value, SLOT_BYTES)),
        },
      ]);
      return {
        storage: Object.fromEntries(storage),
        nextKey: range.next === undefined ? null : bytesToHex(range.next),
      };
    },
    debug_getModifiedAccountsByNumber: (_request, start, end) => {
      const first = chain.headerByNumber(start);
      if (end === undefined) return within(first, `start block ${start.toString(16)} not found`);
      const texts = { start: `start block ${start.toString(16)} not found`, end: `end block ${end} not found` };
      return between(first, chain.headerByNumber(end), texts);
    },
    debug_getModifiedAccountsByHash: (_request, start, end) => {
      const first = chain.headerByHash(start);
      const missing = `start block ${bytesToBareHex(start)} not found`;
      if (end === undefined) return within(first, missing);
      return between(first, chain.headerByHash(end), {
        start: missing,
        end: `end block ${bytesToBareHex(end)} not found`,
      });
    },
    debug_preimage: (_request, hash) => {
      const preimage = database.preimage(hash);
      if (preimage === undefined) throw new RpcError(SERVER_ERROR, 'unknown preimage');
      return preimage;
    },
    debug_seedHash: (_request, number) => {
      if (chain.headerByNumber(number) === undefined) throw new RpcError(SERVER_ERROR, `block #${number} not found`);
      let seed: Uint8Array = new Uint8Array(SLOT_BYTES);
      for (let epoch = 0; epoch < Math.floor(number / EPOCH); epoch += 1) seed = keccak256(seed);
      return bytesToHex(seed);
    },
  };
}
