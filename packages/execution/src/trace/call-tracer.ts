import type { Address } from '@isoquorum/primitives/bytes';
import { bytesToHex } from '@isoquorum/primitives/hex';
import type { ForkRules } from '@isoquorum/primitives/fork';
import { precompileAt } from '../evm/precompile-range.ts';
import { evmErrors } from '../evm/texts.ts';
import { wordToAddress } from '../evm/words.ts';
import type { EvmResult } from '../evm/port.ts';
import type { TraceObserver, TraceStart, TraceStep } from './observer.ts';

/** One call in the wire form of geth's `callTracer`, members in its order. */
export interface CallFrameJson {
  readonly type: string;
  readonly from: string;
  readonly to?: string;
  readonly value?: string;
  readonly gas?: string;
  readonly gasUsed?: string;
  readonly input?: string;
  readonly output?: string;
  readonly error?: string;
  readonly time?: string;
  readonly calls?: readonly CallFrameJson[];
}

/** A call while it is open. */
interface OpenCall {
  type: string;
  from: string;
  to?: string;
  value?: string;
  gasIn: bigint;
  gasCost: bigint;
  gas?: bigint;
  gasUsed?: string;
  input: string;
  output?: string;
  error?: string;
  outputOffset: bigint;
  outputLength: bigint;
  calls?: CallFrameJson[];
}

const CREATE = 0xf0;
const CREATE2 = 0xf5;
const DELEGATECALL = 0xf4;
const STATICCALL = 0xfa;
const CALLS: ReadonlySet<number> = new Set([0xf1, 0xf2, DELEGATECALL, STATICCALL]);
const REVERT = 0xfd;
const SELFDESTRUCT = 0xff;

