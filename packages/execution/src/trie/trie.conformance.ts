import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import { describe, expect, it } from 'vitest';
import { hasFile, readBytes, sharedFolder } from '../testing/shared-data.ts';
import { readTar } from '../testing/tar.ts';
import { Trie } from './trie.ts';

const archive = 'suites/ethereum-format-tests.tar.gz';

interface TrieCase {
  readonly in: readonly (readonly [string, string | null])[] | Readonly<Record<string, string | null>>;
  readonly root: string;
}

function toBytes(text: string): Uint8Array {
  return text.startsWith('0x') ? hexToBytes(text) : utf8ToBytes(text);
}

function readCases(): { file: string; name: string; isSecure: boolean; isOrdered: boolean; test: TrieCase }[] {
  if (!hasFile(archive)) return [];
  const cases: ReturnType<typeof readCases> = [];
  for (const { path, content } of readTar(readBytes(archive))) {
    const file = path.split('/').at(-1) as string;
    if (!path.startsWith('TrieTests/') || file === 'trietestnextprev.json' || !file.endsWith('.json')) continue;
    const tests = JSON.parse(new TextDecoder().decode(content)) as Record<string, TrieCase>;
    const isSecure = /secure/i.test(file);
    for (const [name, test] of Object.entries(tests))
      cases.push({ file, name, isSecure, isOrdered: Array.isArray(test.in), test });
  }
  return cases;
}

function rootOf(entries: readonly (readonly [string, string | null])[], isSecure: boolean): string {
  const trie = new Trie();
  for (const [key, value] of entries) {
    const bytes = isSecure ? keccak256(toBytes(key)) : toBytes(key);
    if (value === null) trie.delete(bytes);
    else trie.put(bytes, toBytes(value));
  }
  return bytesToHex(trie.commit(() => {}));
}

const cases = readCases();

describe.skipIf(cases.length === 0)(`ethereum/tests TrieTests (skipped when ${sharedFolder} has no suites)`, () => {
  it('has all five files', () => {
    expect(new Set(cases.map(({ file }) => file)).size).toBe(5);
  });

  it.each(cases)('$file $name', ({ test, isSecure, isOrdered }) => {
    if (isOrdered) {
      expect(rootOf(test.in as readonly (readonly [string, string | null])[], isSecure)).toBe(test.root);
      return;
    }
    const entries = Object.entries(test.in as Record<string, string | null>);
    expect(rootOf(entries, isSecure)).toBe(test.root);
    expect(rootOf([...entries].reverse(), isSecure)).toBe(test.root);
  });
});
