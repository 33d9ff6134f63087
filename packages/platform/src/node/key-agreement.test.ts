import { expect, test } from 'vitest';
import { base64ToBytes, bytesToBase64 } from '@isoquorum/primitives/base64';
import { type KeyPairStore, openWebKeyAgreement, type StoredKeyPair } from '../browser/key-agreement.ts';
import { createMemoryKeyAgreement, enclavePublicKey } from '../memory/key-agreement.ts';
import { testKeyAgreement } from '../testing/key-agreement-suite.ts';
import { createNodeKeyAgreement } from './key-agreement.ts';

const privateKeys = [new Uint8Array(32).fill(9), new Uint8Array(32).fill(10)];

function memoryPairs(pairs: StoredKeyPair[] = []): KeyPairStore {
  return { load: async () => [...pairs], add: async (pair) => void pairs.push(pair), close: () => {} };
}

testKeyAgreement('noble in memory', async () => createMemoryKeyAgreement(privateKeys));
testKeyAgreement('node:crypto', async () => createNodeKeyAgreement(privateKeys));
testKeyAgreement('WebCrypto, non-extractable', () => openWebKeyAgreement(memoryPairs()));

test('public keys of the documented key pairs (tessera.md G1)', () => {
  const pairs: [string, string][] = [
    ['/+UuD63zItL1EbjxkKUljMgG8Z1w0AJ8pNOR4iq2yQc=', 'yAWAJjwPqUtNVlqGjSrBmr1/iIkghuOh1803Yzx9jLM='],
    ['yGcjkFyZklTTXrn8+WIkYwicA2EGBn9wZFkctAad4X0=', 'fF5UOlKKIwuaNrZ8+KU4WO+pxOYu8tNMQncyxbsSC6U='],
    ['giizjhZQM6peq52O7icVFxdTmTYinQSUsvyhXzgZqkE=', 'ygQVE998+w/C+rU/4CVgyhSAJf63YLKufbkqihcpjVI='],
    ['jP4f+k/IbJvGyh0LklWoea2jQfmLwV53m9XoHVS4NSU=', 'rVtozM4nTmiwGAtOfYBNWO+CZgubzhIdPwGLZn3HrMU='],
    ['Tj8xg/HpsYmh7Te3UerzlLx1HgpWVOGq25ZgbwaPNVM=', 'q2UeGA4o9g4rpn4+VdCELQVsbqTTBS0HCpcL/dgal24='],
    ['BULeR8JyUWhiuuCMU/HLA0Q5pzkYT+cHII3ZKBey3Bo=', 'Wl+xSyXVuuqzpvznOS7dOobhcn4C5auxkFRi7yLtgtA='],
    ['KkOjNLmCI6r+mICrC6l+XuEDjFEzQllaMQMpWLl4y1s=', 'e6g4kx7/FhaSqCgrS7lErDzjpyFI7rXWL2OyV8HfZBw='],
    ['kNEG3Jx+IWeXoF3M3HI6vxsDfLlo1g9BJ2q2t+eIX1Y=', 'DK0HDgMWJKtZVaP31mPhk6TJNACfVzz7VZv2PsQZeKM='],
  ];
  for (const [publicKey, privateKey] of pairs) {
    expect(bytesToBase64(enclavePublicKey(base64ToBytes(privateKey)))).toBe(publicKey);
  }
});

test('WebCrypto keys survive in their store, come back in order, and cannot be exported', async () => {
  const kept: StoredKeyPair[] = [];
  const first = await openWebKeyAgreement(memoryPairs(kept));
  const second = await first.createKey();
  const again = await openWebKeyAgreement(memoryPairs(kept));
  expect(again.publicKeys()).toEqual(first.publicKeys());
  expect(again.publicKeys()[1]).toEqual(second);
  for (const { privateKey } of kept) {
    expect(privateKey.extractable).toBe(false);
    await expect(crypto.subtle.exportKey('pkcs8', privateKey)).rejects.toThrow();
    await expect(crypto.subtle.exportKey('jwk', privateKey)).rejects.toThrow();
  }
});
