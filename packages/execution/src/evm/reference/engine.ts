import { EVMError, type PrecompileInput } from '@ethereumjs/evm';
import { emptyBytes } from '@isoquorum/primitives/bytes';
import { bytesToBigint } from '@isoquorum/primitives/integer';
import type { Evm, EvmFrame, EvmHost, EvmMessage, EvmOutcome, EvmResult, EvmRunOptions } from '../port.ts';
import { STACK_BOUNDS } from '../gas-table.ts';
import { evmErrors, invalidOpcode } from '../texts.ts';
import { forkOf, precompileMachine, type ReferenceFork } from './fork.ts';
import { type CodeAnalysis, FrameFailure, ReferenceFrame } from './frame.ts';

const analyses = new WeakMap<Uint8Array, CodeAnalysis>();

function analyse(code: Uint8Array): CodeAnalysis {
  let analysis = analyses.get(code);
  if (analysis === undefined) {
    const jumps = new Uint8Array(code.length);
    const pushes: (bigint | undefined)[] = [];
    for (let index = 0; index < code.length; index++) {
      const opcode = code[index] as number;
      if (opcode === 0x5b) jumps[index] = 1;
      if (opcode < 0x60 || opcode > 0x7f) continue;
      const size = opcode - 0x5f;
      const bytes = new Uint8Array(size);
      bytes.set(code.subarray(index + 1, index + 1 + size));
      pushes[index + 1] = bytesToBigint(bytes);
      index += size;
    }
    analysis = { jumps, pushes };
    analyses.set(code, analysis);
  }
  return analysis;
}

const texts: Readonly<Record<string, string>> = {
  [EVMError.errorMessages.OUT_OF_GAS]: evmErrors.outOfGas,
  [EVMError.errorMessages.STACK_OVERFLOW]: evmErrors.stackOverflow,
  [EVMError.errorMessages.STATIC_STATE_CHANGE]: evmErrors.writeProtection,
  [EVMError.errorMessages.INITCODE_SIZE_VIOLATION]: 'max initcode size exceeded',
};

/** The outcome that an error thrown by a step means. Errors of the host pass through. */
function outcomeOf(error: unknown, frame: ReferenceFrame, height: number): EvmOutcome {
  if (error instanceof FrameFailure)
    return { status: 'failure', gasLeft: 0n, output: emptyBytes, error: error.message };
  if (!(error instanceof EVMError)) throw error;
  const reason: string = error.error;
  if (reason === EVMError.errorMessages.STOP)
    return { status: 'success', gasLeft: frame.gasLeft, output: frame.output };
  if (reason === EVMError.errorMessages.REVERT) {
    return { status: 'revert', gasLeft: frame.gasLeft, output: frame.output, error: evmErrors.reverted };
  }
  if (reason === EVMError.errorMessages.STACK_UNDERFLOW) {
    const text = `stack underflow (${height} <=> ${STACK_BOUNDS.least[frame.opCode] ?? 0})`;
    return { status: 'failure', gasLeft: 0n, output: emptyBytes, error: text };
  }
  const text = reason.startsWith(EVMError.errorMessages.INVALID_JUMP)
    ? evmErrors.invalidJump
    : (texts[reason] ?? reason);
  return { status: 'failure', gasLeft: 0n, output: emptyBytes, error: text };
}

const stepsBetweenChecks = 4096;
/** At every so many nested messages the native stack is unwound by waiting for a promise. */
const nestingBetweenWaits = 24;

/** One run of an outermost message. */
class ReferenceRun {
  private readonly host: EvmHost;
  private readonly fork: ReferenceFork;
  private readonly options: EvmRunOptions;
  private steps = 0;

  constructor(host: EvmHost, options: EvmRunOptions) {
    this.host = host;
    this.options = options;
    this.fork = forkOf(host.block.rules);
  }

