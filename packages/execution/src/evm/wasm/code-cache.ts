import type { CoreExports } from './core.ts';
import { layout } from './layout.ts';
import type { LinearMemory } from './linear-memory.ts';

/** Code in linear memory: where its analysis is, and where free memory begins after it. */
export interface PlacedCode {
  readonly code: number;
  readonly top: number;
}

const ALIGNMENT = 63;

function align(at: number): number {
  return at + ALIGNMENT - ((at + ALIGNMENT) & ALIGNMENT);
}

/** Memory is exhausted: a code or a memory that would not fit in four GiB. */
export class CoreExhausted extends Error {}

/**
 * Analysed code of one instance of the core. Code that has a hash is analysed once and kept; when the region for it is full, code is
 * analysed for one use, and at the next run everything is forgotten.
 */
export class CodeCache {
  private readonly core: CoreExports;
  private readonly memory: LinearMemory;
  private known = new WeakMap<Uint8Array, number>();
  private singly = new WeakMap<Uint8Array, number>();
  private forks = -1;
  private isFull = false;

  constructor(core: CoreExports, memory: LinearMemory) {
    this.core = core;
    this.memory = memory;
  }

  /** Before a run: forgets what was analysed for other rules, or when there is no room. @param forks a number that names the rules */
  prepare(forks: number, bits: number, writeTables: () => void): void {
    if (forks === this.forks && !this.isFull) return;
    if (forks !== this.forks) writeTables();
    this.forks = forks;
    this.isFull = false;
    this.known = new WeakMap();
    this.singly = new WeakMap();
    this.core.configure(bits);
  }

  /** Copies bytes to linear memory at `at`. @throws CoreExhausted */
  write(bytes: Uint8Array, at: number): void {
    if (this.core.ensure(at + bytes.length) === 0) throw new CoreExhausted();
    this.memory.renew();
    this.memory.bytes.set(bytes, at);
  }

  /** The analysis of a contract's code; `top` is free memory. @throws CoreExhausted */
  place(bytes: Uint8Array, top: number): PlacedCode {
    const known = this.known.get(bytes);
    if (known !== undefined) return { code: known, top };
    this.write(bytes, top);
    const code = this.isFull ? 0 : this.core.analyseReusable(top, bytes.length, 0);
    if (code === 0) {
      this.isFull = true;
      return this.placeOnce(top, bytes.length, align(top + bytes.length));
    }
    this.known.set(bytes, code);
    return { code, top };
  }

  /** The analysis, at `top`, of bytes in linear memory. @throws CoreExhausted */
  placeOnce(bytes: number, length: number, top: number): PlacedCode {
    const end = this.core.analyseOnce(bytes, length, top, 0) >>> 0;
    if (end === 0) throw new CoreExhausted();
    this.memory.renew();
    return { code: top, top: end };
  }

  /** The analysis of code with a block for each instruction; 0 when there is no room. @param top free memory */
  placeSingle(bytes: Uint8Array, top: number): number {
    let code = this.singly.get(bytes) ?? 0;
    if (code !== 0 || this.isFull) return code;
    this.write(bytes, top);
    code = this.core.analyseReusable(top, bytes.length, 1);
    if (code === 0) this.isFull = true;
    else this.singly.set(bytes, code);
    return code;
  }

  /** The first place for input of an outermost message, and the first after `length` bytes of it. */
  inputPlace(length: number): { readonly at: number; readonly end: number } {
    return { at: layout.ARENA, end: align(layout.ARENA + length) };
  }
}
