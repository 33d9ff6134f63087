import { encodeBlock } from '@isoquorum/primitives/block';
import type { Address } from '@isoquorum/primitives/bytes';
import { bytesToBareHex, bytesToHex } from '@isoquorum/primitives/hex';
import { dumpAccount, dumpState } from '@isoquorum/execution/state/dump';
import { RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import type { HandlersOf } from '@isoquorum/rpc/jsonrpc/method';
import type { DebugMethods } from '@isoquorum/rpc/jsonrpc/methods/debug';
import type { BlockNumber } from '@isoquorum/rpc/jsonrpc/parameters/block-selector';
import type { RpcRequestContext } from '@isoquorum/rpc/jsonrpc/session';
import type { AccountDumpJson, StateDumpJson } from '@isoquorum/rpc/jsonrpc/shapes/account';
import { accountJson, limitDump } from './account-dump.ts';
import type { DebugRangeHandlers } from './debug-ranges.ts';
import { headerAt, type LocatedHeader } from './blocks.ts';
import { psiOf, type HandlerContext } from './context.ts';
import { EMPTY_PRIVATE_STATE } from '../private/private-groups.ts';
import { sortedObject } from './sorted-object.ts';
import { openStates } from './states.ts';
import { runInSlices } from './time-slices.ts';

export function createDebugHandlers(context: HandlerContext): Omit<HandlersOf<DebugMethods>, keyof DebugRangeHandlers> {
  const { chain, clock, database } = context;

  function located(number: BlockNumber): LocatedHeader {
    const found = headerAt(context, number);
    if (found === undefined) throw new RpcError(SERVER_ERROR, `block #${number} not found`);
    return found;
  }

  function privateRoot(number: BlockNumber, request: RpcRequestContext): Uint8Array {
    const psi = psiOf(context, request);
    return chain.privateStateRoot(located(number).hash, psi);
  }

  function* dumpAll(root: Uint8Array): Generator<undefined, StateDumpJson> {
    const accounts: [string, AccountDumpJson][] = [];
    for (const dumped of limitDump(dumpState(database, root))) {
      yield;
      if (dumped === undefined) continue;
      accounts.push([bytesToHex(dumped.address ?? dumped.addressHash), yield* accountJson(dumped)]);
    }
    return { root: bytesToBareHex(root), accounts: yield* sortedObject(accounts) };
  }

  function* dumpOne(root: Uint8Array, address: Address): Generator<undefined, AccountDumpJson | undefined> {
    const dumped = yield* limitDump(dumpAccount(database, root, address));
    return dumped && (yield* accountJson(dumped));
  }

  return {
    debug_privateStateRoot: (request, number) => privateRoot(number, request),
    debug_defaultStateRoot: (_request, number) =>
      chain.privateStateRoot(located(number).hash, chain.config.isMps ? EMPTY_PRIVATE_STATE : context.defaultPsi),
    debug_dumpAddress: async (request, address, number) => {
      const { hash } = located(number);
      const found = openStates(context, { type: 'hash', hash, requireCanonical: false }, request).find(address);
      const dumped = found && (await runInSlices(clock, dumpOne(found.root, address)));
      if (dumped === undefined) throw new RpcError(SERVER_ERROR, 'error retrieving state');
      return dumped;
    },
    debug_dumpBlock: (request, number, kind) => {
      psiOf(context, request);
      const root = kind === 'private' ? privateRoot(number, request) : located(number).header.stateRoot;
      return runInSlices(clock, dumpAll(root));
    },
    debug_getBlockRlp: (_request, number) => {
      const block = chain.blockByNumber(number);
      if (block === undefined) throw new RpcError(SERVER_ERROR, `block #${number} not found`);
      return bytesToBareHex(encodeBlock(block.block));
    },
    debug_getBadBlocks: () => [],
  };
}
