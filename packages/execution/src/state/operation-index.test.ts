import { keccak256 } from '@isoquorum/primitives/keccak';
import type { StoreOperation } from '@isoquorum/platform/store';
import { describe, expect, it } from 'vitest';
import { codeKey, nodeKey, preimageKey } from './keys.ts';
import { OperationIndex } from './operation-index.ts';

const hashOf = (number: number): Uint8Array => keccak256(Uint8Array.of(number >> 8, number & 255));
const valueOf = (number: number): Uint8Array => Uint8Array.of(number >> 8, number & 255, 1);

describe('operations by hash', () => {
  it('are found under their letter, and nothing else is', () => {
    const operations: StoreOperation[] = [];
    for (let number = 0; number < 900; number++) {
      const key = [nodeKey, codeKey, preimageKey][number % 3]?.(hashOf(number)) as Uint8Array;
      operations.push({ type: 'put', key, value: valueOf(number) });
    }
    const index = new OperationIndex(operations);
    for (let number = 0; number < 1_800; number++) {
      const hash = hashOf(number);
      const found = [index.node(hash), index.code(hash), index.preimage(hash)];
      const wanted = [undefined, undefined, undefined] as (Uint8Array | undefined)[];
      if (number < 900) wanted[number % 3] = valueOf(number);
      expect(found).toEqual(wanted);
    }
  });

  it('are told apart when their first bytes are equal, and other keys are passed over', () => {
    const one = hashOf(1);
    const other = one.slice();
    other[31] = (other[31] as number) ^ 1;
    const index = new OperationIndex([
      { type: 'put', key: Uint8Array.of(0x6e, 1), value: valueOf(9) },
      { type: 'delete', key: nodeKey(hashOf(2)) },
      { type: 'put', key: codeKey(one), value: valueOf(3) },
      { type: 'put', key: nodeKey(other), value: valueOf(4) },
      { type: 'put', key: nodeKey(one), value: valueOf(5) },
    ]);
    expect([index.node(one), index.node(other), index.code(one)]).toEqual([valueOf(5), valueOf(4), valueOf(3)]);
    expect([index.node(hashOf(2)), index.code(other)]).toEqual([undefined, undefined]);
    expect(new OperationIndex([]).node(one)).toBeUndefined();
  });
});
