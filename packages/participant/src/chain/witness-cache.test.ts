import { describe, expect, it } from 'vitest';
import { createMemoryNodeSource } from '@isoquorum/execution/state/node-source';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { createWitnessCache } from './witness-cache.ts';

const bytes = (fill: number, length = 40): Uint8Array => new Uint8Array(length).fill(fill);

describe('witness cache', () => {
  it('finds what a validator gave under its own hash only, so that nothing can be forged', () => {
    const cache = createWitnessCache(createMemoryNodeSource());
    expect(cache.add({ nodes: [bytes(1)], codes: [bytes(2)] })).toBe(2);
    expect(cache.node(keccak256(bytes(1)))).toEqual(bytes(1));
    expect(cache.code(keccak256(bytes(2)))).toEqual(bytes(2));
    expect(cache.node(keccak256(bytes(3)))).toBeUndefined();
    expect(cache.add({ nodes: [bytes(1)], codes: [] })).toBe(0);
  });

  it('lets the oldest go beyond its bound', () => {
    const cache = createWitnessCache(createMemoryNodeSource(), 100);
    cache.add({ nodes: [bytes(1), bytes(2), bytes(3)], codes: [] });
    expect(cache.node(keccak256(bytes(1)))).toBeUndefined();
    expect(cache.node(keccak256(bytes(3)))).toEqual(bytes(3));
  });
});
