import { installKeccak256 } from '@isoquorum/primitives/keccak';
import { installSecp256k1, nobleSecp256k1 } from '@isoquorum/primitives/secp256k1';
import { type CryptoBackends, loadHashWasmKeccak, loadLibauth } from '../wasm-crypto.ts';

export { type CryptoBackends, describeCrypto } from '../wasm-crypto.ts';

/** As on Node, without native code: WASM where it may run, else `@noble`. Call once per page or worker. */
export async function installFastestCrypto(): Promise<CryptoBackends> {
  const secp256k1 = (await loadLibauth()) ?? nobleSecp256k1;
  installSecp256k1(secp256k1);
  const keccak = await loadHashWasmKeccak();
  if (keccak !== undefined) installKeccak256(keccak);
  return { secp256k1: secp256k1.name, keccak256: keccak === undefined ? 'noble' : 'hash-wasm' };
}
