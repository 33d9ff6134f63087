import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeDirectory } from './make-directory.ts';

const folder = mkdtempSync(join(tmpdir(), 'isoquorum-make-directory-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('makes what is missing, with its mode, and takes what is there', () => {
  const deep = join(folder, 'a/b/c');
  makeDirectory(deep, 0o700);
  makeDirectory(deep);
  expect(statSync(deep).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'a')).isDirectory()).toBe(true);
});

it('refuses what cannot be a directory', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const dangling = join(folder, 'dangling');
  symlinkSync(join(folder, 'nowhere/at/all'), dangling);
  for (const path of [file, join(file, 'below'), dangling])
    expect(() => makeDirectory(path)).toThrow(expect.objectContaining({ code: 'DIRECTORY_UNUSABLE' }));
});

it.skipIf(!existsSync('/proc/self'))('refuses, and does not hang, where the system makes nothing (needs /proc)', () => {
  for (const path of ['/proc/x', '/proc/x/y'])
    expect(() => makeDirectory(path)).toThrow(expect.objectContaining({ code: 'DIRECTORY_UNUSABLE' }));
});
