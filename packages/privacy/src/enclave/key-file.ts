import { argon2d, argon2i, argon2id } from '@noble/hashes/argon2.js';
import { base64ToBytes, bytesToBase64 } from '@isoquorum/primitives/base64';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import type { Random } from '@isoquorum/platform/random';
import { openSecretBox, sealSecretBox } from './nacl.ts';

/** Cost of locking a key file (tessera.md 2.8). */
export interface Argon2Options {
  readonly variant: 'i' | 'd' | 'id';
  readonly iterations: number;
  /** KiB. */
  readonly memory: number;
  readonly parallelism: number;
}

/** Argon2 version 0x13 with a 32-byte result; a native one is much faster than the pure default. */
export type DeriveArgon2 = (password: Uint8Array, salt: Uint8Array, options: Argon2Options) => Promise<Uint8Array>;

export type KeyFileErrorCode =
  | 'KEY_FILE_INVALID' // fields.field says what; never contains key bytes
  | 'KEY_FILE_LOCKED' // a password is needed
  | 'KEY_FILE_PASSWORD_WRONG';

/** What new key files are locked with: a quarter of the memory of Tessera's default, still readable by Tessera. */
export const defaultArgon2: Argon2Options = { variant: 'id', iterations: 10, memory: 262_144, parallelism: 4 };

/** Dearer files are refused before anything is computed. */
const limits = { iterations: 1_000, memory: 4_194_303, parallelism: 255 };

function invalid(field: string, reason: string): IsoquorumError {
  return new IsoquorumError('KEY_FILE_INVALID', `key file: ${field}: ${reason}`, { field });
}

export const pureArgon2: DeriveArgon2 = async (password, salt, { variant, iterations, memory, parallelism }) => {
  const derive = { i: argon2i, d: argon2d, id: argon2id }[variant];
  return derive(password, salt, {
    t: iterations,
    m: memory,
    p: parallelism,
    dkLen: 32,
    version: 0x13,
    maxmem: 2 ** 32 - 1,
  });
};

function objectMember(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(field, 'expected an object');
  return value as Record<string, unknown>;
}

function bytesMember(object: Readonly<Record<string, unknown>>, field: string, length?: number): Uint8Array {
  const value = object[field];
  if (typeof value !== 'string') throw invalid(field, 'expected base64');
  let bytes: Uint8Array;
  try {
    bytes = base64ToBytes(value.trim(), field);
  } catch {
    throw invalid(field, 'expected base64');
  }
  if (length !== undefined && bytes.length !== length) throw invalid(field, `expected ${length} bytes`);
  return bytes;
}

function readArgon2(value: unknown): Argon2Options {
  const object = objectMember(value, 'aopts');
  const variant = object['variant'] ?? 'id';
  if (variant !== 'i' && variant !== 'd' && variant !== 'id') {
    throw new IsoquorumError(
      'KEY_FILE_INVALID',
      `Invalid Argon2 algorithm ${typeof variant === 'string' ? variant.slice(0, 40) : typeof variant}`,
      {
        field: 'aopts.variant',
      },
    );
  }
  const number = (field: keyof typeof limits): number => {
    const found = object[field];
    if (typeof found !== 'number' || !Number.isInteger(found) || found < 1 || found > limits[field]) {
      throw invalid(`aopts.${field}`, `expected 1 to ${limits[field]}`);
    }
    return found;
  };
  return { variant, iterations: number('iterations'), memory: number('memory'), parallelism: number('parallelism') };
}

/**
 * The private key in a Tessera key file.
 * @throws KEY_FILE_INVALID, KEY_FILE_LOCKED, KEY_FILE_PASSWORD_WRONG (Tessera's text)
 */
export async function openKeyFile(
  text: string,
  password: string | undefined,
  derive: DeriveArgon2 = pureArgon2,
): Promise<Uint8Array> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalid('file', 'invalid JSON');
  }
  const file = objectMember(parsed, 'file');
  const data = objectMember(file['data'], 'data');
  if (file['type'] === 'unlocked') return bytesMember(data, 'bytes', 32);
  if (file['type'] !== 'argon2sbox') throw invalid('type', 'expected unlocked or argon2sbox');
  const options = readArgon2(data['aopts']);
  const nonce = bytesMember(data, 'snonce', 24);
  const salt = bytesMember(data, 'asalt');
  const box = bytesMember(data, 'sbox', 48);
  if (salt.length < 8 || salt.length > 1_024) throw invalid('asalt', 'expected 8 to 1024 bytes');
  if (password === undefined) {
    throw new IsoquorumError('KEY_FILE_LOCKED', 'A locked key was provided without a password.', { field: 'password' });
  }
  try {
    return openSecretBox(box, nonce, await derive(utf8ToBytes(password), salt, options));
  } catch (cause) {
    if (!(cause instanceof IsoquorumError)) throw cause;
    const message =
      'Could not decrypt the private key with the provided password, please double check the passwords provided';
    throw new IsoquorumError('KEY_FILE_PASSWORD_WRONG', message, { field: 'password' });
  }
}

/** A value as Tessera writes it: three spaces, a space before each colon. */
function writeJson(value: unknown, indent = ''): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}   `;
  const members = Object.entries(value).map(
    ([name, member]) => `${inner}${JSON.stringify(name)} : ${writeJson(member, inner)}`,
  );
  return `{\n${members.join(',\n')}\n${indent}}`;
}

/** The text of an unlocked key file. */
export function formatUnlockedKey(privateKey: Uint8Array): string {
  return writeJson({ type: 'unlocked', data: { bytes: bytesToBase64(privateKey) } });
}

/** The text of a key file that opens with a password. */
export async function formatLockedKey(
  privateKey: Uint8Array,
  password: string,
  random: Random,
  options: Argon2Options = defaultArgon2,
  derive: DeriveArgon2 = pureArgon2,
): Promise<string> {
  const [snonce, asalt] = [random.bytes(24), random.bytes(16)];
  const sbox = sealSecretBox(privateKey, snonce, await derive(utf8ToBytes(password), asalt, options));
  const { variant, iterations, memory, parallelism } = options;
  return writeJson({
    type: 'argon2sbox',
    data: {
      snonce: bytesToBase64(snonce),
      asalt: bytesToBase64(asalt),
      sbox: bytesToBase64(sbox),
      aopts: { variant, iterations, memory, parallelism },
    },
  });
}
