import { encodeBlock } from '@isoquorum/primitives/block';
import { bytesToBareHex, bytesToHex } from '@isoquorum/primitives/hex';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { dumpAccount, dumpState } from '@isoquorum/execution/state/dump';
import { RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import type { HandlersOf } from '@isoquorum/rpc/jsonrpc/method';
import type { DebugMethods } from '@isoquorum/rpc/jsonrpc/methods/debug';
import type { BlockNumber } from '@isoquorum/rpc/jsonrpc/parameters/block-selector';
import type { RpcRequestContext } from '@isoquorum/rpc/jsonrpc/session';
import type { AccountDumpJson } from '@isoquorum/rpc/jsonrpc/shapes/account';
import { accountJson } from './account-dump.ts';
import type { DebugRangeHandlers } from './debug-ranges.ts';
import { headerAt, type LocatedHeader } from './blocks.ts';
import { psiOf, type HandlerContext } from './context.ts';
import { EMPTY_PRIVATE_STATE } from '../private/private-groups.ts';
import { openStates } from './states.ts';

/** Accounts and slots together that one dump may hold; the original has no limit. */
const DUMP_ENTRIES_MAX = 200_000;

export function createDebugHandlers(context: HandlerContext): Omit<HandlersOf<DebugMethods>, keyof DebugRangeHandlers> {
  const { chain, database } = context;

  function located(number: BlockNumber): LocatedHeader {
    const found = headerAt(context, number);
    if (found === undefined) throw new RpcError(SERVER_ERROR, `block #${number} not found`);
    return found;
  }

  function privateRoot(number: BlockNumber, request: RpcRequestContext): Uint8Array {
    const psi = psiOf(context, request);
    return chain.privateStateRoot(located(number).hash, psi);
  }

  return {
    debug_privateStateRoot: (request, number) => privateRoot(number, request),
    debug_defaultStateRoot: (_request, number) =>
      chain.privateStateRoot(located(number).hash, chain.config.isMps ? EMPTY_PRIVATE_STATE : context.defaultPsi),
    debug_dumpAddress: (request, address, number) => {
      const { hash } = located(number);
      const found = openStates(context, { type: 'hash', hash, requireCanonical: false }, request).find(address);
      const dumped = found === undefined ? undefined : dumpAccount(database, found.root, address);
      if (dumped === undefined) throw new RpcError(SERVER_ERROR, 'error retrieving state');
      return accountJson(dumped);
    },
    debug_dumpBlock: (request, number, kind) => {
      psiOf(context, request);
      const root = kind === 'private' ? privateRoot(number, request) : located(number).header.stateRoot;
      const accounts: [string, AccountDumpJson][] = [];
      let entries = 0;
      for (const dumped of dumpState(database, root)) {
        entries += 1 + dumped.storage.length;
        if (entries > DUMP_ENTRIES_MAX) {
          throw new IsoquorumError('DUMP_TOO_LARGE', `the state has more than ${DUMP_ENTRIES_MAX} accounts and slots`, {
            limit: DUMP_ENTRIES_MAX,
          });
        }
        accounts.push([bytesToHex(dumped.address ?? dumped.addressHash), accountJson(dumped)]);
      }
      return {
        root: bytesToBareHex(root),
        accounts: Object.fromEntries(accounts.toSorted(([left], [right]) => (left < right ? -1 : 1))),
      };
    },
    debug_getBlockRlp: (_request, number) => {
      const block = chain.blockByNumber(number);
      if (block === undefined) throw new RpcError(SERVER_ERROR, `block #${number} not found`);
      return bytesToBareHex(encodeBlock(block.block));
    },
    debug_getBadBlocks: () => [],
  };
}
