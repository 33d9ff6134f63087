import type { Hash32 } from '@isoquorum/primitives/bytes';
import type { Method } from '../method.ts';
import { base64Bytes } from '../parameters/base64-bytes.ts';
import { blockNumber, blockSelector, type BlockNumber, type BlockSelector } from '../parameters/block-selector.ts';
import { optional, parameter } from '../parameters/codec.ts';
import { hash } from '../parameters/hex.ts';
import { traceCallConfig, traceConfig, type TraceConfig } from '../parameters/trace-config.ts';
import { callArguments, type CallArguments } from '../parameters/transaction-args.ts';
import { json } from '../results.ts';
import type { BlockTraceEntryJson, TraceJson } from '../shapes/trace.ts';

/** Watching code run once more. */
export interface DebugTraceMethods {
  readonly debug_traceTransaction: Method<[hash: Hash32, config?: TraceConfig], TraceJson>;
  readonly debug_traceCall: Method<[message: CallArguments, block: BlockSelector, config?: TraceConfig], TraceJson>;
  readonly debug_traceBlock: Method<[encoded: Uint8Array, config?: TraceConfig], readonly BlockTraceEntryJson[]>;
  readonly debug_traceBlockByNumber: Method<
    [number: BlockNumber, config?: TraceConfig],
    readonly BlockTraceEntryJson[]
  >;
  readonly debug_traceBlockByHash: Method<[hash: Hash32, config?: TraceConfig], readonly BlockTraceEntryJson[]>;
  readonly debug_traceBadBlock: Method<[hash: Hash32, config?: TraceConfig], readonly BlockTraceEntryJson[]>;
}

const config = parameter('config', optional(traceConfig));
const traces = json<readonly BlockTraceEntryJson[]>('list of `{result}` or `{error}`');
const TRACERS =
  'without `tracer` its steps, else what `callTracer`, `prestateTracer`, `4byteTracer`, `noopTracer`, `opcountTracer`, `unigramTracer`, `bigramTracer` or `trigramTracer` makes of it';

export const debugTraceMethods: DebugTraceMethods = {
  debug_traceTransaction: {
    doc: `Runs a transaction once more on its state, private ones at their parties: ${TRACERS}.`,
    params: [parameter('hash', hash), config],
    result: json('trace'),
  },
  debug_traceCall: {
    doc: 'The same for a message that is no transaction, on the state after a block.',
    params: [
      parameter('message', callArguments),
      parameter('block', blockSelector),
      parameter('config', optional(traceCallConfig)),
    ],
    result: json('trace'),
  },
  debug_traceBlock: {
    doc: 'The same for each transaction of a block given as RLP, whose parent is known here.',
    params: [parameter('encoded', base64Bytes), config],
    result: traces,
  },
  debug_traceBlockByNumber: {
    doc: 'The same for each transaction of a block.',
    params: [parameter('number', blockNumber), config],
    result: traces,
  },
  debug_traceBlockByHash: {
    doc: 'The same for each transaction of a block.',
    params: [parameter('hash', hash), config],
    result: traces,
  },
  debug_traceBadBlock: {
    doc: 'Always refused: bad blocks are not kept.',
    params: [parameter('hash', hash), config],
    result: traces,
  },
};
