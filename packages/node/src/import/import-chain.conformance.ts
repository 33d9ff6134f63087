import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import { createClock } from '@isoquorum/platform/node/clock';
import { installFastestCrypto } from '@isoquorum/platform/node/crypto';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { createInThreadRecovery } from '@isoquorum/platform/sender-recovery';
import { bytesEqual, concatBytes } from '@isoquorum/primitives/hex';
import { parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RulesProfile } from '../node-options.ts';
import { readManagerData } from '../node/read-manager-data.ts';
import { exportChain } from './export-chain.ts';
import { importChain } from './import-chain.ts';
import { createManagerData } from './manager-data.ts';

const shared = process.env['ISOQUORUM_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared');
const chains = join(shared, 'vectors/chains');
const isPresent = existsSync(chains);

/** At every node by the rules of the original, at the first also by ours: the rules do not see nodes. */
const profilesOf = (node: string): readonly RulesProfile[] =>
  /^[1-]$/.test(node) ? ['goquorum', 'strict'] : ['goquorum'];

interface RecordedRoot {
  readonly hash?: string;
  readonly blockHash?: string;
  readonly stateRoot?: string;
  readonly privateStateRoot?: string | Readonly<Record<string, string>>;
}

function json(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size);
}

beforeAll(async () => {
  await installFastestCrypto();
});

describe.skipIf(!isPresent)('recorded chains (needs ../shared)', () => {
  for (const name of isPresent ? readdirSync(chains) : []) {
    const folder = join(chains, name);
    const nodesFolder = join(folder, 'nodes');
    const nodes = existsSync(nodesFolder) ? readdirSync(nodesFolder) : ['-'];
    for (const [node, rules] of nodes.flatMap((one) => profilesOf(one).map((profile) => [one, profile] as const))) {
      it(`${name} imports at node ${node} by ${rules} rules with the recorded hashes and roots`, async () => {
        const recorded = new Uint8Array(gunzipSync(readFileSync(join(folder, 'chain.rlp.gz'))));
        const own = join(nodesFolder, node);
        const genesisPath = existsSync(join(own, 'genesis.json'))
          ? join(own, 'genesis.json')
          : join(folder, 'genesis.json');
        const { source: payloads, groups } = existsSync(own)
          ? readManagerData(own)
          : createManagerData({ payloads: {} });
        const written: Uint8Array[] = [];
        const report = await importChain({
          genesis: parseGenesis(json(genesisPath)),
          source: pieces(recorded, 10_007),
          payloads,
          groups,
          store: createMemoryStore(),
          rules,
          evm: createFastEvm(),
          recovery: createInThreadRecovery(),
          clock: createClock(),
          logger: silentLogger,
          onDone: (chain) => void written.push(...exportChain(chain)),
        });
        const rootsPath = join(own, 'private-roots.json');
        if (existsSync(rootsPath)) {
          const roots = json(rootsPath) as readonly RecordedRoot[];
          const found = report.blocks.map(({ number, hash, stateRoot, privateStateRoot }) => ({
            number,
            hash,
            stateRoot,
            privateStateRoot,
          }));
          const expected = report.blocks.map(({ number }) => ({
            number,
            hash: roots[number]?.hash ?? roots[number]?.blockHash,
            stateRoot: roots[number]?.stateRoot,
            privateStateRoot: roots[number]?.privateStateRoot,
          }));
          expect(found).toEqual(expected);
        }
        expect(bytesEqual(concatBytes(...written), recorded)).toBe(true);
      });
    }

    // Where nobody recorded a private state there is nothing to catch up with.
    const first = nodes.find((node) => existsSync(join(nodesFolder, node, 'private-roots.json')));
    if (first === undefined) continue;
    it(`${name} imported as a stranger catches up when payloads are given later`, async () => {
      const own = join(nodesFolder, first);
      const ownGenesis = join(own, 'genesis.json');
      const genesis = parseGenesis(json(existsSync(ownGenesis) ? ownGenesis : join(folder, 'genesis.json')));
      const recorded = new Uint8Array(gunzipSync(readFileSync(join(folder, 'chain.rlp.gz'))));
      const { source, groups } = readManagerData(own);
      const store = createMemoryStore();
      const importWith = (payloads: typeof source) =>
        importChain({
          genesis,
          source: pieces(recorded, 10_007),
          payloads,
          groups,
          store,
          rules: 'goquorum',
          evm: createFastEvm(),
          recovery: createInThreadRecovery(),
          clock: createClock(),
          logger: silentLogger,
        });
      await importWith(createManagerData({ payloads: {} }).source);
      const { blocks, alreadyThere } = await importWith(source);
      expect(alreadyThere).toBe(blocks.length);
      const roots = json(join(own, 'private-roots.json')) as readonly RecordedRoot[];
      expect(blocks.map((block) => block.privateStateRoot)).toEqual(
        blocks.map(({ number }) => roots[number]?.privateStateRoot),
      );
    });
  }
});
