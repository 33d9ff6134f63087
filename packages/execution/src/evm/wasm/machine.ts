import { emptyBytes } from '@isoquorum/primitives/bytes';
import { type EvmRules, forkNumber } from '../evm-rules.ts';
import { gasTableOf, STACK_BOUNDS } from '../gas-table.ts';
import type { CallKind, EvmBlock, EvmFrame, EvmHost, EvmMessage, EvmOutcome, EvmResult } from '../port.ts';
import { runEntered } from '../hybrid/engine.ts';
import { type PrecompileSteps, precompileSteps } from '../precompiles/precompiles.ts';
import { evmErrors } from '../texts.ts';
import { CodeCache } from './code-cache.ts';
import { type CoreExports, instantiateCore } from './core.ts';
import { failureText } from './failure-text.ts';
import { createHostFunctions, type RunState } from './host-functions.ts';
import { layout } from './layout.ts';
import { LinearMemory } from './linear-memory.ts';

/** Gas after which the core looks up from its work: a few milliseconds at most. */
const SLICE = 500_000;
/** What a nested message counts for, beside what it runs. */
const MESSAGE_GAS = 1_000;
/** Precompiled contracts take so many times longer for their gas than code does: some of them 20 µs for 50 gas. */
const PRECOMPILE_FACTOR = 25;
/** What the core's 64-bit gas takes; the rest of a message's gas takes no part in the run. */
const MAX_GAS = (1n << 63n) - 1n;

/**
 * Code of creations beyond this (bytes) is left to the interpreter in plain TypeScript: analysed, it takes 28 times its size in linear memory,
 * and nested creations may hold much of it at once. Contracts are deployed with less.
 */
const LARGE_CODE = 160 * 1024;

const KINDS: readonly CallKind[] = ['call', 'callcode', 'delegatecall', 'staticcall', 'create', 'create2'];

function isCreation({ kind }: EvmMessage): boolean {
  return kind === 'create' || kind === 'create2';
}

/** A precompiled contract that runs, and the message that it is the answer to. */
interface Precompiled {
  readonly message: EvmMessage;
  readonly frame: EvmFrame;
  readonly steps: PrecompileSteps<EvmOutcome>;
}

/** An instance of the core with its memory, and the run that it is in. It is given a message, and advanced until there is a result. */
export class WasmMachine {
  private readonly core: CoreExports;
  private readonly memory: LinearMemory;
  private readonly codes: CodeCache;
  private readonly run: RunState;
  private readonly frames: EvmFrame[] = [];
  private block: EvmBlock | undefined;
  /** Gas, as it were, of what ran outside the core since the clock was last looked at. */
  private spent = 0;
  private precompiled: Precompiled | undefined;
  private checkDeadline: (() => void) | undefined;
  private excessGas = 0n;

  constructor() {
    const run = { address: emptyBytes, target: emptyBytes } as unknown as RunState;
    this.core = instantiateCore(createHostFunctions(run));
    this.memory = new LinearMemory(this.core.memory);
    run.memory = this.memory;
    this.run = run;
    this.codes = new CodeCache(this.core, this.memory);
  }

  /** Begins a run; answers its result when no code has to run. Whatever ran here before is forgotten. */
  begin(host: EvmHost, message: EvmMessage, checkDeadline?: () => void): EvmResult | undefined {
    const { run } = this;
    run.host = host;
    run.rules = host.block.rules;
    this.frames.length = 0;
    this.spent = 0;
    this.precompiled = undefined;
    this.checkDeadline = checkDeadline;
    const entry = host.enter(message);
    if ('result' in entry) return entry.result;
    const { frame } = entry;
    if (frame.precompile !== undefined) {
      this.beginPrecompiled(message, frame, frame.precompile);
      return undefined;
    }
    if (isCreation(message) && frame.code.length > LARGE_CODE) return runEntered(host, frame, checkDeadline);
    this.memory.renew();
    this.configure(run.rules);
    this.writeEnvironment(host);
    this.beginFrame(frame);
    return undefined;
  }

  private configure(rules: EvmRules): void {
    const bits =
      (rules.isEip150 ? layout.EIP_150 : 0) |
      (rules.isBerlin ? layout.BERLIN : 0) |
      (rules.isShanghai === true ? layout.SHANGHAI : 0) |
      (rules.isIstanbul ? layout.ISTANBUL : 0) |
      (rules.isEip158 ? layout.EIP_158 : 0);
    this.codes.prepare(forkNumber(rules), bits, () => {
      const { u32 } = this.memory;
      const { constant } = gasTableOf(rules);
      const { least, most } = STACK_BOUNDS;
      for (let opcode = 0; opcode < 256; opcode++) {
        u32[layout.GAS_TABLE / 4 + opcode] = constant[opcode] as number;
        u32[layout.NEED_TABLE / 4 + opcode] = least[opcode] as number;
        u32[layout.NET_TABLE / 4 + opcode] = 1024 - (most[opcode] as number);
      }
    });
  }