  readonly message = async (message: EvmMessage): Promise<EvmResult> => {
    const { tracer } = this.options;
    tracer?.enter?.(message);
    const entry = this.host.enter(message);
    if ('result' in entry) {
      tracer?.leave?.(message, entry.result);
      return entry.result;
    }
    if (message.depth % nestingBetweenWaits === nestingBetweenWaits - 1) await Promise.resolve();
    const { frame } = entry;
    const outcome =
      frame.precompile === undefined ? await this.code(frame) : await this.precompile(frame, frame.precompile);
    const result = this.host.leave(frame, outcome);
    tracer?.leave?.(message, result);
    return result;
  };

  private async precompile(frame: EvmFrame, number: number): Promise<EvmOutcome> {
    const { gas, input } = frame.message;
    const run = this.fork.precompiles.get(number.toString(16).padStart(40, '0'));
    if (run === undefined) return { status: 'success', gasLeft: gas, output: emptyBytes };
    const call = {
      data: input,
      gasLimit: gas,
      common: this.fork.common,
      _EVM: precompileMachine,
    } as unknown as PrecompileInput;
    const result = await run(call);
    if (result.exceptionError !== undefined || result.executionGasUsed > gas) {
      return {
        status: 'failure',
        gasLeft: 0n,
        output: emptyBytes,
        error: result.exceptionError?.error ?? evmErrors.outOfGas,
      };
    }
    return { status: 'success', gasLeft: gas - result.executionGasUsed, output: result.returnValue.slice() };
  }

  private async code(frame: EvmFrame): Promise<EvmOutcome> {
    const { common, entries } = this.fork;
    const state = new ReferenceFrame(this.host, frame, analyse(frame.code), common, this.message);
    const { code } = frame;
    const { tracer, checkDeadline } = this.options;
    let height = 0;
    try {
      while (state.programCounter < code.length) {
        const opcode = code[state.programCounter] as number;
        const entry = entries[opcode];
        if (entry === undefined || entry.isInvalid) throw new FrameFailure(invalidOpcode(opcode));
        if (entry.isWriting && this.host.readOnly) throw new FrameFailure(evmErrors.readOnlyMutation);
        if (checkDeadline !== undefined && ++this.steps % stepsBetweenChecks === 0) checkDeadline();
        state.opCode = opcode;
        height = state.stack.length;
        let gas = entry.fee;
        if (entry.gas !== undefined) {
          const total = entry.gas(state, gas, common);
          gas = typeof total === 'bigint' ? total : await total;
        }
        if (tracer?.step !== undefined) this.trace(state, opcode, gas);
        if (gas > state.gasLeft) throw new EVMError(EVMError.errorMessages.OUT_OF_GAS);
        state.gasLeft -= gas;
        state.programCounter++;
        const waiting = entry.run(state, common);
        if (waiting !== undefined) await waiting;
      }
      // As in geth, running off the end counts as a STOP.
      if (tracer?.step !== undefined && code.length > 0) this.trace(state, 0, 0n);
      return { status: 'success', gasLeft: state.gasLeft, output: emptyBytes };
    } catch (error) {
      return outcomeOf(error, state, height);
    }
  }

  private trace(state: ReferenceFrame, opcode: number, gasCost: bigint): void {
    const size = Number(state.memoryWordCount) * 32;
    this.options.tracer?.step?.({
      pc: state.programCounter,
      opcode,
      gasLeft: state.gasLeft,
      gasCost,
      depth: state.env.depth + 1,
      address: state.address,
      refund: this.host.refund,
      memorySize: size,
      stack: () => state.stack.getStack(),
      memory: () => state.memory.read(0, size),
    });
  }
}

/**
 * The reference engine: opcodes, gas rules and precompiled contracts of `@ethereumjs/evm`, in a loop of our own over the
 * host of the port. Answers with promises. It is the oracle for public rules; it is not made for speed.
 */
export function createReferenceEvm(): Evm {
  return {
    name: 'reference',
    run: (host, message, options = {}) => new ReferenceRun(host, options).message(message),
  };
}
