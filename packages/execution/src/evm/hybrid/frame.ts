import type { EvmFrame, EvmHost, EvmMessage, EvmRunOptions } from '../port.ts';
import { type PreparedCode, prepareCode } from './code.ts';
import type { EvmRules } from '../evm-rules.ts';
import { type GasTable, gasTableOf } from '../gas-table.ts';
import { FrameMemory } from './memory.ts';

/** What a run shares between its frames. */
export interface RunContext {
  readonly host: EvmHost;
  readonly rules: EvmRules;
  readonly gasTable: GasTable;
  readonly options: EvmRunOptions | undefined;
  /** Steps until the deadline is asked for again. */
  stepsLeft: number;
  /** What a paused run waits for. */
  waiting: PromiseLike<void> | undefined;
}

export function createRunContext(host: EvmHost, options: EvmRunOptions | undefined): RunContext {
  const { rules } = host.block;
  return { host, rules, gasTable: gasTableOf(rules), options, stepsLeft: DEADLINE_STEPS, waiting: undefined };
}

const DEADLINE_STEPS = 10_000;

/** Every few thousand steps: ends a run that takes too long, or answers that others want their turn. */
export function atDeadline(context: RunContext): boolean {
  context.stepsLeft = DEADLINE_STEPS;
  context.options?.checkDeadline?.();
  context.waiting = context.options?.pause?.();
  return context.waiting !== undefined;
}

/** Why the loop gave control back. */
export type Halt = 'stop' | 'return' | 'revert' | 'failure' | 'message' | 'pause';

const nothing = new Uint8Array(0);
const MAX_GAS = 1n << 52n;
const STACK_ITEMS = 1_024;

/** One running message. Frames are kept and used again by depth. */
export class Frame {
  entered!: EvmFrame;
  message!: EvmMessage;
  code!: PreparedCode;
  readonly stack: bigint[] = Array.from({ length: STACK_ITEMS }, () => 0n);
  /** Number of items on the stack. */
  sp = 0;
  pc = 0;
  /** Gas left, as far as doubles hold it exactly; {@link Frame.excess} comes on top. */
  gas = 0;
  /** Gas beyond 2^52: more than any run uses, but calls pass it on and GAS shows it. */
  private excess = 0n;
  readonly memory: FrameMemory = new FrameMemory();
  /** What the last message that this frame made returned. */
  returnData: Uint8Array = nothing;
  output: Uint8Array = nothing;
  error: string | undefined;
  /** The message that the frame waits for, and where its output goes. */
  pending: EvmMessage | undefined;
  outputOffset = 0;
  outputLength = 0;

  start(entered: EvmFrame, gas: bigint): void {
    this.entered = entered;
    this.message = entered.message;
    this.code = prepareCode(entered.code);
    this.sp = 0;
    this.pc = 0;
    this.setGas(gas);
    this.memory.reset();
    this.returnData = nothing;
    this.output = nothing;
    this.error = undefined;
    this.pending = undefined;
  }

  /** Returns undefined, so that an operation that only pushes can end with it. */
  push(word: bigint): undefined {
    this.stack[this.sp] = word;
    this.sp += 1;
    return undefined;
  }

  pop(): bigint {
    this.sp -= 1;
    return this.stack[this.sp] ?? 0n;
  }

  fail(error: string): 'failure' {
    this.error = error;
    return 'failure';
  }

  /** All gas that is left. */
  gasLeft(): bigint {
    return BigInt(this.gas) + this.excess;
  }

  setGas(gas: bigint): void {
    this.excess = gas > MAX_GAS ? gas - MAX_GAS : 0n;
    this.gas = Number(gas - this.excess);
  }

  /** Takes gas; false when there is not enough (and then none matters). */
  useGas(amount: number): boolean {
    this.gas -= amount;
    return this.gas >= 0;
  }

  /** Pays for and grows memory; false when out of gas. */
  expand(offset: bigint, length: bigint): boolean {
    const cost = this.memory.expansionGas(offset, length);
    this.gas -= cost;
    if (this.gas < 0) return false;
    if (length !== 0n) this.memory.grow(Number(offset), Number(length));
    return true;
  }
}