  /** The words of ENV in their order; those of the block once per block. */
  private writeEnvironment(host: EvmHost): void {
    const { memory } = this;
    const { block, transaction } = host;
    const { ENV } = layout;
    memory.setBytes(ENV, transaction.origin);
    memory.setWord(ENV + 32, transaction.gasPrice);
    if (block === this.block) return;
    this.block = block;
    memory.setBytes(ENV + 64, block.coinbase);
    memory.setWord(ENV + 96, block.timestamp);
    memory.setWord(ENV + 128, BigInt(block.number));
    if (block.randomness === undefined) memory.setWord(ENV + 160, block.difficulty);
    else memory.setBytes(ENV + 160, block.randomness);
    memory.setWord(ENV + 192, block.gasLimit);
    memory.setWord(ENV + 224, block.rules.chainId);
    memory.setWord(ENV + 256, block.baseFee ?? 0n);
    memory.setWord(ENV + 288, block.blobBaseFee ?? 1n);
  }

  private beginFrame(frame: EvmFrame): void {
    const { memory, codes, run } = this;
    const { FRAMES } = layout;
    const { message, input } = frame;
    const isOnce = isCreation(message);
    const bytes = isOnce ? frame.code : input;
    const { at, end } = codes.inputPlace(bytes.length);
    codes.write(bytes, at);
    const { code, top } = isOnce ? codes.placeOnce(at, bytes.length, end) : codes.place(frame.code, end);
    memory.setBytes(FRAMES + layout.ADDRESS, frame.address);
    memory.setBytes(FRAMES + layout.CALLER, message.caller);
    memory.setWord(FRAMES + layout.VALUE, message.value);
    this.core.begin(code, at, isOnce ? 0 : bytes.length, top, message.isStatic ? 1 : 0);
    this.excessGas = message.gas > MAX_GAS ? message.gas - MAX_GAS : 0n;
    memory.u64[(FRAMES + layout.GAS) / 8] = message.gas - this.excessGas;
    this.frames.push(frame);
    run.address = frame.address;
  }

  /** Goes on with the run; answers its result, or undefined when it is time to look at the clock. */
  advance(): EvmResult | undefined {
    const { core, run } = this;
    for (;;) {
      if (this.spent >= SLICE) {
        this.spent = 0;
        return undefined;
      }
      if (this.precompiled !== undefined) {
        const result = this.goOnPrecompiled(this.precompiled);
        if (result !== undefined) return result;
        continue;
      }
      const status = core.run(SLICE, run.host.readOnly ? 1 : 0);
      this.memory.renew();
      if (status === layout.MESSAGE) {
        this.enter();
        this.spent += MESSAGE_GAS;
      } else if (status === layout.PAUSED) return undefined;
      else if (status !== layout.UNSURE || this.frames.length > 1 || !this.goOnSingly()) {
        const result = this.leave(status === layout.UNSURE ? layout.FAILED : status);
        if (result !== undefined) return result;
      }
    }
  }

  private beginPrecompiled(message: EvmMessage, frame: EvmFrame, number: number): void {
    this.precompiled = { message, frame, steps: precompileSteps(frame, number, this.run.rules) };
  }

  /** Runs a piece of a precompiled contract. Its result goes to the running frame, or out when it is the outermost message. */
  private goOnPrecompiled({ message, frame, steps }: Precompiled): EvmResult | undefined {
    const step = steps.next();
    if (step.done !== true) {
      this.spent = SLICE;
      return undefined;
    }
    this.precompiled = undefined;
    const result = this.run.host.leave(frame, step.value);
    this.spent += PRECOMPILE_FACTOR * Number(message.gas - result.gasLeft);
    if (this.frames.length === 0) return result;
    this.answer(message, result);
    return undefined;
  }

  private get frameAt(): number {
    return layout.FRAMES + (this.frames.length - 1) * layout.FRAME_BYTES;
  }

  private field(offset: number): number {
    return this.memory.u32[(this.frameAt + offset) >>> 2] as number;
  }

  private gasField(offset: number): bigint {
    return this.memory.u64[(this.frameAt + offset) >>> 3] as bigint;
  }

  /** A view of linear memory, good until the core runs again. */
  private view(at: number, length: number): Uint8Array {
    return length === 0 ? emptyBytes : this.memory.bytes.subarray(at, at + length);
  }

