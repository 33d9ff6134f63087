import { describe, expect, test } from 'vitest';
import { base64ToBytes, bytesToBase64 } from '@isoquorum/primitives/base64';
import { createSeededRandom } from '@isoquorum/platform/memory/random';
import { enclavePublicKey } from '@isoquorum/platform/memory/key-agreement';
import { formatLockedKey, formatUnlockedKey, openKeyFile } from './key-file.ts';

/** tessera.md G2.2: made by Constellation, 8 MiB. */
const cheap = JSON.stringify({
  type: 'argon2sbox',
  data: {
    aopts: { variant: 'i', memory: 8192, iterations: 2, parallelism: 2, version: '1.3' },
    snonce: 'LJ7QUiZ0kD/mPf/aHvCEQKDhlUucZM0s',
    asalt: 'I5bvdFhNpr8hlknzOHIO7Q3S5Ubs9ucUdVneghrebZQ=',
    sbox: 'iHJAfcpWWE5PsvwZRwr5gCtwMKu7xXZAAPCVRGfx06l/I5QgXs0V/czOqYsMxoEG',
  },
});

describe('key files', () => {
  test('an unlocked file, as Tessera writes it', async () => {
    const key = base64ToBytes('ELxXGzC9m23o2qpvjgvPaer4p8US+a4jPrKsqlL1+pQ=');
    const text =
      '{\n   "type" : "unlocked",\n   "data" : {\n      "bytes" : "ELxXGzC9m23o2qpvjgvPaer4p8US+a4jPrKsqlL1+pQ="\n   }\n}';
    expect(formatUnlockedKey(key)).toBe(text);
    expect(await openKeyFile(text, undefined)).toEqual(key);
  });

  test('a locked file of Constellation', async () => {
    const key = await openKeyFile(cheap, 'foo');
    expect(bytesToBase64(key)).toBe('nKSPWPSyEWw/Pjg4gGczvNjm39z/h1MG0KXPjcXOgjs=');
    expect(bytesToBase64(enclavePublicKey(key))).toBe('ENnJpgbMlNoXATPe0XCm+HtuZ547y6o7qbDLKG8zb00=');
  });

  test('wrong and missing passwords', async () => {
    await expect(openKeyFile(cheap, 'bar')).rejects.toMatchObject({
      code: 'KEY_FILE_PASSWORD_WRONG',
      message: expect.stringContaining('Could not decrypt the private key'),
    });
    await expect(openKeyFile(cheap, undefined)).rejects.toMatchObject({ code: 'KEY_FILE_LOCKED' });
  });

  test('a file that was locked here opens again', async () => {
    const key = new Uint8Array(32).fill(5);
    const options = { variant: 'id', iterations: 1, memory: 64, parallelism: 1 } as const;
    const text = await formatLockedKey(key, 'pass ü', createSeededRandom(1), options);
    expect(text).not.toContain(bytesToBase64(key));
    expect(await openKeyFile(text, 'pass ü')).toEqual(key);
  });

  test.each([
    ['', 'file'],
    ['[]', 'file'],
    ['{"type":"unlocked"}', 'data'],
    ['{"type":"unlocked","data":{"bytes":"AA=="}}', 'bytes'],
    ['{"type":"other","data":{}}', 'type'],
    [cheap.replace('8192', '99999999'), 'aopts.memory'],
    [cheap.replace('"i"', '"x"'), 'aopts.variant'],
    [cheap.replace('LJ7QUiZ0', 'LJ7Q'), 'snonce'],
  ])('%s: the error names %s', async (text, field) => {
    await expect(openKeyFile(text, 'foo')).rejects.toMatchObject({ code: 'KEY_FILE_INVALID', fields: { field } });
  });
});
