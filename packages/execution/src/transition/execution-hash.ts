import { base64ToBytes } from '@isoquorum/primitives/base64';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { isIsoquorumError } from '@isoquorum/primitives/errors';

/**
 * The Merkle root of a payload with flag 3 from the text that managers keep (`execHash`), as GoQuorum reads it: base64, zeros before fewer than
 * 32 bytes, the last 32 of more. Undefined for no text and for one that is no base64.
 */
export function readExecutionHash(text: string): Hash32 | undefined {
  if (text === '') return undefined;
  try {
    const bytes = base64ToBytes(text);
    const hash = new Uint8Array(32);
    hash.set(bytes.subarray(-32), Math.max(0, 32 - bytes.length));
    return hash;
  } catch (error) {
    if (isIsoquorumError(error, 'BASE64_INVALID')) return undefined;
    throw error;
  }
}
