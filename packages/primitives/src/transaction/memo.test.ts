import { describe, expect, it } from 'vitest';
import { memoOf } from './memo.ts';
import type { Transaction } from './types.ts';

const fields = { nonce: 0n, gasPrice: 0n, gasLimit: 0n, to: undefined, value: 0n, v: 0n, r: 0n, s: 0n };
const transaction: Transaction = { type: 0, ...fields, data: new Uint8Array(0) };

describe('what is remembered of a transaction', () => {
  it('belongs to that object: a changed copy begins anew', () => {
    memoOf(transaction).hash = Uint8Array.of(1);
    expect(memoOf(transaction).hash).toEqual(Uint8Array.of(1));
    expect(memoOf({ ...transaction }).hash).toBeUndefined();
    expect(memoOf(structuredClone(transaction)).hash).toBeUndefined();
  });

  it('shows in no comparison and no text', () => {
    const plain: Transaction = { type: 0, ...fields, data: new Uint8Array(0) };
    memoOf(transaction).hash = Uint8Array.of(1);
    expect(transaction).toEqual(plain);
    expect(Reflect.ownKeys(transaction)).toEqual(Reflect.ownKeys(plain));
  });
});
