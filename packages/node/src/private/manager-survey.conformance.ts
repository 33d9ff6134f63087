import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createMemoryLogger } from '@isoquorum/platform/memory/logger';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { describe, expect, it, vi } from 'vitest';
import { readRecordedJson } from '../testing/recorded-manager.ts';
import { openRecordedNode } from '../testing/recorded-node.ts';

const shared = process.env['ISOQUORUM_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared');
const chains = join(shared, 'vectors/chains');
const isPresent = existsSync(chains);

interface RecordedRoot {
  readonly privateStateRoot: string | Readonly<Record<string, string>>;
}

/** Of each chain the first node that has payloads. */
function cases(): { readonly chain: string; readonly node: number }[] {
  if (!isPresent) return [];
  return readdirSync(chains).flatMap((chain) => {
    const folder = join(chains, chain, 'nodes');
    const nodes = existsSync(folder) ? readdirSync(folder) : [];
    const party = nodes.find((node) => {
      const path = join(folder, node, 'payloads.json');
      const isKnown = existsSync(join(folder, node, 'private-roots.json'));
      return isKnown && existsSync(path) && readFileSync(path, 'utf8').trim().length > 2;
    });
    return party === undefined ? [] : [{ chain, node: Number(party) }];
  });
}

describe.skipIf(!isPresent)('a node with a manager over a chain that was imported without (needs ../shared)', () => {
  it.each(cases())('ends at the recorded roots: $chain, node $node', async ({ chain: name, node }) => {
    const chainFolder = join(chains, name);
    const logger = createMemoryLogger();
    const opened = await openRecordedNode({ chainFolder, node, isStrangerAtFirst: true, logger });
    const { chain } = opened.running.context;
    const recorded = readRecordedJson(join(chainFolder, 'nodes', String(node), 'private-roots.json'));
    const expected = (recorded as readonly RecordedRoot[]).slice(0, chain.headNumber() + 1);
    const rootsNow = (): RecordedRoot['privateStateRoot'][] =>
      expected.map(({ privateStateRoot }, number) => {
        const root = (psi: string): string => bytesToHex(chain.privateStateRoot(chain.hashByNumber(number)!, psi));
        if (typeof privateStateRoot === 'string') return root('private');
        return Object.fromEntries(Object.keys(privateStateRoot).map((psi) => [psi, root(psi)]));
      });
    await vi.waitFor(() => expect(rootsNow()).toEqual(expected.map((one) => one.privateStateRoot)), 60_000);
    const told = logger.lines.map((line) => line.message);
    expect(told).toContain('Asks the manager for payloads that blocks were executed without');
    await opened.close();
  });
});
