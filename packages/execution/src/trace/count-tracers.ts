import { bytesToHex } from '@isoquorum/primitives/hex';
import type { ForkRules } from '@isoquorum/primitives/fork';
import { precompileAt } from '../evm/precompile-range.ts';
import { wordToAddress } from '../evm/words.ts';
import type { TraceObserver, TraceStart, TraceStep } from './observer.ts';

const SELECTOR_BYTES = 4n;
const CALLS_WITH_VALUE: ReadonlySet<string> = new Set(['CALL', 'CALLCODE']);
const CALLS_WITHOUT_VALUE: ReadonlySet<string> = new Set(['DELEGATECALL', 'STATICCALL']);

/** Geth's `4byteTracer`: how often each function selector was called with how many bytes of arguments. */
export class FourByteTracer implements TraceObserver {
  private readonly rules: ForkRules;
  private readonly counts = new Map<string, number>();
  private begun: TraceStart | undefined;

  constructor(rules: ForkRules) {
    this.rules = rules;
  }

  start(start: TraceStart): void {
    this.begun = start;
  }

  step(step: TraceStep): void {
    const { name, stack } = step;
    const hasValue = CALLS_WITH_VALUE.has(name);
    if (!hasValue && !CALLS_WITHOUT_VALUE.has(name)) return;
    if (precompileAt(wordToAddress(stack.at(-2) ?? 0n), this.rules) !== undefined) return;
    const at = (position: number): bigint => stack.at(-1 - position - (hasValue ? 1 : 0)) ?? 0n;
    const [offset, length] = [at(2), at(3)];
    const memory = step.memory();
    if (length < SELECTOR_BYTES || offset + SELECTOR_BYTES > BigInt(memory.length)) return;
    const start = Number(offset);
    this.count(memory.slice(start, start + Number(SELECTOR_BYTES)), length - SELECTOR_BYTES);
  }

  private count(selector: Uint8Array, size: bigint): void {
    const key = `${bytesToHex(selector)}-${size}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  result(): Readonly<Record<string, number>> | undefined {
    if (this.begun === undefined) return undefined;
    const { input } = this.begun;
    if (input.length >= Number(SELECTOR_BYTES))
      this.count(input.slice(0, Number(SELECTOR_BYTES)), BigInt(input.length) - SELECTOR_BYTES);
    return Object.fromEntries(this.counts);
  }
}

/** Geth's `unigramTracer`, `bigramTracer`, `trigramTracer`: how often each run of so many opcodes was made. */
export class GramTracer implements TraceObserver {
  private readonly recent: string[] = [];
  private readonly counts = new Map<string, number>();

  constructor(length: 1 | 2 | 3) {
    for (let place = 1; place < length; place += 1) this.recent.push('');
  }

  step({ name }: TraceStep): void {
    this.recent.push(name);
    const key = this.recent.join('-');
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    this.recent.shift();
  }

  result(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.counts);
  }
}

/** Geth's `opcountTracer`: how many steps were made. */
export class StepCounter implements TraceObserver {
  private count = 0;

  step(): void {
    this.count += 1;
  }

  result(): number {
    return this.count;
  }
}
