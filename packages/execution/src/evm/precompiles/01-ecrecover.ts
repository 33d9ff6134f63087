import { bytesToBigint } from '@isoquorum/primitives/integer';
import { recoverAddress } from '@isoquorum/primitives/secp256k1';

const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** ECRECOVER: hash ‖ v ‖ r ‖ s → address in 32 bytes, or nothing for a signature that recovers to none. */
export function runEcrecover(input: Uint8Array): Uint8Array {
  const padded = new Uint8Array(128);
  padded.set(input.subarray(0, 128));
  const v = bytesToBigint(padded.subarray(32, 64));
  const r = bytesToBigint(padded.subarray(64, 96));
  const s = bytesToBigint(padded.subarray(96, 128));
  const nothing = new Uint8Array(0);
  if ((v !== 27n && v !== 28n) || r === 0n || s === 0n || r >= CURVE_ORDER || s >= CURVE_ORDER) return nothing;
  try {
    const output = new Uint8Array(32);
    output.set(recoverAddress(padded.subarray(0, 32), r, s, Number(v - 27n)), 12);
    return output;
  } catch {
    return nothing;
  }
}
