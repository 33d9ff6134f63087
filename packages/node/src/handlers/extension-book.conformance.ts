import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { installFastestCrypto } from '@isoquorum/platform/node/crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { readRecordedJson } from '../testing/recorded-manager.ts';
import { openRecordedNode } from '../testing/recorded-node.ts';
import { createExtensionBook } from './extension-book.ts';

const shared = process.env['ISOQUORUM_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared');
const folder = resolve(shared, 'vectors/chains/qbft-extension');

interface Recorded {
  readonly node: number;
  readonly head: number;
  readonly request: { readonly method?: string };
  readonly response: { readonly result?: unknown };
}

beforeAll(async () => {
  await installFastestCrypto();
});

describe.skipIf(!existsSync(folder))('open extensions (needs ../shared)', () => {
  it.each([1, 2, 3, 4])(
    'are at every recorded moment those that node %i listed',
    { timeout: 120_000 },
    async (node) => {
      const workload = readRecordedJson(`${folder}/workload.json.gz`) as readonly Recorded[];
      const asked = workload.filter(
        (entry) => entry.node === node && entry.request.method === 'quorumExtension_activeExtensionContracts',
      );
      const recorded = await openRecordedNode({ chainFolder: folder, node });
      const { chain } = recorded.running.context;
      let head = 0;
      // The same chain as it stood then.
      const then = { ...chain, privateHead: (psi: string) => ({ ...chain.privateHead(psi), number: head }) };
      const book = createExtensionBook(then, chain.config.chainId);
      let open = 0;
      for (const { response, ...entry } of asked) {
        ({ head } = entry);
        const active = book.active('private');
        open += active.length;
        expect({ head, active }).toEqual({ head, active: response.result });
      }
      expect(asked.length).toBeGreaterThan(10);
      expect(open).toBeGreaterThan(0);
      await recorded.close();
    },
  );
});
