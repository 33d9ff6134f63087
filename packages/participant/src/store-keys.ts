import { writeNumber } from '@isoquorum/primitives/integer';

/**
 * Keys of the page's store, all below the letter `L` so that they meet neither execution's (one letter and 32 bytes) nor the
 * manager's.
 *
 * | key | value |
 * | --- | --- |
 * | `LH` | checked head: rlp[version, header, verifier state] |
 * | `Lh` number | header of a checked block |
 * | `Lb` number | body of a block that holds private transactions |
 * | `LP` | private head: rlp[number] |
 * | `Lp` number | private root after the last block that changed it, up to this one |
 * | `Ld` digest | number of the executed block with a private transaction of this digest whose party this page was not |
 * | `Lt` number index | transaction that this page shows, as JSON |
 * | `Lc` address | contract that this page knows, as JSON |
 * | `Ls` name | settings, as JSON |
 */
export type KeyLetter = 'H' | 'h' | 'b' | 'd' | 'P' | 'p' | 't' | 'c' | 's';

const family = 0x4c;

/** A key of one letter, with an optional rest. */
export function letterKey(letter: KeyLetter, rest: Uint8Array = new Uint8Array(0)): Uint8Array {
  const key = new Uint8Array(2 + rest.length);
  key[0] = family;
  key[1] = letter.charCodeAt(0);
  key.set(rest, 2);
  return key;
}

/** A key ordered by block number, six bytes big-endian. */
export function heightKey(letter: KeyLetter, number: number, index?: number): Uint8Array {
  const rest = new Uint8Array(index === undefined ? 6 : 9);
  writeNumber(number, 6, rest, 0);
  if (index !== undefined) writeNumber(index, 3, rest, 6);
  return letterKey(letter, rest);
}

/** The number in a key of {@link heightKey}. */
export function keyHeight(key: Uint8Array): number {
  let number = 0;
  for (let index = 2; index < 8; index++) number = number * 256 + (key[index] as number);
  return number;
}
