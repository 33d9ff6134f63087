import { keccak256 } from '@isoquorum/primitives/keccak';
import { describe, expect, it } from 'vitest';
import { createKeccakArena } from './keccak.ts';

describe('keccak in linear memory', () => {
  it('hashes every length around its blocks as the installed function does', () => {
    const arena = createKeccakArena();
    for (let length = 0; length < 420; length++) {
      const input = Uint8Array.from({ length }, (_, index) => (index * 31 + length) & 0xff);
      expect(arena.digest(input)).toEqual(keccak256(input));
    }
  });

  it('hashes in place, and grows', () => {
    const arena = createKeccakArena();
    arena.reserve(300_000);
    const input = new Uint8Array(200_000).fill(7);
    arena.bytes.set(input, arena.start);
    arena.hash(arena.start, input.length, arena.start);
    expect(arena.bytes.slice(arena.start, arena.start + 32)).toEqual(keccak256(input));
  });
});
