import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = new URL('..', import.meta.url).pathname;
const PATH = /^(?:packages|apps|e2e|docs|tools)\/[\w./-]+$/;

interface Line {
  readonly number: number;
  readonly text: string;
}

/** A document's claims: every path in code quotes, and the titles in “…” that follow one name tests in that file. */
function findFaults(document: string, read: (path: string) => string | undefined): string[] {
  const faults: string[] = [];
  let file: { readonly path: string; readonly text: string | undefined } | undefined;
  let liars = false;
  for (const { number, text } of document.split('\n').map((line, index): Line => ({ number: index + 1, text: line }))) {
    if (text.startsWith('## ')) liars = text.includes('liar');
    // A claim may go on in the next line of a paragraph, never in the next row of a table.
    if (text.startsWith('|') || text === '') file = undefined;
    for (const [, quoted, title] of text.matchAll(/`([^`]+)`|“([^”]+)”/g)) {
      if (quoted !== undefined && PATH.test(quoted)) {
        file = { path: quoted, text: read(quoted) };
        if (file.text === undefined) faults.push(`${number}: ${quoted} does not exist`);
      } else if (title !== undefined) {
        if (file === undefined) faults.push(`${number}: “${title}” follows no file`);
        else if (file.text?.includes(title) === false) faults.push(`${number}: ${file.path} has no “${title}”`);
      }
    }
    const cells = text.split('|').slice(1, -1);
    const shown = cells.at(-1)?.trim() ?? '';
    if (!liars || cells.length !== 3 || /^(shown by|---)$/.test(shown)) continue;
    if (!/`|\*\*open\*\*|^by (design|nature)/.test(shown))
      faults.push(`${number}: neither a test nor **open**: ${shown}`);
  }
  return faults;
}

function readFile(path: string): string | undefined {
  const absolute = join(root, path);
  return existsSync(absolute) ? readFileSync(absolute, 'utf8') : undefined;
}

describe('docs/threat-model.md', () => {
  const document = readFile('docs/threat-model.md') ?? '';

  test('names files and test titles that exist, on every line about a liar', () => {
    expect(findFaults(document, readFile)).toEqual([]);
    expect(document.match(/^\| .*`e2e\//gm)?.length).toBeGreaterThan(5);
  });

  test('a missing file, a missing title and a line without proof are found', () => {
    const row = (shown: string): string => `## What a liar can do\n| lie | effect | ${shown} |`;
    const read = (path: string): string | undefined => (path === 'e2e/a.spec.ts' ? "test('it holds')" : undefined);
    expect(findFaults(row('`e2e/a.spec.ts` “it holds”'), read)).toEqual([]);
    expect(findFaults(row('**open**'), read)).toEqual([]);
    expect(findFaults(row('`e2e/b.spec.ts`'), read)).toEqual(['2: e2e/b.spec.ts does not exist']);
    expect(findFaults(row('`e2e/a.spec.ts` “it breaks”'), read)).toEqual(['2: e2e/a.spec.ts has no “it breaks”']);
    expect(findFaults(row('“it holds” `e2e/a.spec.ts`'), read)).toHaveLength(1);
    expect(findFaults(row('certainly'), read)).toHaveLength(1);
  });
});
