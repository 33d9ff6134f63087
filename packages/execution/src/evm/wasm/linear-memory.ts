import type { Address } from '@isoquorum/primitives/bytes';
import type { WasmMemory } from '../../wasm/web-assembly.ts';

/** Slots whose numbers are remembered; a power of two. */
const REMEMBERED = 1_024;

/** Typed views of the core's linear memory. It may grow at any entry, which kills views: {@link LinearMemory.renew} after each. */
export class LinearMemory {
  private readonly memory: WasmMemory;
  private readonly slotWords = new Uint32Array(REMEMBERED * 8);
  private readonly slots: bigint[] = Array.from({ length: REMEMBERED }, () => 0n);
  bytes: Uint8Array;
  u32: Uint32Array;
  u64: BigUint64Array;

  constructor(memory: WasmMemory) {
    this.memory = memory;
    this.bytes = new Uint8Array(memory.buffer);
    this.u32 = new Uint32Array(memory.buffer);
    this.u64 = new BigUint64Array(memory.buffer);
  }

  /** Makes new views if the old ones are dead. */
  renew(): void {
    if (this.u32.length !== 0) return;
    const { buffer } = this.memory;
    this.bytes = new Uint8Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.u64 = new BigUint64Array(buffer);
  }

  /** The word (32 bytes, little-endian) at a multiple of eight. */
  word(at: number): bigint {
    const { u32, u64 } = this;
    const half = at >>> 2;
    const limb = at >>> 3;
    const low = u64[limb] as bigint;
    if (
      ((u32[half + 4] as number) |
        (u32[half + 5] as number) |
        (u32[half + 6] as number) |
        (u32[half + 7] as number)) ===
      0
    ) {
      if (((u32[half + 2] as number) | (u32[half + 3] as number)) === 0) return low;
      return ((u64[limb + 1] as bigint) << 64n) | low;
    }
    const upper = ((u64[limb + 3] as bigint) << 64n) | (u64[limb + 2] as bigint);
    return (upper << 128n) | ((u64[limb + 1] as bigint) << 64n) | low;
  }

  /** The word like {@link LinearMemory.word}, remembered: code asks for the same slots again, and their numbers are long. */
  slot(at: number): bigint {
    const { u32, slotWords } = this;
    const half = at >>> 2;
    const index = (((u32[half] as number) ^ (u32[half + 1] as number)) & (REMEMBERED - 1)) >>> 0;
    const place = index * 8;
    for (let part = 0; part < 8; part++) {
      if (slotWords[place + part] === u32[half + part]) continue;
      slotWords.set(u32.subarray(half, half + 8), place);
      return (this.slots[index] = this.word(at));
    }
    return this.slots[index] as bigint;
  }

  /** @param value below 2^256 */
  setWord(at: number, value: bigint): void {
    const { u64 } = this;
    const limb = at >>> 3;
    // An element takes the lowest 64 bits of what it is given.
    u64[limb] = value;
    const rest = value >> 64n;
    u64[limb + 1] = rest;
    if (rest === 0n) {
      u64[limb + 2] = 0n;
      u64[limb + 3] = 0n;
      return;
    }
    u64[limb + 2] = value >> 128n;
    u64[limb + 3] = value >> 192n;
  }

  /** The low 20 bytes of a word as a fresh address. */
  address(at: number): Address {
    const { bytes } = this;
    const address = new Uint8Array(20);
    for (let index = 0; index < 20; index++) address[index] = bytes[at + 19 - index] as number;
    return address;
  }

  /** Up to 32 big-endian bytes as a word. */
  setBytes(at: number, value: Uint8Array): void {
    const { bytes } = this;
    const last = value.length - 1;
    bytes.fill(0, at, at + 32);
    for (let index = 0; index <= last; index++) bytes[at + index] = value[last - index] as number;
  }

  /** A word as 32 big-endian bytes. */
  wordBytes(at: number): Uint8Array {
    const { bytes } = this;
    const word = new Uint8Array(32);
    for (let index = 0; index < 32; index++) word[index] = bytes[at + 31 - index] as number;
    return word;
  }
}