function quantity(value: bigint): string {
  return value < 0n ? `0x-${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

function memoryText(step: TraceStep, offset: bigint, length: bigint): string {
  const memory = step.memory();
  const end = offset + length;
  return length === 0n || end > BigInt(memory.length) ? '0x' : bytesToHex(memory.slice(Number(offset), Number(end)));
}

function isCreation(call: OpenCall): boolean {
  return call.type === 'CREATE' || call.type === 'CREATE2';
}

/** Members in geth's order; what is absent stays so. */
function sorted(call: CallFrameJson): CallFrameJson {
  const { type, from, to, value, gas, gasUsed, input, output, error, time, calls } = call;
  const members = { type, from, to, value, gas, gasUsed, input, output, error, time, calls };
  return Object.fromEntries(
    Object.entries(members).filter(([, member]) => member !== undefined),
  ) as unknown as CallFrameJson;
}

function closed(call: OpenCall): CallFrameJson {
  const { type, from, to, value, gas, gasUsed, input, output, error, calls } = call;
  return sorted({
    type,
    from,
    input,
    ...(to === undefined ? {} : { to }),
    ...(value === undefined ? {} : { value }),
    ...(gas === undefined ? {} : { gas: quantity(gas) }),
    ...(gasUsed === undefined ? {} : { gasUsed }),
    ...(output === undefined ? {} : { output }),
    ...(error === undefined ? {} : { error }),
    ...(calls === undefined ? {} : { calls }),
  });
}

function root(): OpenCall {
  return { type: '', from: '', input: '', gasIn: 0n, gasCost: 0n, outputOffset: 0n, outputLength: 0n };
}

/** Geth's `callTracer`: the tree of calls, put together from steps as the original does it, its odd corners included. */
export class CallTracer implements TraceObserver {
  private readonly rules: ForkRules;
  private readonly stack: OpenCall[] = [root()];
  private descended = false;
  private begun: TraceStart | undefined;
  private ended: EvmResult | undefined;
  private gasUsed = 0n;
  private createdAddress: Address | undefined;

  constructor(rules: ForkRules) {
    this.rules = rules;
  }

  start(start: TraceStart): void {
    this.begun = start;
  }

  end(result: EvmResult, isFirst: boolean): void {
    this.createdAddress = result.createdAddress;
    if (!isFirst || this.begun === undefined) return;
    this.ended = result;
    this.gasUsed = this.begun.gas - result.gasLeft;
  }

  step(step: TraceStep): void {
    if (step.error !== undefined) {
      this.fail(step.error);
      return;
    }
    const { opcode } = step;
    if (opcode === CREATE || opcode === CREATE2) this.open(this.creation(step));
    else if (opcode === SELFDESTRUCT) this.add(this.destruction(step));
    else if (CALLS.has(opcode)) {
      const target = wordToAddress(step.stack.at(-2) ?? 0n);
      if (precompileAt(target, this.rules) === undefined) this.open(this.call(step, bytesToHex(target)));
    } else this.goOn(step);
  }

  fault(_step: TraceStep, error: string): void {
    this.fail(error);
  }

  private top(): OpenCall {
    return this.stack.at(-1) as OpenCall;
  }

  private open(call: OpenCall): void {
    this.stack.push(call);
    this.descended = true;
  }

  private add(call: CallFrameJson): void {
    const parent = this.top();
    parent.calls ??= [];
    parent.calls.push(call);
  }

  private creation(step: TraceStep): OpenCall {
    const { name, address, stack, gas, cost } = step;
    return {
      type: name,
      from: bytesToHex(address),
      input: memoryText(step, stack.at(-2) ?? 0n, stack.at(-3) ?? 0n),
      gasIn: gas,
      gasCost: cost,
      value: quantity(stack.at(-1) ?? 0n),
      outputOffset: 0n,
      outputLength: 0n,
    };
  }

  private destruction({ name, address, stack }: TraceStep): CallFrameJson {
    return {
      type: name,
      from: bytesToHex(address),
      to: bytesToHex(wordToAddress(stack.at(-1) ?? 0n)),
      value: quantity(this.begun?.state.balance(address) ?? 0n),
    };
  }

  private call(step: TraceStep, to: string): OpenCall {
    const { name, address, stack, gas, cost, opcode } = step;
    const hasValue = opcode !== DELEGATECALL && opcode !== STATICCALL;
    const at = (position: number): bigint => stack.at(-1 - position - (hasValue ? 1 : 0)) ?? 0n;
    return {
      type: name,
      from: bytesToHex(address),
      to,
      input: memoryText(step, at(2), at(3)),
      gasIn: gas,
      gasCost: cost,
      outputOffset: at(4),
      outputLength: at(5),
      ...(hasValue ? { value: quantity(stack.at(-3) ?? 0n) } : {}),
    };
  }

  /** Any other step: it tells how much gas a new call has, or that a call has come back. */
  private goOn(step: TraceStep): void {
    if (this.descended) {
      if (step.depth >= this.stack.length) this.top().gas = step.gas;
      this.descended = false;
    }
    if (step.opcode === REVERT) {
      this.top().error = evmErrors.reverted;
      return;
    }
    if (step.depth !== this.stack.length - 1) return;
    const call = this.stack.pop() as OpenCall;
    const returned = step.stack.at(-1) ?? 0n;
    if (isCreation(call)) this.closeCreation(call, step, returned);
    else {
      if (call.gas !== undefined) call.gasUsed = quantity(call.gasIn - call.gasCost + call.gas - step.gas);
      if (returned !== 0n) call.output = memoryText(step, call.outputOffset, call.outputLength);
      else call.error ??= 'internal failure';
    }
    this.add(closed(call));
  }

  private closeCreation(call: OpenCall, step: TraceStep, returned: bigint): void {
    call.gasUsed = quantity(call.gasIn - call.gasCost - step.gas);
    if (returned === 0n) {
      call.error ??= 'internal failure';
      return;
    }
    const address = wordToAddress(returned);
    call.to = bytesToHex(address);
    call.output = bytesToHex(this.begun?.state.code(address) ?? new Uint8Array());
  }

  /** The innermost open call failed: it takes all its gas. */
  private fail(error: string): void {
    if (this.top().error !== undefined) return;
    const call = this.stack.pop() as OpenCall;
    call.error = error;
    if (call.gas !== undefined) call.gasUsed = quantity(call.gas);
    if (this.stack.length > 0) this.add(closed(call));
    else this.stack.push(call);
  }

  /** The tree; undefined when nothing ran. */
  result(time: string): CallFrameJson | undefined {
    const { begun, ended } = this;
    if (begun === undefined || ended === undefined) return undefined;
    const first = this.stack[0] as OpenCall;
    const error = first.error ?? ended.error;
    const to = begun.to ?? this.createdAddress;
    const output = bytesToHex(ended.output);
    const hasOutput = error === undefined || (error === evmErrors.reverted && output !== '0x');
    return sorted({
      type: begun.isCreation ? 'CREATE' : 'CALL',
      from: bytesToHex(begun.from),
      ...(to === undefined ? {} : { to: bytesToHex(to) }),
      value: quantity(begun.value),
      gas: quantity(begun.gas),
      gasUsed: quantity(this.gasUsed),
      input: bytesToHex(begun.input),
      ...(hasOutput ? { output } : {}),
      ...(error === undefined ? {} : { error }),
      time,
      ...(first.calls === undefined ? {} : { calls: first.calls }),
    });
  }
}
