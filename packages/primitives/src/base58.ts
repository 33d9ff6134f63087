import { IsoquorumError } from './errors.ts';
import { bigintToBytes, bytesToBigint } from './integer.ts';
import { concatBytes } from './hex.ts';

const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** Base58 with Bitcoin's alphabet. Quadratic: for short bytes such as keys. */
export function bytesToBase58(bytes: Uint8Array): string {
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0) zeros++;
  let text = '';
  for (let rest = bytesToBigint(bytes); rest > 0n; rest /= 58n) text = alphabet.charAt(Number(rest % 58n)) + text;
  return '1'.repeat(zeros) + text;
}

/** At most 256 characters. @throws BASE58_INVALID */
export function base58ToBytes(text: string, field = 'base58'): Uint8Array {
  let value = 0n;
  if (text.length > 256) throw new IsoquorumError('BASE58_INVALID', `${field}: too long`, { field });
  for (const character of text) {
    const digit = alphabet.indexOf(character);
    if (digit < 0) throw new IsoquorumError('BASE58_INVALID', `${field}: illegal character`, { field });
    value = value * 58n + BigInt(digit);
  }
  let zeros = 0;
  while (text[zeros] === '1') zeros++;
  return concatBytes(new Uint8Array(zeros), bigintToBytes(value));
}
