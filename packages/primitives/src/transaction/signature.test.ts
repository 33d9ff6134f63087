import { describe, expect, it } from 'vitest';
import { privateKeyToAddress, secp256k1Order } from '../secp256k1.ts';
import { signTransaction, transactionSender } from './signature.ts';

describe('high s', () => {
  const key = new Uint8Array(32).fill(7);
  const signed = signTransaction(
    {
      type: 0,
      nonce: 0n,
      gasPrice: 0n,
      gasLimit: 21_000n,
      to: new Uint8Array(20),
      value: 0n,
      data: new Uint8Array(0),
    },
    key,
  );
  // The other signature of the same key over the same hash.
  const high = { ...signed, s: secp256k1Order - signed.s, v: 55n - signed.v };

  it('is refused from Homestead on', () => {
    expect(() => transactionSender(high, undefined)).toThrow(/invalid transaction v, r, s values/);
  });

  it('was allowed before', () => {
    expect(transactionSender(high, undefined, false)).toEqual(privateKeyToAddress(key));
  });
});
