import { createRequire } from 'node:module';
import { installKeccak256 } from '@isoquorum/primitives/keccak';
import { installSecp256k1, nobleSecp256k1, type Secp256k1Backend } from '@isoquorum/primitives/secp256k1';
import { type CryptoBackends, loadHashWasmKeccak, loadLibauth } from '../wasm-crypto.ts';

export { type CryptoBackends, describeCrypto } from '../wasm-crypto.ts';

interface NativeSecp256k1 {
  ecdsaRecover(signature: Uint8Array, recoveryId: number, digest: Uint8Array, compressed: boolean): Uint8Array;
  ecdsaSign(digest: Uint8Array, privateKey: Uint8Array): { signature: Uint8Array; recid: number };
  publicKeyCreate(privateKey: Uint8Array, compressed: boolean): Uint8Array;
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

/** The prebuilt add-on of npm's `secp256k1`, without that package's slow JavaScript fallback; `undefined` when absent. */
export function loadNativeSecp256k1(): Secp256k1Backend | undefined {
  const native = attempt(() => createRequire(import.meta.url)('secp256k1/bindings.js') as NativeSecp256k1);
  if (native === undefined) return undefined;
  return {
    name: 'native',
    recover: (digest, signature, recoveryId) =>
      attempt(() => native.ecdsaRecover(signature, recoveryId, digest, false)),
    sign(digest, privateKey) {
      const signed = attempt(() => native.ecdsaSign(digest, privateKey));
      if (signed === undefined) return undefined;
      const bytes = new Uint8Array(65);
      bytes.set(signed.signature);
      bytes[64] = signed.recid;
      return bytes;
    },
    publicKey: (privateKey) => attempt(() => native.publicKeyCreate(privateKey, false)),
  };
}

export type Secp256k1Choice = 'native' | 'libauth-wasm' | 'noble';

async function loadSecp256k1(choice: Secp256k1Choice | undefined): Promise<Secp256k1Backend> {
  const native = choice === undefined || choice === 'native' ? loadNativeSecp256k1() : undefined;
  const wasm = native === undefined && choice !== 'noble' ? await loadLibauth() : undefined;
  return native ?? wasm ?? nobleSecp256k1;
}

/**
 * Installs the fastest implementations that run here: secp256k1 native, else WASM, else `@noble/curves`; Keccak-256 in WASM,
 * else `@noble/hashes`. Results are equal. Call once, at the start of a process and of each worker.
 * @param choice only for comparisons; falls back in the same order
 */
export async function installFastestCrypto(choice?: Secp256k1Choice): Promise<CryptoBackends> {
  const secp256k1 = await loadSecp256k1(choice);
  installSecp256k1(secp256k1);
  const keccak = await loadHashWasmKeccak();
  if (keccak !== undefined) installKeccak256(keccak);
  return { secp256k1: secp256k1.name, keccak256: keccak === undefined ? 'noble' : 'hash-wasm' };
}
