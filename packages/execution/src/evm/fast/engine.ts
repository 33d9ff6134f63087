import { evmErrors } from '../texts.ts';
import type { Evm, EvmFrame, EvmHost, EvmMessage, EvmOutcome, EvmResult, EvmRunOptions } from '../port.ts';
import { runPrecompile } from '../precompiles/precompiles.ts';
import { createRunContext, Frame, type Halt, type RunContext } from './frame.ts';
import { runFrame } from './interpreter.ts';
import { bytesToWord } from './words.ts';

const nothing = new Uint8Array(0);
/** Gas is counted in doubles: exact up to here, far above any block. */
const MAX_GAS = BigInt(Number.MAX_SAFE_INTEGER);

function toGas(gas: bigint): number {
  return Number(gas > MAX_GAS ? MAX_GAS : gas);
}

/** Gas beyond what doubles hold exactly takes no part in the run; what is left of a message includes it again. */
function withExcessGas(result: EvmResult, gas: bigint): EvmResult {
  if (gas <= MAX_GAS || result.status === 'failure') return result;
  return { ...result, gasLeft: result.gasLeft + gas - MAX_GAS };
}

function precompileOutcome(entered: EvmFrame, precompile: number, context: RunContext): EvmOutcome {
  const result = runPrecompile(precompile, entered.input, toGas(entered.message.gas), context.rules);
  if (result === undefined) return { status: 'failure', gasLeft: 0n, output: nothing, error: evmErrors.outOfGas };
  if (result.error !== undefined) return { status: 'failure', gasLeft: 0n, output: nothing, error: result.error };
  return { status: 'success', gasLeft: entered.message.gas - BigInt(result.gasUsed), output: result.output };
}

function frameOutcome(frame: Frame, halt: Halt): EvmOutcome {
  if (halt === 'failure') return { status: 'failure', gasLeft: 0n, output: nothing, error: frame.error ?? 'failure' };
  if (halt === 'revert')
    return { status: 'revert', gasLeft: BigInt(frame.gas), output: frame.output, error: evmErrors.reverted };
  return { status: 'success', gasLeft: BigInt(frame.gas), output: halt === 'return' ? frame.output : nothing };
}

/** Gives the result of a message to the frame that made it. */
function resume(frame: Frame, message: EvmMessage, result: EvmResult): void {
  const isCreation = message.kind === 'create' || message.kind === 'create2';
  frame.gas += toGas(result.gasLeft);
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

function runMessages(
  host: EvmHost,
  outermost: EvmMessage,
  options: EvmRunOptions | undefined,
  pool: Frame[],
): EvmResult {
  const context = createRunContext(host, options);
  const tracer = options?.tracer;
  const frames: Frame[] = [];

  /** Enters a message: a frame on the stack, or a result at once. */
  const begin = (message: EvmMessage): EvmResult | undefined => {
    tracer?.enter?.(message);
    const entry = host.enter(message);
    if (!('result' in entry) && entry.frame.precompile === undefined) {
      const frame = pool[frames.length] ?? new Frame();
      pool[frames.length] = frame;
      frames.push(frame);
      frame.start(entry.frame, toGas(message.gas));
      return undefined;
    }
    const result =
      'result' in entry
        ? entry.result
        : host.leave(entry.frame, precompileOutcome(entry.frame, entry.frame.precompile ?? 0, context));
    tracer?.leave?.(message, result);
    return result;
  };

  let result = begin(outermost);
  for (;;) {
    const frame = frames.at(-1);
    if (frame === undefined) return withExcessGas(result as EvmResult, outermost.gas);
    if (result !== undefined) resume(frame, frame.pending as EvmMessage, result);
    const halt = runFrame(frame, context);
    if (halt === 'message') {
      result = begin(frame.pending as EvmMessage);
      continue;
    }
    frames.pop();
    result = host.leave(frame.entered, frameOutcome(frame, halt));
    tracer?.leave?.(frame.message, result);
  }
}

/**
 * Our own engine in plain TypeScript: words are BigInt, frames are objects on an explicit stack (1,024 nested calls use no stack of the
 * machine), nothing waits. Quorum's rules and both states are the host's.
 */
export function createFastEvm(): Evm {
  const pool: Frame[] = [];
  let busy = false;
  return {
    name: 'fast',
    run: (host, message, options) => {
      // A host that calls back into the engine (a marker's inner transaction) must not find its frames in use.
      if (busy) return createFastEvm().run(host, message, options);
      busy = true;
      try {
        return runMessages(host, message, options, pool);
      } finally {
        busy = false;
      }
    },
  };
}
