import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import { enclavePublicKey } from '@isoquorum/platform/memory/key-agreement';
import { pureArgon2 } from '@isoquorum/privacy/enclave/key-file';
import { generateKeyFiles, readKeyFile } from './key-files.ts';
import { nodeArgon2 } from './native-argon2.ts';

describe('key files on disk', () => {
  let folder: string;
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'isoquorum-keys-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test.each([undefined, 'a password'])('password %s: made, read back, private to the owner', async (password) => {
    const path = join(folder, 'tm');
    const argon2 = { variant: 'id', iterations: 1, memory: 256, parallelism: 1 } as const;
    const publicKey = await generateKeyFiles({ path, argon2, ...(password === undefined ? {} : { password }) });
    expect(await readFile(`${path}.pub`, 'utf8')).toBe(bytesToBase64(publicKey));
    expect((await stat(`${path}.key`)).mode & 0o777).toBe(0o600);
    expect(enclavePublicKey(await readKeyFile(`${path}.key`, password))).toEqual(publicKey);
    await expect(generateKeyFiles({ path })).rejects.toMatchObject({ code: 'KEY_FILE_EXISTS' });
    await writeFile(`${path}.pub`, bytesToBase64(new Uint8Array(32)));
    await expect(readKeyFile(`${path}.key`, password)).rejects.toMatchObject({ code: 'KEY_PAIR_MISMATCH' });
  });

  test('a missing file', async () => {
    await expect(readKeyFile(join(folder, 'none.key'))).rejects.toMatchObject({ code: 'KEY_FILE_UNREADABLE' });
  });

  test('native and pure Argon2 agree', async () => {
    const password = new Uint8Array([1, 2, 3]);
    const salt = new Uint8Array(16).fill(9);
    for (const variant of ['i', 'd', 'id'] as const) {
      const options = { variant, iterations: 2, memory: 64, parallelism: 2 };
      expect(await nodeArgon2(password, salt, options)).toEqual(await pureArgon2(password, salt, options));
    }
  });
});