  /** The message that the running frame waits for. */
  private pendingMessage(): EvmMessage {
    const { memory, frameAt } = this;
    const { message, address } = this.frames[this.frames.length - 1] as EvmFrame;
    const kind = KINDS[this.field(layout.PENDING_KIND)] as CallKind;
    const inputAt = this.field(layout.MEMORY_BASE) + this.field(layout.PENDING_INPUT);
    const target = kind === 'create' || kind === 'create2' ? address : this.run.target;
    const base = {
      kind,
      caller: kind === 'delegatecall' ? message.caller : address,
      codeAddress: target,
      address: kind === 'callcode' || kind === 'delegatecall' ? address : target,
      input: this.view(inputAt, this.field(layout.PENDING_INPUT_LENGTH)),
      gas: this.gasField(layout.PENDING_GAS),
      value: memory.word(frameAt + layout.PENDING_VALUE),
      isStatic: message.isStatic || kind === 'staticcall',
      depth: message.depth + 1,
    };
    return kind === 'create2' ? { ...base, salt: memory.word(frameAt + layout.PENDING_SALT) } : base;
  }

  private enter(): void {
    const { core, run } = this;
    const message = this.pendingMessage();
    const entry = run.host.enter(message);
    if ('result' in entry) {
      this.answer(message, entry.result);
      return;
    }
    const { frame } = entry;
    if (frame.precompile !== undefined) {
      this.beginPrecompiled(message, frame, frame.precompile);
      return;
    }
    if (isCreation(message) && frame.code.length > LARGE_CODE) {
      this.answer(message, runEntered(run.host, frame, this.checkDeadline));
      return;
    }
    const top = core.top() >>> 0;
    if (isCreation(message)) {
      const inputAt = this.field(layout.MEMORY_BASE) + this.field(layout.PENDING_INPUT);
      const placed = this.codes.placeOnce(inputAt, this.field(layout.PENDING_INPUT_LENGTH), top);
      this.frames.push(frame);
      this.memory.setBytes(this.frameAt + layout.ADDRESS, frame.address);
      core.enterCreation(placed.code, placed.top);
    } else {
      const placed = this.codes.place(frame.code, top);
      this.frames.push(frame);
      core.enterCall(placed.code, placed.top);
    }
    run.address = frame.address;
  }

  /** Hands the result of a message that had no frame here to the running frame. */
  private answer(message: EvmMessage, result: EvmResult): void {
    const { memory, frameAt } = this;
    const isSuccess = result.status === 'success';
    const isCreated = isCreation(message) && isSuccess;
    const output = result.status === 'failure' || isCreated ? emptyBytes : result.output;
    const top = this.core.top() >>> 0;
    if (output.length > 0) this.codes.write(output, top);
    memory.u64[(frameAt + layout.PENDING_GAS) >>> 3] = result.gasLeft;
    this.core.answer(isSuccess ? 1 : 0, top, output.length);
    if (isCreated && result.createdAddress !== undefined)
      memory.setBytes(memory.u32[(frameAt + layout.SP) >>> 2] as number, result.createdAddress);
  }

  private outcome(status: number): EvmOutcome {
    if (status === layout.FAILED) {
      const at = layout.FAILURE >>> 2;
      const { u32 } = this.memory;
      const error =
        this.frames.length > 1
          ? evmErrors.outOfGas
          : failureText(u32[at] as number, u32[at + 1] as number, u32[at + 2] as number);
      return { status: 'failure', gasLeft: 0n, output: emptyBytes, error };
    }
    const gasLeft = this.gasField(layout.GAS);
    const output = this.view(this.field(layout.OUTPUT), this.field(layout.OUTPUT_LENGTH));
    return status === layout.REVERTED
      ? { status: 'revert', gasLeft, output, error: evmErrors.reverted }
      : { status: 'success', gasLeft, output };
  }

  /** Ends the running frame; answers the result of the outermost one. */
  private leave(status: number): EvmResult | undefined {
    const { run, core } = this;
    const frame = this.frames[this.frames.length - 1] as EvmFrame;
    const { kind } = frame.message;
    const result = run.host.leave(frame, this.outcome(status));
    if (this.frames.length === 1) {
      this.frames.length = 0;
      const gasLeft = result.status === 'failure' ? 0n : result.gasLeft + this.excessGas;
      return { ...result, gasLeft, output: result.output.slice() };
    }
    const isSuccess = result.status === 'success';
    if (kind === 'create' || kind === 'create2') {
      this.memory.u64[(this.frameAt + layout.GAS) >>> 3] = result.gasLeft;
      core.leaveCreation(isSuccess ? 1 : 0, result.status === 'revert' ? 1 : 0);
    } else core.leaveCall(isSuccess ? 1 : 0, result.status === 'failure' ? 1 : 0);
    this.frames.pop();
    run.address = (this.frames[this.frames.length - 1] as EvmFrame).address;
    return undefined;
  }

  /**
   * The outermost frame fails in the block ahead: goes through it by single instructions, to fail as the rules say. False when there is no room
   * for that; then only the text may be another.
   */
  private goOnSingly(): boolean {
    const code = this.codes.placeSingle((this.frames[0] as EvmFrame).code, this.core.top() >>> 0);
    if (code !== 0) this.core.continueIn(code);
    return code !== 0;
  }
}
