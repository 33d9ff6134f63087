import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');

/** Folder of the recorded data: `ISOQUORUM_SHARED`, else `../shared` from the repository's root. */
export const sharedRoot: string = process.env.ISOQUORUM_SHARED ?? resolve(repository, '../shared');

/** False: a test over recorded data must skip, naming this folder. */
export const hasSharedData: boolean = existsSync(join(sharedRoot, 'vectors'));

/** For `describe.skipIf(!hasSharedData)(skipReason('chains'), …)`: says in the test's name why it would skip. */
export function sharedTitle(title: string): string {
  return hasSharedData ? title : `${title} (skipped: no recorded data in ${sharedRoot}; set ISOQUORUM_SHARED)`;
}

export function sharedPath(...parts: readonly string[]): string {
  return join(sharedRoot, ...parts);
}

/** A recorded file, unpacked when its name ends in `.gz`. */
export function readShared(...parts: readonly string[]): Uint8Array {
  const bytes = readFileSync(sharedPath(...parts));
  return new Uint8Array(parts.at(-1)?.endsWith('.gz') === true ? gunzipSync(bytes) : bytes);
}

export function readSharedJson<T>(...parts: readonly string[]): T {
  return JSON.parse(new TextDecoder().decode(readShared(...parts))) as T;
}

/** Names of the recorded chains. */
export function sharedChains(): string[] {
  return hasSharedData ? readdirSync(sharedPath('vectors', 'chains')).sort() : [];
}

/** True when the recording has this file. */
export function hasShared(...parts: readonly string[]): boolean {
  return existsSync(sharedPath(...parts));
}
