import { IsoquorumError } from './errors.ts';

/** Text as UTF-8; lone surrogates become U+FFFD. */
export function utf8ToBytes(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text.toWellFormed()) {
    const point = character.codePointAt(0) as number;
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 63));
    else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
    else bytes.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
  }
  return Uint8Array.from(bytes);
}

/** Strict UTF-8: overlong forms, surrogates, points beyond U+10FFFF and cut sequences are refused. @throws UTF8_INVALID */
export function bytesToUtf8(bytes: Uint8Array, field = 'text'): string {
  let text = '';
  let index = 0;
  while (index < bytes.length) {
    const first = bytes[index] as number;
    const length = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    let point = length === 1 ? first : first & (0x7f >> length);
    let valid = first < 0x80 || (first >= 0xc2 && first < 0xf5);
    for (let next = 1; next < length; next++) {
      const byte = bytes[index + next];
      valid &&= byte !== undefined && (byte & 0xc0) === 0x80;
      point = (point << 6) | ((byte ?? 0) & 63);
    }
    if (length === 3) valid &&= point >= 0x800 && (point < 0xd800 || point > 0xdfff);
    if (length === 4) valid &&= point >= 0x10000 && point <= 0x10ffff;
    if (!valid) throw new IsoquorumError('UTF8_INVALID', `${field}: invalid UTF-8`, { field, offset: index });
    text += String.fromCodePoint(point);
    index += length;
  }
  return text;
}
