import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CaseResult } from './case-result.ts';
import { chainFolders, readAbout } from './chain-layout.ts';
import { chainSuite } from './chain.ts';
import { LayoutError } from './files.ts';

describe('the layout of recorded chains', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'isoquorum-layout-'));
  });

  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function write(chain: string, files: Readonly<Record<string, string | Uint8Array>>): string {
    const folder = join(root, chain);
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(folder, name, '..'), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    return folder;
  }

  const about = JSON.stringify({ nodeDetails: [{ node: 1, nodeKey: `0x${'11'.repeat(32)}` }] });
  const whole = { 'about.json': about, 'genesis.json': '{}', 'chain.rlp.gz': gzipSync('') };

  it('takes one chain, or a folder that holds some beside other things', () => {
    const chain = write('one', whole);
    write('notes', { 'README.md': '' });
    expect(chainFolders(chain)).toEqual([chain]);
    expect(chainFolders(root)).toEqual([chain]);
    expect(readAbout(chain).nodeDetails).toHaveLength(1);
  });

  it('says of another folder what a chain has', () => {
    write('notes', { 'README.md': '' });
    expect(() => chainFolders(root)).toThrow(
      /is no recorded chain and holds none: a chain is a folder with about\.json/,
    );
    expect(() => chainFolders(join(root, 'notes', 'README.md'))).toThrow(/is not a folder/);
    expect(() => chainFolders(root)).toThrow(LayoutError);
  });

  it('names the file that is missing', () => {
    const chain = write('one', { 'about.json': about });
    expect(() => readAbout(chain)).toThrow(/one lacks genesis\.json, chain\.rlp\.gz$/);
  });

  it.each([
    ['nothing', 'null', /names no nodes/],
    ['no nodes', '{"nodeDetails":[]}', /names no nodes/],
    ['a node without a key', '{"nodeDetails":[{"node":1}]}', /nodeDetails\[0\] needs "node", a number, and "nodeKey"/],
    ['no JSON', '{', /about\.json is not JSON/],
  ])('refuses an about.json with %s', (_what, text, message) => {
    expect(() => readAbout(write('one', { ...whole, 'about.json': text }))).toThrow(message);
  });

  it('refuses recordings of a node that about.json does not name', () => {
    const chain = write('one', { ...whole, 'nodes/2/rpc.json.gz': gzipSync('{}') });
    expect(() => readAbout(chain)).toThrow(/nodes\/2 belongs to no node that about\.json names \(1\)/);
  });

  async function run(path: string): Promise<readonly CaseResult[]> {
    const results: CaseResult[] = [];
    for await (const result of chainSuite(path, {})) results.push(result);
    return results;
  }

  it('fails for a chain that cannot be read, and goes on with the next one', async () => {
    write('one', { 'chain.rlp.gz': gzipSync('') });
    write('two', { ...whole, 'chain.rlp.gz': 'not packed' });
    expect(await run(root)).toEqual([
      { name: 'one layout', status: 'failed', reason: expect.stringMatching(/one lacks about\.json, genesis\.json$/) },
      { name: 'two node 1 import', status: 'failed', reason: expect.any(String) },
    ]);
  });
});
