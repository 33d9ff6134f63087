import { IsoquorumError } from '@isoquorum/primitives/errors';
import {
  callContract,
  type CallContext,
  type CallRequest,
  type CallResult,
} from '@isoquorum/execution/transition/call';
import { estimateGas } from '@isoquorum/execution/transition/estimate-gas';
import { runAsync } from '@isoquorum/execution/transition/steps';
import type { TransitionOutcome } from '@isoquorum/execution/transition/types';
import type { BlockSelector } from '@isoquorum/rpc/jsonrpc/parameters/block-selector';
import type { RpcRequestContext } from '@isoquorum/rpc/jsonrpc/session';
import { pendingBlock } from './blocks.ts';
import { callError } from './calls.ts';
import type { HandlerContext } from './context.ts';
import { openStates, type States } from './states.ts';
import { timeSlices } from './time-slices.ts';

/** How a call is run differently: on another engine, with a tracer or without its time limit. */
export type CallVariant = Partial<Pick<CallContext, 'evm' | 'options' | 'isTracedLikeGoQuorum'>>;

/** Runs messages on the state after a block, as one caller sees it. */
export interface CallRunner {
  /** @throws RpcError when it reverts or fails; PRIVATE_STATE_BEHIND; STATE_INCOMPLETE */
  call(message: CallRequest, block: BlockSelector, request: RpcRequestContext): Promise<Uint8Array>;
  /** The call with other options, as it ended, whatever it ended with. @throws the same, but no revert */
  run(message: CallRequest, block: BlockSelector, request: RpcRequestContext, how: CallVariant): Promise<CallResult>;
  /** @throws the same */
  estimateGas(message: CallRequest, block: BlockSelector, request: RpcRequestContext): Promise<bigint>;
}

export function createCallRunner(context: HandlerContext): CallRunner {
  const { chain, clock, evm } = context;

  const { gasCap, timeoutMs } = context.callLimits;

  /** The states to run on: without a private contract to call, the private one is left out, so that it need not be level. */
  function statesFor(states: States, message: CallRequest): CallContext['states'] {
    const isPrivate = message.to !== undefined && states.isPrivate(message.to);
    const privateState = isPrivate ? states.requirePrivate() : (states.privateState ?? states.publicState);
    return { publicState: states.publicState, privateState };
  }

  function contextOf(message: CallRequest, block: BlockSelector, request: RpcRequestContext): CallContext {
    const states = openStates(context, block, request);
    const isPending = block.type === 'number' && block.number === 'pending';
    const header = isPending ? pendingBlock(context).header : states.header;
    return {
      config: chain.config,
      evm,
      header,
      author: isPending ? context.validators.nodeAddress : context.author(states.header),
      states: statesFor(states, message),
      blockHash: (number) => (number < header.number ? chain.hashByNumber(number) : undefined),
      gasCap,
      options: timeSlices(clock, timeoutMs, `execution aborted (timeout = ${timeoutMs / 1000}s)`),
    };
  }

  function done<Result>(outcome: TransitionOutcome<Result>): Result {
    if (outcome.status === 'done') return outcome.result;
    throw new IsoquorumError(
      'STATE_INCOMPLETE',
      'this node does not hold the state that the request needs',
      {},
      'RETRY',
    );
  }

  return {
    async call(message, block, request) {
      const outcome = await runAsync(callContract({ ...contextOf(message, block, request), request: message }));
      const { status, output, error } = done(outcome);
      if (status !== 'success') throw callError(status, output, error);
      return output;
    },
    async run(message, block, request, how) {
      return done(await runAsync(callContract({ ...contextOf(message, block, request), ...how, request: message })));
    },
    async estimateGas(message, block, request) {
      const outcome = await runAsync(estimateGas({ ...contextOf(message, block, request), request: message }));
      const estimate = done(outcome);
      if ('gas' in estimate) return estimate.gas;
      const { status, output, error } = estimate.failure;
      throw callError(status === 'revert' ? 'revert' : 'failure', output, error);
    },
  };
}
