import type { EvmTracer } from '@isoquorum/execution/evm/port';
import { CallTracer } from '@isoquorum/execution/trace/call-tracer';
import { FourByteTracer, GramTracer, StepCounter } from '@isoquorum/execution/trace/count-tracers';
import { observe } from '@isoquorum/execution/trace/observe';
import type { TraceObserver, TraceStart } from '@isoquorum/execution/trace/observer';
import { PrestateTracer } from '@isoquorum/execution/trace/prestate-tracer';
import { StructLogger } from '@isoquorum/execution/trace/struct-logger';
import type { EvmResult } from '@isoquorum/execution/evm/port';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { ForkRules } from '@isoquorum/primitives/fork';
import type { Clock } from '@isoquorum/platform/clock';
import { RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import type { TraceConfig } from '@isoquorum/rpc/jsonrpc/parameters/trace-config';
import type { TraceJson } from '@isoquorum/rpc/jsonrpc/shapes/trace';

/** Words of stack, memory and storage that one answer may hold; the original has no limit. */
const TRACE_WORDS_MAX = 4_000_000;

/** Counts the words that all traces of one answer hold together. */
export class TraceBudget {
  private readonly limit: number;
  private words = 0;

  constructor(limit: number = TRACE_WORDS_MAX) {
    this.limit = limit;
  }

  /** @throws TRACE_TOO_LARGE */
  take(words: number): void {
    this.words += words;
    if (this.words <= this.limit) return;
    throw new IsoquorumError(
      'TRACE_TOO_LARGE',
      `the trace has more than ${this.limit} words: leave memory or stack out`,
      { limit: this.limit },
    );
  }
}

/** So much of a key the original's JavaScript engine shows in its texts. */
const KEY_SHOWN = 32;

/** What a run is worth to its block. */
export interface TracedRun {
  /** Gas as the receipt counts it: 0 for a private transaction. */
  readonly gasUsed: bigint;
  readonly gasLimit: bigint;
  /** Whether it failed beside its code: privacy enhancements refused what it did. */
  readonly hasFailed: boolean;
}

/** A tracer for one transaction or call. */
export interface RunTrace {
  readonly tracer: EvmTracer;
  /** @throws RpcError as the original's tracer does when nothing ran */
  result(run: TracedRun): TraceJson;
}

/** Go's text of a duration: a number with up to nine digits and its largest fitting unit. */
function durationText(ms: number): string {
  if (ms >= 1000) return `${Number((ms / 1000).toFixed(9))}s`;
  return ms >= 1 ? `${Number(ms.toFixed(6))}ms` : `${Number((ms * 1000).toFixed(3))}µs`;
}

/** What the original's JavaScript says when its tracer was told of nothing: no code ran, because this node is no party. */
function nothingRan(reason: string): RpcError {
  return new RpcError(
    SERVER_ERROR,
    `TypeError: cannot read property ${reason}    in server-side tracer function 'result'`,
  );
}

/** Notes how the outermost message began and ended, beside whatever else looks on. */
class Ends implements TraceObserver {
  begun: TraceStart | undefined;
  ended: EvmResult | undefined;
  private readonly inner: TraceObserver;

  constructor(inner: TraceObserver) {
    this.inner = inner;
  }

  start(start: TraceStart): void {
    this.begun = start;
    this.inner.start?.(start);
  }

  step(...args: Parameters<NonNullable<TraceObserver['step']>>): void {
    this.inner.step?.(...args);
  }

  fault(...args: Parameters<NonNullable<TraceObserver['fault']>>): void {
    this.inner.fault?.(...args);
  }

  end(...args: Parameters<NonNullable<TraceObserver['end']>>): void {
    const [result, isFirst] = args;
    if (isFirst) this.ended = result;
    this.inner.end?.(...args);
  }
}

function structTrace(config: TraceConfig, budget: TraceBudget): RunTrace {
  const logger = new StructLogger(
    {
      disableMemory: config.DisableMemory ?? false,
      disableStack: config.DisableStack ?? false,
      disableStorage: config.DisableStorage ?? false,
      limit: config.Limit ?? 0,
    },
    (words) => budget.take(words),
  );
  const ends = new Ends(logger);
  return {
    tracer: observe(ends),
    result: ({ gasUsed, hasFailed }) => {
      const { ended } = ends;
      // What privacy enhancements refused returns nothing, whatever its code said.
      const isRefused = hasFailed && ended?.status === 'success';
      const hasOutput = ended !== undefined && ended.status !== 'failure' && !isRefused;
      return {
        gas: Number(gasUsed),
        failed: hasFailed || (ended !== undefined && ended.status !== 'success'),
        returnValue: hasOutput ? bytesToBareHex(ended.output) : '',
        structLogs: logger.logs,
      };
    },
  };
}

function namedTrace(name: string, rules: ForkRules, clock: Clock): RunTrace {
  switch (name) {
    case 'callTracer': {
      const tracer = new CallTracer(rules);
      const beganMs = clock.nowMs();
      return {
        tracer: observe(tracer),
        result: () => {
          const calls = tracer.result(durationText(clock.nowMs() - beganMs));
          if (calls === undefined) throw nothingRan("'toString' of undefined");
          return calls;
        },
      };
    }
    case 'prestateTracer': {
      const tracer = new PrestateTracer();
      const ends = new Ends(tracer);
      return {
        tracer: observe(ends),
        result: ({ gasLimit }) => {
          const result = tracer.result(gasLimit - (ends.begun?.gas ?? 0n));
          if ('accounts' in result) return result.accounts;
          const { stumblesAt } = result;
          const key = stumblesAt.length > KEY_SHOWN ? `${stumblesAt.slice(0, KEY_SHOWN)}...` : stumblesAt;
          throw nothingRan(`'${key}' of null`);
        },
      };
    }
    case '4byteTracer': {
      const tracer = new FourByteTracer(rules);
      return {
        tracer: observe(tracer),
        result: () => {
          const counts = tracer.result();
          if (counts === undefined) throw nothingRan("'length' of undefined");
          return counts;
        },
      };
    }
    case 'unigramTracer':
    case 'bigramTracer':
    case 'trigramTracer': {
      const tracer = new GramTracer(name === 'unigramTracer' ? 1 : name === 'bigramTracer' ? 2 : 3);
      return { tracer: observe(tracer), result: () => tracer.result() };
    }
    case 'opcountTracer': {
      const tracer = new StepCounter();
      return { tracer: observe(tracer), result: () => tracer.result() };
    }
    case 'noopTracer':
      return { tracer: observe({}), result: () => ({}) };
    default:
      throw new IsoquorumError(
        'TRACER_CODE_REFUSED',
        'only the named tracers are built in: code that a client sends is not run here',
        { tracer: name.slice(0, 64) },
        'REJECT',
      );
  }
}

/** Makes the tracer that a client asks for. @throws TRACER_CODE_REFUSED; while tracing TRACE_TOO_LARGE */
export function createRunTrace(
  config: TraceConfig | undefined,
  rules: ForkRules,
  clock: Clock,
  budget: TraceBudget,
): RunTrace {
  return config?.tracer === undefined ? structTrace(config ?? {}, budget) : namedTrace(config.tracer, rules, clock);
}
