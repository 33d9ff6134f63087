import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Something that a suite reads is not laid out as interfaces.md says; the text names the path, and what is missing or wrong. */
export class LayoutError extends Error {}

/** Bytes of a file, unpacked when its name ends in `.gz`. @throws LayoutError when it is not gzip */
export function readBytes(path: string): Uint8Array {
  const bytes = readFileSync(path);
  if (!path.endsWith('.gz')) return new Uint8Array(bytes);
  try {
    return new Uint8Array(gunzipSync(bytes));
  } catch (cause) {
    throw new LayoutError(`${path} is not gzip`, { cause });
  }
}

/** JSON of a file, unpacked when its name ends in `.gz`. @throws LayoutError when it is not JSON */
export function readJson<T>(path: string): T {
  const text = new TextDecoder().decode(readBytes(path));
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new LayoutError(`${path} is not JSON`, { cause });
  }
}

/** JSON of a file; undefined when there is no such file, which is no case (interfaces.md 4). */
export function readOptionalJson<T>(path: string): T | undefined {
  return existsSync(path) ? readJson<T>(path) : undefined;
}

/** Names in a folder, sorted; none when the folder is absent. */
export function listFolder(path: string): string[] {
  return existsSync(path) ? readdirSync(path).sort() : [];
}

/** Paths of all `.json` files below a folder, sorted, relative to it and beginning with its own name. */
export function* jsonFiles(folder: string): Generator<{ readonly path: string; readonly name: string }> {
  function* walk(path: string, name: string): Generator<{ readonly path: string; readonly name: string }> {
    if (!statSync(path).isDirectory()) {
      if (name.endsWith('.json')) yield { path, name };
      return;
    }
    for (const entry of readdirSync(path).sort()) yield* walk(join(path, entry), `${name}/${entry}`);
  }
  yield* walk(folder, basename(folder));
}

/** A folder to read: the one that was given, or an archive unpacked beside nothing and removed again by `close`. */
export function openFolder(path: string): { readonly folder: string; readonly close: () => void } {
  if (statSync(path).isDirectory()) return { folder: path, close: () => undefined };
  const folder = mkdtempSync(join(tmpdir(), 'isoquorum-suite-'));
  const close = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    execFileSync('tar', ['xzf', path, '-C', folder], { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (cause) {
    close();
    throw new Error(`${path} is neither a folder nor a .tar.gz file`, { cause });
  }
  return { folder, close };
}
