import type { Hash32 } from '@isoquorum/primitives/bytes';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { createKeccakArena, type KeccakArena } from '../wasm/keccak.ts';

/** Room for a hash before what is written, so that one is never in the other's way. */
const hashLength = 32;
const firstLength = 1024;

/**
 * Where nodes are written to be hashed: in the memory of the WebAssembly Keccak where there is one, which saves a copy and two
 * arrays for each node; elsewhere in an array of its own. One for the whole process: nothing is left in it between two nodes.
 */
class HashBuffer {
  private arena: KeccakArena | undefined;
  private length = firstLength;
  /** What is written; read it again after {@link HashBuffer.reserve}. */
  bytes: Uint8Array;
  /** Where writing begins. */
  start: number = hashLength;

  constructor() {
    try {
      this.arena = createKeccakArena();
      this.start = this.arena.start + hashLength;
      this.arena.reserve(hashLength + firstLength);
      this.bytes = this.arena.bytes;
    } catch {
      this.bytes = new Uint8Array(hashLength + firstLength);
    }
  }

  /** Makes room for so many bytes; what was written before may be gone. */
  reserve(length: number): void {
    if (length <= this.length) return;
    this.length = length * 2;
    if (this.arena === undefined) this.bytes = new Uint8Array(hashLength + this.length);
    else {
      this.arena.reserve(hashLength + this.length);
      this.bytes = this.arena.bytes;
    }
  }

  /** Hash of the first `length` bytes that were written; they stay. */
  hash(length: number): Hash32 {
    const { arena, start } = this;
    if (arena === undefined) return keccak256(this.bytes.subarray(start, start + length));
    arena.hash(start, length, start - hashLength);
    return this.bytes.slice(start - hashLength, start);
  }

  /** Hashes bytes from elsewhere; answers where in `bytes` the hash is, until the next one. */
  hashOf(input: Uint8Array): number {
    this.reserve(input.length);
    const { arena, bytes, start } = this;
    bytes.set(input, start);
    if (arena === undefined) bytes.set(keccak256(input), start - hashLength);
    else arena.hash(start, input.length, start - hashLength);
    return start - hashLength;
  }

  /** A copy of the first `length` bytes that were written. */
  copy(length: number): Uint8Array {
    return this.bytes.slice(this.start, this.start + length);
  }
}

export const hashBuffer: HashBuffer = new HashBuffer();
