import { describe, expect, test } from 'vitest';
import { bareHexToBytes, bytesToBareHex } from './hex.ts';
import { bigintToRlp, decodeRlp, decodeRlpList, encodeRlp, encodeRlpListOf, emptyRlpList, numberToRlp } from './rlp.ts';
import { RlpReader } from './rlp-reader.ts';

const hex = bareHexToBytes;

describe('refuses what is not canonical', () => {
  test.each([
    ['', 'RLP_TOO_SHORT', 'nothing'],
    ['8100', 'RLP_NOT_CANONICAL', 'a single byte with a header'],
    ['817f', 'RLP_NOT_CANONICAL', 'a single byte with a header'],
    ['b800', 'RLP_NOT_CANONICAL', 'the long form of a short length'],
    ['b837', 'RLP_NOT_CANONICAL', 'the long form of 55'],
    ['b90038', 'RLP_NOT_CANONICAL', 'a length with a leading zero'],
    ['f90038', 'RLP_NOT_CANONICAL', 'a list length with a leading zero'],
    ['f8', 'RLP_TOO_SHORT', 'a header without its length'],
    ['83aabb', 'RLP_TOO_SHORT', 'a cut string'],
    ['c3aabb', 'RLP_TOO_SHORT', 'a cut list'],
    ['c283aabb', 'RLP_TOO_SHORT', 'an item that leaves its list'],
    ['bfffffffffffffffff', 'RLP_TOO_SHORT', 'a length of 2^64 - 1'],
    ['ff7fffffffffffffff', 'RLP_TOO_SHORT', 'a list length of 2^63 - 1'],
    ['8000', 'RLP_TRAILING_BYTES', 'two items'],
    ['c0c0', 'RLP_TRAILING_BYTES', 'two lists'],
  ])('%s: %s (%s)', (bytes, code) => {
    expect(() => decodeRlp(hex(bytes))).toThrow(expect.objectContaining({ code }));
  });

  test('lists nested too deep, and too many items', () => {
    const nested = (depth: number): Uint8Array => {
      let bytes: Uint8Array = emptyRlpList;
      for (let level = 1; level < depth; level++) bytes = encodeRlpListOf([bytes]);
      return bytes;
    };
    expect(decodeRlp(nested(32))).toBeDefined();
    expect(() => decodeRlp(nested(33))).toThrow(expect.objectContaining({ code: 'RLP_TOO_DEEP' }));
    expect(() => decodeRlp(nested(4_000))).toThrow(expect.objectContaining({ code: 'RLP_TOO_DEEP' }));
    const wide = encodeRlp(Array.from({ length: 100 }, () => new Uint8Array(0)));
    expect(decodeRlp(wide, { maxItems: 101 })).toHaveLength(100);
    expect(() => decodeRlp(wide, { maxItems: 100 })).toThrow(expect.objectContaining({ code: 'RLP_TOO_MANY_ITEMS' }));
  });

  test('a string where a list is expected', () => {
    expect(() => decodeRlpList(hex('80'))).toThrow(expect.objectContaining({ code: 'RLP_EXPECTED_LIST' }));
  });
});

test('byte strings are views of the input', () => {
  const bytes = hex('c483aabbcc');
  const [item] = decodeRlpList(bytes) as [Uint8Array];
  expect(item.buffer).toBe(bytes.buffer);
  expect(bytesToBareHex(item)).toBe('aabbcc');
});

test('lengths around the borders of the forms', () => {
  for (const length of [0, 1, 55, 56, 255, 256, 65_535, 65_536]) {
    const bytes = new Uint8Array(length).fill(0x81);
    const encoded = encodeRlp([bytes, []]);
    expect(decodeRlp(encoded)).toEqual([bytes, []]);
  }
});

test('a string of 2^24 bytes', () => {
  const encoded = encodeRlp(new Uint8Array(0x1000000));
  expect([...encoded.subarray(0, 5)]).toEqual([0xbb, 1, 0, 0, 0]);
  expect((decodeRlp(encoded) as Uint8Array).length).toBe(0x1000000);
});

describe('reader', () => {
  test('integers are minimal and bounded, and errors name the field and the offset', () => {
    const reader = new RlpReader(encodeRlp([numberToRlp(5), bigintToRlp(1n << 64n), hex('0001'), hex('00')])).readList(
      'list',
    );
    expect(reader.readNumber('five')).toBe(5);
    expect(() => reader.readBigint('wide', 8)).toThrow(
      expect.objectContaining({ code: 'RLP_INTEGER_INVALID', fields: { field: 'wide', offset: 2 } }),
    );
    expect(() => reader.readNumber('wide')).toThrow(expect.objectContaining({ code: 'RLP_INTEGER_INVALID' }));
    expect(reader.readBigint('wide')).toBe(1n << 64n);
    expect(() => reader.readBigint('padded')).toThrow('padded: integer with a leading zero');
    reader.readBytes();
    expect(() => reader.readNumber('zero')).toThrow('integer with a leading zero');
    expect(reader.hasMore).toBe(true);
    expect(() => reader.end('list')).toThrow(expect.objectContaining({ code: 'RLP_TRAILING_BYTES' }));
  });

  test('2^53 - 1 is a number, 2^53 is not', () => {
    const read = (value: bigint): number => new RlpReader(encodeRlp(bigintToRlp(value))).readNumber('n');
    expect(read(0x1fffffffffffffn)).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => read(0x20000000000000n)).toThrow('more than 53 bits');
  });

  test('fixed lengths', () => {
    const reader = new RlpReader(encodeRlp([hex('aabb'), new Uint8Array(0), hex('aa')])).readList();
    expect(() => reader.readFixed(3, 'three')).toThrow('three: expected 3 bytes, got 2');
    expect(reader.readFixed(2, 'two')).toEqual(hex('aabb'));
    expect(reader.readOptionalFixed(20, 'to')).toBeUndefined();
    expect(() => reader.readOptionalFixed(20, 'to')).toThrow('to: expected 20 bytes, got 1');
    expect(bytesToBareHex(reader.readRaw())).toBe('81aa');
    expect(() => reader.readBytes('none')).toThrow(expect.objectContaining({ code: 'RLP_TOO_SHORT' }));
  });
});
