import { describe, expect, test } from 'vitest';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import { enclavePublicKey } from '@isoquorum/platform/memory/key-agreement';
import { formatUnlockedKey, openKeyFile } from '@isoquorum/privacy/enclave/key-file';
import { readVector, vectorsMissing } from '@isoquorum/privacy/testing/vectors';
import { nodeArgon2 } from './native-argon2.ts';

interface KeyFile {
  readonly name: string;
  readonly password?: string;
  readonly keyFileText: string;
  /** Absent where only the password was changed. */
  readonly pubFileText: string | null;
  readonly privateKey: string;
}

describe.skipIf(vectorsMissing !== undefined)(`key files written by Tessera 1.0.0 ${vectorsMissing ?? ''}`, () => {
  const files = vectorsMissing === undefined ? readVector<{ keyFiles: KeyFile[] }>('keys.json').keyFiles : [];
  /** Tessera's own default takes a gibibyte and many seconds: `npm run conformance -- tessera` opens those files too. */
  const isDear = (file: KeyFile): boolean => /"memory"\s*:\s*\d{7}/.test(file.keyFileText);
  test.each(files.filter((file) => !isDear(file)).map((file) => [file.name, file] as const))(
    '%s',
    async (_name, file) => {
      const key = await openKeyFile(file.keyFileText, file.password, nodeArgon2);
      expect(bytesToBase64(key)).toBe(file.privateKey);
      if (file.pubFileText !== null) expect(bytesToBase64(enclavePublicKey(key))).toBe(file.pubFileText);
      if (file.keyFileText.includes('unlocked')) expect(formatUnlockedKey(key)).toBe(file.keyFileText);
    },
  );
});
