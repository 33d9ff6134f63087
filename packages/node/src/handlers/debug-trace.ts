import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import type { EvmRunOptions } from '@isoquorum/execution/evm/port';
import { blockHash, decodeBlock } from '@isoquorum/primitives/block';
import { rulesAt } from '@isoquorum/primitives/fork';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { ParameterError, RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import type { HandlersOf } from '@isoquorum/rpc/jsonrpc/method';
import type { DebugTraceMethods } from '@isoquorum/rpc/jsonrpc/methods/debug-trace';
import { readDuration } from '@isoquorum/rpc/jsonrpc/parameters/duration';
import type { TraceConfig } from '@isoquorum/rpc/jsonrpc/parameters/trace-config';
import type { RpcRequestContext } from '@isoquorum/rpc/jsonrpc/session';
import type { BlockTraceEntryJson, TraceJson } from '@isoquorum/rpc/jsonrpc/shapes/trace';
import type { ChainBlock } from '../chain/chain.ts';
import type { BlockReplayErrorCode } from '../import/block-replay.ts';
import { blockAt, selectHeader } from './blocks.ts';
import type { CallRunner } from './call-runner.ts';
import { psiOf, type HandlerContext } from './context.ts';
import { timeSlices } from './time-slices.ts';
import { createRunTrace, type RunTrace, TraceBudget } from './tracers.ts';

/** Time that a trace may take when its caller names none, and at most. */
const TRACE_TIMEOUT_MS = 5000;
const TRACE_TIMEOUT_MAX_MS = 60_000;

/** A block cannot be run once more privately because of a payload. */
const payloadErrors: ReadonlySet<string> = new Set<BlockReplayErrorCode>([
  'PAYLOAD_UNRESOLVED',
  'PAYLOAD_MISSING',
  'PAYLOAD_LATE',
]);

function timeoutOf(config: TraceConfig | undefined): number {
  if (config?.timeout === undefined) return TRACE_TIMEOUT_MS;
  try {
    return Math.min(Math.max(readDuration(config.timeout), 1), TRACE_TIMEOUT_MAX_MS);
  } catch (error) {
    if (error instanceof ParameterError) throw new RpcError(SERVER_ERROR, error.message);
    throw error;
  }
}

/** `debug_trace*`: on the plain engine, whatever engine the node executes with, since that one can be stepped. */
export function createDebugTraceHandlers(context: HandlerContext, runner: CallRunner): HandlersOf<DebugTraceMethods> {
  const { chain, clock, replay } = context;

  function slices(config: TraceConfig | undefined): EvmRunOptions {
    return timeSlices(clock, timeoutOf(config), 'execution timeout');
  }

  /** Runs a block once more with a tracer for each wanted transaction, and answers what came of them by index. */
  async function traced(
    located: ChainBlock,
    config: TraceConfig | undefined,
    request: RpcRequestContext,
    wanted: readonly number[],
    isUnsettled: boolean,
  ): Promise<(index: number) => TraceJson> {
    const { header, transactions } = located.block;
    const rules = rulesAt(chain.config, header.number);
    const limits = slices(config);
    let traces = new Map<number, RunTrace>();
    const { applied, privateReceipts } = await replay.run({
      block: located,
      wanted,
      psi: psiOf(context, request),
      evm: createFastEvm(),
      begin: () => {
        const budget = new TraceBudget();
        traces = new Map(wanted.map((index) => [index, createRunTrace(config, rules, clock, budget)]));
        return (index) => {
          const trace = traces.get(index);
          return trace === undefined ? limits : { ...limits, tracer: trace.tracer };
        };
      },
      isUnsettled,
    });
    const failedPrivately = new Set(
      privateReceipts.filter(({ isInner, receipt }) => !isInner && receipt.status === 0).map(({ index }) => index),
    );
    return (index) => {
      const transaction = transactions[index];
      const trace = traces.get(index);
      if (transaction === undefined || trace === undefined) throw new RpcError(SERVER_ERROR, 'transaction not found');
      return trace.result({
        gasUsed: applied.receipts[index]?.gasUsed ?? 0n,
        gasLimit: transaction.gasLimit,
        hasFailed: failedPrivately.has(index),
      });
    };
  }

  async function tracedBlock(
    located: ChainBlock,
    config: TraceConfig | undefined,
    request: RpcRequestContext,
  ): Promise<readonly BlockTraceEntryJson[]> {
    if (located.block.header.number === 0) throw new RpcError(SERVER_ERROR, 'genesis is not traceable');
    const indexes = [...located.block.transactions.keys()];
    const resultOf = await tracedAsFarAsKnown(located, config, request, indexes);
    return indexes.map((index) => {
      try {
        return { result: resultOf(index) };
      } catch (error) {
        if (error instanceof RpcError) return { error: error.message };
        throw error;
      }
    });
  }

  /** Where a payload is missing, the block's public transactions are traced all the same, and the others have the reason in place of a trace. */
  async function tracedAsFarAsKnown(
    located: ChainBlock,
    config: TraceConfig | undefined,
    request: RpcRequestContext,
    indexes: readonly number[],
  ): Promise<(index: number) => TraceJson> {
    try {
      return await traced(located, config, request, indexes, false);
    } catch (error) {
      if (!isIsoquorumError(error) || !payloadErrors.has(error.code)) throw error;
      const reason = new RpcError(SERVER_ERROR, error.message);
      const hidden = replay.privateIndexes(located);
      const others = indexes.filter((index) => !hidden.has(index));
      const resultOf = await traced(located, config, request, others, false);
      return (index) => {
        if (hidden.has(index)) throw reason;
        return resultOf(index);
      };
    }
  }

  return {
    debug_traceTransaction: async (request, hash, config) => {
      const location = chain.transaction(hash);
      const located = location && chain.blockByHash(location.blockHash);
      if (location === undefined || located === undefined)
        throw new RpcError(SERVER_ERROR, `transaction ${bytesToHex(hash)} not found`);
      const isUnsettled = context.profile === 'goquorum';
      return (await traced(located, config, request, [location.index], isUnsettled))(location.index);
    },
    debug_traceCall: async (request, message, block, config) => {
      const { header } = selectHeader(context, block);
      const trace = createRunTrace(config, rulesAt(chain.config, header.number), clock, new TraceBudget());
      const options = { ...slices(config), tracer: trace.tracer };
      const result = await runner.run(message, block, request, {
        evm: createFastEvm(),
        options,
        isTracedLikeGoQuorum: context.profile === 'goquorum',
      });
      const { gasCap } = context.callLimits;
      const gasLimit = message.gas === undefined || (gasCap > 0n && message.gas > gasCap) ? gasCap : message.gas;
      return trace.result({ gasUsed: result.gasUsed, gasLimit, hasFailed: false });
    },
    debug_traceBlock: (request, encoded, config) => {
      try {
        const block = decodeBlock(encoded);
        return tracedBlock({ hash: blockHash(block), block }, config, request);
      } catch (error) {
        if (!isIsoquorumError(error)) throw error;
        throw new RpcError(SERVER_ERROR, `could not decode block: ${error.message}`);
      }
    },
    debug_traceBlockByNumber: (request, number, config) => {
      const located = blockAt(context, number);
      if (located === undefined) throw new RpcError(SERVER_ERROR, `block #${number} not found`);
      return tracedBlock(located, config, request);
    },
    debug_traceBlockByHash: (request, hash, config) => {
      const located = chain.blockByHash(hash);
      if (located === undefined) throw new RpcError(SERVER_ERROR, `block ${bytesToHex(hash)} not found`);
      return tracedBlock(located, config, request);
    },
    debug_traceBadBlock: (_request, hash) => {
      throw new RpcError(SERVER_ERROR, `bad block ${bytesToHex(hash)} not found`);
    },
  };
}
