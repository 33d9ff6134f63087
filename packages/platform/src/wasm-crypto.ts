import type { Secp256k1 } from '@bitauth/libauth';
import type { Keccak256 } from '@isoquorum/primitives/keccak';
import type { Secp256k1Backend } from '@isoquorum/primitives/secp256k1';

/** What was installed; printed at start. */
export interface CryptoBackends {
  readonly secp256k1: string;
  readonly keccak256: string;
}

/** One line for the log. */
export function describeCrypto(backends: CryptoBackends): string {
  return `secp256k1 ${backends.secp256k1}, keccak256 ${backends.keccak256}`;
}

/** libauth answers invalid input with an error *text*, and copies results out of its memory. */
function orUndefined(result: Uint8Array | string): Uint8Array | undefined {
  return typeof result === 'string' ? undefined : result;
}

function createLibauthBackend(wasm: Secp256k1): Secp256k1Backend {
  return {
    name: 'libauth-wasm',
    recover(digest, signature, recoveryId) {
      if (recoveryId !== 0 && recoveryId !== 1 && recoveryId !== 2 && recoveryId !== 3) return undefined;
      return orUndefined(wasm.recoverPublicKeyUncompressed(signature, recoveryId, digest));
    },
    sign(digest, privateKey) {
      const signed = wasm.signMessageHashRecoverableCompact(privateKey, digest);
      if (typeof signed === 'string') return undefined;
      const bytes = new Uint8Array(65);
      bytes.set(signed.signature);
      bytes[64] = signed.recoveryId;
      return bytes;
    },
    publicKey: (privateKey) => orUndefined(wasm.derivePublicKeyUncompressed(privateKey)),
  };
}

/** The WASM build of libsecp256k1 in `@bitauth/libauth`; `undefined` where it cannot run. */
export async function loadLibauth(): Promise<Secp256k1Backend | undefined> {
  try {
    const { instantiateSecp256k1 } = await import('@bitauth/libauth');
    return createLibauthBackend(await instantiateSecp256k1());
  } catch {
    return undefined;
  }
}

/** Keccak-256 by one reused instance of `hash-wasm`; `undefined` where it cannot run. */
export async function loadHashWasmKeccak(): Promise<Keccak256 | undefined> {
  try {
    const { createKeccak } = await import('hash-wasm');
    const hasher = await createKeccak(256);
    return (bytes) => hasher.init().update(bytes).digest('binary');
  } catch {
    return undefined;
  }
}
