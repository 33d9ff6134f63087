import { hexToBytes, isZeroBytes } from '@isoquorum/primitives/hex';
import { RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import type { HandlersOf } from '@isoquorum/rpc/jsonrpc/method';
import type { QuorumExtensionMethods } from '@isoquorum/rpc/jsonrpc/methods/quorum-extension';
import { LATEST } from '@isoquorum/rpc/jsonrpc/parameters/block-selector';
import type { CallRunner } from './call-runner.ts';
import { psiOf, type HandlerContext } from './context.ts';
import { createExtensionBook } from './extension-book.ts';
import { openStates } from './states.ts';

/** Selector of `checkIfExtensionFinished()`. */
const checkIfExtensionFinished = hexToBytes('0x1962cb9b');

export function createQuorumExtensionHandlers(
  context: HandlerContext,
  runner: CallRunner,
): HandlersOf<QuorumExtensionMethods> {
  const book = createExtensionBook(context.chain, context.chain.config.chainId);
  return {
    quorumExtension_activeExtensionContracts: (request) => book.active(psiOf(context, request)),
    quorumExtension_getExtensionStatus: async (request, management) => {
      const found = openStates(context, LATEST, request).find(management);
      if (found === undefined || found.state.code(management, found.account.codeHash).length === 0)
        throw new RpcError(SERVER_ERROR, 'no contract code at given address');
      const answer = await runner.call({ to: management, data: checkIfExtensionFinished }, LATEST, request);
      return isZeroBytes(answer) ? 'ACTIVE' : 'DONE';
    },
  };
}
