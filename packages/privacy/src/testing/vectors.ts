import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Recorded data: `ISOQUORUM_SHARED`, else `../shared` beside the repository. */
const shared: string = process.env['ISOQUORUM_SHARED'] ?? new URL('../../../../../shared', import.meta.url).pathname;

/** The folder of Tessera's recordings. */
export const vectorsFolder: string = join(shared, 'vectors/tessera');

/** Why conformance tests of Tessera cannot run here, or `undefined`. */
export const vectorsMissing: string | undefined = existsSync(vectorsFolder)
  ? undefined
  : `no recorded data at ${vectorsFolder} (set ISOQUORUM_SHARED)`;

/** A file of `vectors/tessera`, gunzipped when its name says so. */
export function readVector<T>(name: string): T {
  const bytes = readFileSync(join(vectorsFolder, name));
  return JSON.parse((name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')) as T;
}
