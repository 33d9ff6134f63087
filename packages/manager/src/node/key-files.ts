import { readFile, writeFile } from 'node:fs/promises';
import { base64ToBytes, bytesToBase64 } from '@isoquorum/primitives/base64';
import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { enclavePublicKey } from '@isoquorum/platform/memory/key-agreement';
import { createRandom } from '@isoquorum/platform/node/random';
import {
  type Argon2Options,
  defaultArgon2,
  formatLockedKey,
  formatUnlockedKey,
  openKeyFile,
} from '@isoquorum/privacy/enclave/key-file';
import { nodeArgon2 } from './native-argon2.ts';

export interface GenerateKeyOptions {
  /** Files are `<path>.key` and `<path>.pub`; neither may exist. */
  readonly path: string;
  /** Locks the private key; absent or empty: unlocked. */
  readonly password?: string;
  readonly argon2?: Argon2Options;
}

export type KeyFilesErrorCode = 'KEY_FILE_EXISTS' | 'KEY_FILE_UNREADABLE' | 'KEY_PAIR_MISMATCH'; // the .pub file belongs to another private key

async function writeNew(path: string, text: string, mode: number): Promise<void> {
  try {
    await writeFile(path, text, { mode, flag: 'wx' });
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    const message = exists ? `${path} exists and is not overwritten` : `cannot write ${path}`;
    throw new IsoquorumError(exists ? 'KEY_FILE_EXISTS' : 'KEY_FILE_UNREADABLE', message, { path }, 'STOP', { cause });
  }
}

async function readText(path: string): Promise<string> {
  try {
    const text = await readFile(path, 'utf8');
    if (text.length > 65_536) throw new Error('larger than 64 KiB');
    return text;
  } catch (cause) {
    throw new IsoquorumError('KEY_FILE_UNREADABLE', `cannot read ${path}`, { path }, 'STOP', { cause });
  }
}

/**
 * Makes a key pair as `tessera -keygen` writes it: `<path>.key` (mode 0600) and `<path>.pub`. Only the public key is returned; the private one is
 * in the file and nowhere else. @throws KEY_FILE_EXISTS, KEY_FILE_UNREADABLE
 */
export async function generateKeyFiles(options: GenerateKeyOptions): Promise<EnclaveKey> {
  const random = createRandom();
  const privateKey = random.bytes(32);
  const publicKey = enclavePublicKey(privateKey);
  const { password } = options;
  const isLocked = password !== undefined && password !== '';
  const text = isLocked
    ? await formatLockedKey(privateKey, password, random, options.argon2 ?? defaultArgon2, nodeArgon2)
    : formatUnlockedKey(privateKey);
  await writeNew(`${options.path}.key`, text, 0o600);
  await writeNew(`${options.path}.pub`, bytesToBase64(publicKey), 0o644);
  privateKey.fill(0);
  return publicKey;
}

/**
 * The private key of a `.key` file, checked against the `.pub` file beside it when there is one.
 * @throws KEY_FILE_UNREADABLE, KEY_FILE_INVALID, KEY_FILE_LOCKED, KEY_FILE_PASSWORD_WRONG, KEY_PAIR_MISMATCH
 */
export async function readKeyFile(path: string, password?: string): Promise<Uint8Array> {
  const privateKey = await openKeyFile(await readText(path), password, nodeArgon2);
  const publicText = await readFile(path.replace(/\.key$/, '.pub'), 'utf8').catch(() => undefined);
  if (publicText !== undefined && path.endsWith('.key')) {
    const fits = bytesEqual(base64ToBytes(publicText.trim(), 'pub'), enclavePublicKey(privateKey));
    if (!fits)
      throw new IsoquorumError(
        'KEY_PAIR_MISMATCH',
        `${path} does not belong to the public key beside it`,
        { path },
        'STOP',
      );
  }
  return privateKey;
}
