import { beforeAll, describe, expect, test } from 'vitest';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { nobleSecp256k1, type Secp256k1Backend, secp256k1Order } from '@isoquorum/primitives/secp256k1';
import { installFastestCrypto as installInBrowser } from './browser/crypto.ts';
import { createSeededRandom } from './memory/random.ts';
import { describeCrypto, installFastestCrypto, loadNativeSecp256k1 } from './node/crypto.ts';
import { loadHashWasmKeccak, loadLibauth } from './wasm-crypto.ts';

const backends = [
  ['libauth', loadLibauth],
  ['native', async () => loadNativeSecp256k1()],
] as const;

describe.each(backends)('secp256k1 %s', (_name, load) => {
  let backend: Secp256k1Backend;
  beforeAll(async () => {
    const loaded = await load();
    if (loaded === undefined) throw new Error('this backend does not run here');
    backend = loaded;
  });

  test('signs, recovers and derives as noble does', () => {
    const random = createSeededRandom('backends');
    for (let round = 0; round < 8; round++) {
      const key = random.bytes(32);
      const digest = random.bytes(32);
      const signed = backend.sign(digest, key) as Uint8Array;
      expect(signed).toEqual(nobleSecp256k1.sign(digest, key));
      expect(backend.publicKey(key)).toEqual(nobleSecp256k1.publicKey(key));
      const signature = signed.subarray(0, 64);
      expect(backend.recover(digest, signature, signed[64] as number)).toEqual(backend.publicKey(key));
    }
  });

  test('agrees with noble on high s, on every recovery id, and on random bytes', () => {
    const random = createSeededRandom('invalid');
    for (let round = 0; round < 8; round++) {
      const digest = random.bytes(32);
      const signature = random.bytes(64);
      for (const recoveryId of [0, 1, 2, 3]) {
        const expected = nobleSecp256k1.recover(digest, signature, recoveryId);
        expect(backend.recover(digest, signature, recoveryId)).toEqual(expected);
      }
    }
  });

  test('agrees with noble on the edges of r, s and keys', () => {
    const digest = new Uint8Array(32).fill(5);
    const edges = [0n, 1n, secp256k1Order - 1n, secp256k1Order, (1n << 256n) - 1n];
    for (const r of edges)
      for (const s of edges) {
        const signature = new Uint8Array(64);
        signature.set(bigintToFixedBytes(r, 32));
        signature.set(bigintToFixedBytes(s, 32), 32);
        for (const recoveryId of [0, 3, 4])
          expect(backend.recover(digest, signature, recoveryId)).toEqual(
            nobleSecp256k1.recover(digest, signature, recoveryId),
          );
      }
    for (const key of edges.map((edge) => bigintToFixedBytes(edge, 32))) {
      expect(backend.publicKey(key)).toEqual(nobleSecp256k1.publicKey(key));
      expect(backend.sign(digest, key)).toEqual(nobleSecp256k1.sign(digest, key));
    }
  });
});

test('keccak in WASM equals noble at every length around the block size, and results are not shared', async () => {
  const keccak = await loadHashWasmKeccak();
  if (keccak === undefined) throw new Error('hash-wasm does not run here');
  const data = createSeededRandom('keccak').bytes(70_000);
  for (const length of [...Array.from({ length: 300 }, (_, index) => index), 16_383, 16_384, 16_385, 70_000])
    expect(keccak(data.subarray(0, length))).toEqual(keccak_256(data.subarray(0, length)));
  const first = keccak(data.subarray(1, 9));
  const copy = first.slice();
  keccak(data.subarray(2, 20));
  expect(first).toEqual(copy);
});

test('what is installed is described, and works', async () => {
  for (const choice of ['noble', 'libauth-wasm', 'native', undefined] as const) {
    const backendsUsed = await installFastestCrypto(choice);
    expect(describeCrypto(backendsUsed)).toMatch(
      /^secp256k1 (native|libauth-wasm|noble), keccak256 (hash-wasm|noble)$/,
    );
    if (choice === 'noble' || choice === 'libauth-wasm') expect(backendsUsed.secp256k1).toBe(choice);
    expect(keccak256(Uint8Array.of(1, 2, 3))).toEqual(keccak_256(Uint8Array.of(1, 2, 3)));
  }
  expect((await installInBrowser()).secp256k1).toBe('libauth-wasm');
});
