import { IsoquorumError } from '@isoquorum/primitives/errors';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const values: ReadonlyMap<string, number> = new Map(Array.from(alphabet, (character, value) => [character, value]));

export type TesseraBase64ErrorCode = 'TESSERA_BASE64_INVALID';

function fail(message: string): IsoquorumError {
  return new IsoquorumError('TESSERA_BASE64_INVALID', message, {});
}

/**
 * Base64 as Tessera's runtime reads it: padding may be left out, unused bits are ignored; the texts of errors are those its clients see.
 * @throws TESSERA_BASE64_INVALID
 */
export function decodeTesseraBase64(text: string): Uint8Array {
  const end = text.indexOf('=');
  const data = end < 0 ? text : text.slice(0, end);
  const bytes = new Uint8Array(Math.floor((data.length * 3) / 4));
  let bits = 0;
  let pending = 0;
  let offset = 0;
  for (const character of data) {
    const value = values.get(character);
    if (value === undefined) throw fail(`Illegal base64 character ${(character.charCodeAt(0) & 0xff).toString(16)}`);
    pending = ((pending << 6) | value) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[offset++] = (pending >> bits) & 0xff;
    }
  }
  if (data.length % 4 === 1) throw fail('Last unit does not have enough valid bits');
  if (end >= 0 && (text.length % 4 !== 0 || !/^={1,2}$/.test(text.slice(end)))) {
    throw fail(`Input byte array has ${text.length % 4 === 0 ? 'incorrect ending' : 'wrong 4-byte ending unit'}`);
  }
  return bytes;
}
