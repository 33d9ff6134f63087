import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Folder of recorded data: ISOQUORUM_SHARED, else ../shared beside the repository. */
export const sharedFolder: string =
  process.env['ISOQUORUM_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared');

export function sharedPath(path: string): string {
  return resolve(sharedFolder, path);
}

/** True when the recorded data are there; tests that need them skip otherwise. */
export const hasSharedData: boolean = existsSync(sharedPath('vectors/chains'));

export function readBytes(path: string): Uint8Array {
  const bytes = readFileSync(sharedPath(path));
  return new Uint8Array(path.endsWith('.gz') ? gunzipSync(bytes) : bytes);
}

export function readJson(path: string): unknown {
  return JSON.parse(new TextDecoder().decode(readBytes(path)));
}

export function hasFile(path: string): boolean {
  return existsSync(sharedPath(path));
}

export function listFolder(path: string): string[] {
  return existsSync(sharedPath(path)) ? readdirSync(sharedPath(path)).sort() : [];
}
