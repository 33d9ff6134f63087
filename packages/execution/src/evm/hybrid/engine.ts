import { evmErrors } from '../texts.ts';
import type { Evm, EvmFrame, EvmHost, EvmMessage, EvmOutcome, EvmResult, EvmRunOptions, EvmTracer } from '../port.ts';
import { type PrecompileSteps, precompileSteps } from '../precompiles/precompiles.ts';
import { atDeadline, createRunContext, Frame, type Halt, type RunContext } from './frame.ts';
import { runFrame } from './interpreter.ts';
import { bytesToWord } from '../words.ts';

const nothing = new Uint8Array(0);
function frameOutcome(frame: Frame, halt: Halt): EvmOutcome {
  if (halt === 'failure') return { status: 'failure', gasLeft: 0n, output: nothing, error: frame.error ?? 'failure' };
  if (halt === 'revert')
    return { status: 'revert', gasLeft: frame.gasLeft(), output: frame.output, error: evmErrors.reverted };
  return { status: 'success', gasLeft: frame.gasLeft(), output: halt === 'return' ? frame.output : nothing };
}

/** Gives the result of a message to the frame that made it. */
function resume(frame: Frame, message: EvmMessage, result: EvmResult): void {
  const isCreation = message.kind === 'create' || message.kind === 'create2';
  frame.setGas(frame.gasLeft() + result.gasLeft);
  frame.pending = undefined;
  frame.pc += 1;
  if (isCreation) {
    frame.returnData = result.status === 'revert' ? result.output : nothing;
    frame.push(
      result.status === 'success' && result.createdAddress !== undefined ? bytesToWord(result.createdAddress) : 0n,
    );
    return;
  }
  frame.returnData = result.status === 'failure' ? nothing : result.output;
  frame.push(result.status === 'success' ? 1n : 0n);
  const length = Math.min(frame.outputLength, frame.returnData.length);
  if (length > 0) frame.memory.bytes.set(frame.returnData.subarray(0, length), frame.outputOffset);
}

/** Gas of a precompiled contract that counts as a step more, for the deadline: 20 µs, some 50 gas, are a hundred steps. */
const PRECOMPILE_STEP_GAS = 2;

/** A precompiled contract that runs, and the message that it is the answer to. */
interface Precompiled {
  readonly message: EvmMessage;
  readonly frame: EvmFrame;
  readonly steps: PrecompileSteps<EvmOutcome>;
}

/** A run of one outermost message with all that it calls; it may stop between two opcodes and go on later. */
class Run {
  private readonly host: EvmHost;
  private readonly tracer: EvmTracer | undefined;
  private readonly pool: Frame[];
  private readonly frames: Frame[] = [];
  private readonly context: RunContext;
  private precompiled: Precompiled | undefined;
  private result: EvmResult | undefined;

  constructor(host: EvmHost, options: EvmRunOptions | undefined, pool: Frame[]) {
    this.host = host;
    this.tracer = options?.tracer;
    this.pool = pool;
    this.context = createRunContext(host, options);
  }

  /** Enters the outermost message. */
  start(outermost: EvmMessage): void {
    this.tracer?.begin?.(this.host);
    this.result = this.begin(outermost);
  }

  /** Takes a frame that its host has entered, of code. */
  take(entered: EvmFrame): void {
    const { frames, pool } = this;
    const frame = pool[frames.length] ?? new Frame();
    pool[frames.length] = frame;
    frames.push(frame);
    frame.start(entered, entered.message.gas);
  }

  /** Enters a message: a frame on the stack, a precompiled contract, or a result at once. */
  private begin(message: EvmMessage): EvmResult | undefined {
    const { host, tracer } = this;
    tracer?.enter?.(message);
    const entry = host.enter(message);
    if ('result' in entry) {
      tracer?.leave?.(message, entry.result);
      return entry.result;
    }
    const { frame } = entry;
    if (frame.precompile === undefined) this.take(frame);
    else this.precompiled = { message, frame, steps: precompileSteps(frame, frame.precompile, this.context.rules) };
    return undefined;
  }

  /** Runs a precompiled contract to its end; undefined at a pause. */
  private runPrecompiled({ message, frame, steps }: Precompiled): EvmResult | undefined {
    const { context } = this;
    let step = steps.next();
    while (step.done !== true) {
      if (atDeadline(context)) return undefined;
      step = steps.next();
    }
    this.precompiled = undefined;
    const result = this.host.leave(frame, step.value);
    context.stepsLeft -= Number(message.gas - result.gasLeft) / PRECOMPILE_STEP_GAS;
    this.tracer?.leave?.(message, result);
    return result;
  }

  /** Goes on to the end, or to a pause: then it answers what is to be waited for. */
  advance(): EvmResult | PromiseLike<void> {
    const { frames, context, host, tracer } = this;
    for (;;) {
      if (this.precompiled !== undefined) {
        this.result = this.runPrecompiled(this.precompiled);
        if (this.result === undefined) return context.waiting as PromiseLike<void>;
      }
      const frame = frames.at(-1);
      if (frame === undefined) return this.result as EvmResult;
      if (this.result !== undefined) resume(frame, frame.pending as EvmMessage, this.result);
      this.result = undefined;
      const halt = runFrame(frame, context);
      if (halt === 'pause') return context.waiting as PromiseLike<void>;
      if (halt === 'message') {
        this.result = this.begin(frame.pending as EvmMessage);
        continue;
      }
      frames.pop();
      this.result = host.leave(frame.entered, frameOutcome(frame, halt));
      tracer?.leave?.(frame.message, this.result);
    }
  }
}

async function finishLater(run: Run, first: PromiseLike<void>): Promise<EvmResult> {
  let waiting: PromiseLike<void> = first;
  for (;;) {
    await waiting;
    const next = run.advance();
    if (!('then' in next)) return next;
    waiting = next;
  }
}

/**
 * Runs a frame that its host has entered, with all that it calls, to its end: for an engine that does not take its code.
 * @param checkDeadline asked every few thousand steps, as in a run
 */
export function runEntered(host: EvmHost, entered: EvmFrame, checkDeadline: (() => void) | undefined): EvmResult {
  const run = new Run(host, checkDeadline === undefined ? undefined : { checkDeadline }, []);
  run.take(entered);
  // Nothing asks it to wait.
  return run.advance() as EvmResult;
}

/**
 * The engine in plain TypeScript, for tracing and where WebAssembly is refused: words are BigInt, frames are objects on an explicit stack (1,024 nested calls use no stack of the
 * machine), nothing waits unless the options ask for pauses. Quorum's rules and both states are the host's.
 */
export function createHybridEvm(): Evm {
  let pool: Frame[] = [];
  let busy = false;
  return {
    name: 'hybrid',
    run: (host, message, options) => {
      // A host that calls back into the engine (a marker's inner transaction) must not find its frames in use.
      if (busy) return createHybridEvm().run(host, message, options);
      busy = true;
      try {
        const run = new Run(host, options, pool);
        run.start(message);
        const outcome = run.advance();
        if (!('then' in outcome)) return outcome;
        // The frames stay with the run that waits.
        pool = [];
        return finishLater(run, outcome);
      } finally {
        busy = false;
      }
    },
  };
}
