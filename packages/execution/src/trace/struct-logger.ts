import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { bytesToMapKey } from '../state/node-source.ts';
import type { TraceObserver, TraceStep } from './observer.ts';

const SLOAD = 0x54;
const SSTORE = 0x55;
const WORD = 32;

/** What is to be left out of each entry, and how many entries there may be (0: no limit). */
export interface StructLogOptions {
  readonly disableMemory?: boolean;
  readonly disableStack?: boolean;
  readonly disableStorage?: boolean;
  readonly limit?: number;
}

/** One entry in geth's wire form: words in hexadecimal without 0x; an error is an empty object, as Go encodes it. */
export interface StructLogJson {
  readonly pc: number;
  readonly op: string;
  readonly gas: number;
  readonly gasCost: number;
  readonly depth: number;
  readonly error?: Readonly<Record<string, never>>;
  readonly stack?: readonly string[];
  readonly memory?: readonly string[];
  readonly storage?: Readonly<Record<string, string>>;
}

function wordText(word: bigint): string {
  return bytesToBareHex(bigintToFixedBytes(word, WORD));
}

function memoryWords(memory: Uint8Array): string[] {
  const found: string[] = [];
  for (let start = 0; start + WORD <= memory.length; start += WORD)
    found.push(bytesToBareHex(memory.subarray(start, start + WORD)));
  return found;
}

/** The default tracer of geth: one entry for each step, with the storage that the running contract has touched so far. */
export class StructLogger implements TraceObserver {
  readonly logs: StructLogJson[] = [];
  private readonly options: StructLogOptions;
  private readonly storage = new Map<string, Map<string, string>>();
  private readonly weighed: (units: number) => void;

  /** @param weighed told of each entry's words, so that the caller can end a trace that grows too large */
  constructor(options: StructLogOptions, weighed: (units: number) => void) {
    this.options = options;
    this.weighed = weighed;
  }

  step(step: TraceStep): void {
    const { disableMemory, disableStack, disableStorage, limit = 0 } = this.options;
    if (limit !== 0 && this.logs.length >= limit) return;
    const memory = disableMemory === true ? undefined : memoryWords(step.memory());
    const stack = disableStack === true ? undefined : step.stack.map(wordText);
    const storage = disableStorage === true ? undefined : this.touched(step);
    this.weighed(1 + (memory?.length ?? 0) + (stack?.length ?? 0) + (storage?.size ?? 0));
    this.logs.push({
      pc: step.pc,
      op: step.name,
      gas: Number(step.gas),
      gasCost: Number(step.cost),
      depth: step.depth,
      ...(step.error === undefined ? {} : { error: {} }),
      ...(stack === undefined ? {} : { stack }),
      ...(memory === undefined ? {} : { memory }),
      ...(storage === undefined
        ? {}
        : { storage: Object.fromEntries([...storage].toSorted(([left], [right]) => (left < right ? -1 : 1))) }),
    });
  }

  private touched({ opcode, address, stack, state }: TraceStep): ReadonlyMap<string, string> {
    const key = bytesToMapKey(address);
    const slots = this.storage.get(key) ?? new Map<string, string>();
    this.storage.set(key, slots);
    const slot = stack.at(-1);
    const value = stack.at(-2);
    if (opcode === SLOAD && slot !== undefined) slots.set(wordText(slot), wordText(state.storage(address, slot)));
    if (opcode === SSTORE && slot !== undefined && value !== undefined) slots.set(wordText(slot), wordText(value));
    return slots;
  }
}
