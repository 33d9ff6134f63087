import { raftEndBlock } from '@isoquorum/primitives/genesis/bft-config';
import type { HandlersOf } from '@isoquorum/rpc/jsonrpc/method';
import type { EngineMethods, Handlers, SubscriptionHandlers } from '@isoquorum/rpc/jsonrpc/methods';
import { createNodeHandlersOfIdentity } from './admin.ts';
import { createCallRunner } from './call-runner.ts';
import { createCliqueHandlers } from './clique.ts';
import type { HandlerContext } from './context.ts';
import { createDebugHandlers } from './debug.ts';
import { createDebugTraceHandlers } from './debug-trace.ts';
import { createEthChainHandlers } from './eth-chain.ts';
import { createDebugRangeHandlers } from './debug-ranges.ts';
import { createEthFeeHandlers } from './eth-fees.ts';
import { createEthFilterHandlers, createSubscriptionHandlers } from './eth-filters.ts';
import { createEthPrivateHandlers } from './eth-private.ts';
import { createEthStateHandlers } from './eth-state.ts';
import { createEthTransactionHandlers, createTransactionFiller } from './eth-transactions.ts';
import { createFilterStore } from './filters.ts';
import { createIsoquorumHandlers } from './isoquorum.ts';
import { createIstanbulHandlers } from './istanbul.ts';
import { createLogFeed } from './log-feed.ts';
import { createPersonalHandlers } from './personal.ts';
import { createDowngradeGuard } from './private-arguments.ts';
import { withPrivatePatience } from './private-patience.ts';
import { createRaftHandlers } from './raft.ts';
import { createQuorumExtensionHandlers } from './quorum-extension.ts';
import { createTxpoolHandlers } from './txpool.ts';

/** Everything that answers JSON-RPC on a node. */
export interface NodeHandlers {
  readonly handlers: Handlers;
  readonly subscriptions: SubscriptionHandlers;
  /** Forgets filters and stops listening to the chain. */
  close(): void;
}

/** The methods of the chain's engine; those of others do not exist on this node. */
function createEngineHandlers(context: HandlerContext): Partial<HandlersOf<EngineMethods>> {
  switch (context.validators.kind) {
    case 'bft':
      return createIstanbulHandlers(context);
    case 'clique':
      return createCliqueHandlers(context);
    case 'raft':
      return {
        ...(context.raft === undefined ? {} : createRaftHandlers(context.raft)),
        ...(raftEndBlock(context.chain.config) === undefined ? {} : createIstanbulHandlers(context)),
      };
  }
}

export function createNodeHandlers(context: HandlerContext): NodeHandlers {
  const feed = createLogFeed(context);
  const filters = createFilterStore(context, feed);
  const runner = createCallRunner(context);
  const guard = createDowngradeGuard(context);
  const filler = createTransactionFiller(context, runner, guard);
  return {
    handlers: withPrivatePatience(context, {
      ...createEthChainHandlers(context),
      ...createEthStateHandlers(context, runner),
      ...createEthTransactionHandlers(context, filler, guard),
      ...createEthPrivateHandlers(context),
      ...createEthFilterHandlers(context, filters),
      ...createEthFeeHandlers(context, runner),
      ...createDebugRangeHandlers(context),
      ...createEngineHandlers(context),
      ...createIsoquorumHandlers(context),
      ...createNodeHandlersOfIdentity(context),
      ...createTxpoolHandlers(context),
      ...createDebugHandlers(context),
      ...createDebugTraceHandlers(context, runner),
      ...createPersonalHandlers(context, filler),
      ...createQuorumExtensionHandlers(context, runner),
    }),
    subscriptions: createSubscriptionHandlers(context, feed),
    close() {
      filters.close();
      feed.close();
    },
  };
}
