import { emptyBytes } from '@isoquorum/primitives/bytes';

const FIRST_BYTES = 4_096;
const WORD_BITS = 64n;

/** Gas of a memory of so many 32-byte words (yellow paper, appendix G). */
function memoryCost(words: number): number {
  return words * 3 + Math.floor((words * words) / 512);
}

/** Memory that costs more than this is out of any gas there is. */
const MAX_WORDS = 2 ** 32;

/** The memory of one frame: grows by doubling, is zeroed when the frame is used again. */
export class FrameMemory {
  bytes: Uint8Array = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.bytes.buffer);
  /** Size in bytes as MSIZE says; a multiple of 32. */
  size = 0;

  reset(): void {
    this.bytes.fill(0, 0, this.size);
    this.size = 0;
  }

  /** Gas to reach `offset + length`; Infinity when no gas suffices. A length of 0 reaches nothing. */
  expansionGas(offset: bigint, length: bigint): number {
    if (length === 0n) return 0;
    const end = offset + length;
    if (end > 0x1fffffffe0n) return Number.POSITIVE_INFINITY;
    const words = Math.ceil(Number(end) / 32);
    if (words > MAX_WORDS) return Number.POSITIVE_INFINITY;
    return words * 32 <= this.size ? 0 : memoryCost(words) - memoryCost(this.size / 32);
  }

  /** Grows to hold `length` bytes at `offset`, both paid for. */
  grow(offset: number, length: number): void {
    if (length === 0) return;
    const size = Math.ceil((offset + length) / 32) * 32;
    if (size <= this.size) return;
    if (size > this.bytes.length) {
      let capacity = this.bytes.length * 2;
      while (capacity < size) capacity *= 2;
      const bytes = new Uint8Array(capacity);
      bytes.set(this.bytes.subarray(0, this.size));
      this.bytes = bytes;
      this.#view = new DataView(bytes.buffer);
    }
    this.size = size;
  }

  load(offset: number): bigint {
    const view = this.#view;
    const high = (view.getBigUint64(offset) << WORD_BITS) | view.getBigUint64(offset + 8);
    return (high << 128n) | (view.getBigUint64(offset + 16) << WORD_BITS) | view.getBigUint64(offset + 24);
  }

  store(offset: number, value: bigint): void {
    const view = this.#view;
    view.setBigUint64(offset + 24, BigInt.asUintN(64, value));
    view.setBigUint64(offset + 16, BigInt.asUintN(64, value >> 64n));
    view.setBigUint64(offset + 8, BigInt.asUintN(64, value >> 128n));
    view.setBigUint64(offset, value >> 192n);
  }

  /** A range that has been paid for, not copied: good until the frame runs again. */
  view(offset: number, length: number): Uint8Array {
    return length === 0 ? emptyBytes : this.bytes.subarray(offset, offset + length);
  }

  /** A copy of a range that has been paid for. */
  copy(offset: number, length: number): Uint8Array {
    return length === 0 ? new Uint8Array(0) : this.bytes.slice(offset, offset + length);
  }

  /** Writes `source[from…]` padded with zeros to `length` bytes at `offset`. */
  writePadded(offset: number, source: Uint8Array, from: bigint, length: number): void {
    if (length === 0) return;
    const start = from >= BigInt(source.length) ? source.length : Number(from);
    const part = source.subarray(start, start + length);
    this.bytes.set(part, offset);
    this.bytes.fill(0, offset + part.length, offset + length);
  }
}
