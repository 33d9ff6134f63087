import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sharedPath } from './shared-data.ts';

/** A file of a public test suite: path inside the archive, and its JSON. */
export interface SuiteFile {
  readonly path: string;
  readonly json: unknown;
}

function collect(root: string, path: string, files: SuiteFile[]): void {
  for (const name of readdirSync(join(root, path)).sort()) {
    const inner = path === '' ? name : `${path}/${name}`;
    if (statSync(join(root, inner)).isDirectory()) collect(root, inner, files);
    else if (name.endsWith('.json'))
      files.push({ path: inner, json: JSON.parse(readFileSync(join(root, inner), 'utf8')) });
  }
}

/** All JSON files below `folder` of a packed suite; the unpacked copy is deleted again. */
export function readSuite(archive: string, folder: string): SuiteFile[] {
  const root = mkdtempSync(join(tmpdir(), 'isoquorum-suite-'));
  try {
    execFileSync('tar', ['xzf', sharedPath('suites', archive), '-C', root]);
    const files: SuiteFile[] = [];
    collect(root, folder, files);
    return files;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
