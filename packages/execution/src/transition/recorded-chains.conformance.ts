import { bytesToHex } from '@isoquorum/primitives/hex';
import { describe, expect, it } from 'vitest';
import type { Evm } from '../evm/port.ts';
import { engines } from '../testing/engines.ts';
import { PrivateReplay, RecordedManagerData } from '../testing/private-replay.ts';
import { type RecordedChain, readRecordedChain } from '../testing/recorded-chain.ts';
import { type ComparableReceipt, readRecordedReceipts, toComparable } from '../testing/recorded-receipts.ts';
import { createReplay, type Replay } from '../testing/replay.ts';
import { hasFile, hasSharedData, listFolder, readJson, sharedFolder } from '../testing/shared-data.ts';
import { mergeReceipts } from './merge-receipts.ts';

const chains = listFolder('vectors/chains');

/** Chains made for load are followed for this many transactions, unless everything is asked for. */
const maxTransactions = process.env['CONFORMANCE_LONG'] === undefined ? 700 : Number.POSITIVE_INFINITY;

function lastBlockOf(blocks: RecordedChain['blocks']): number {
  let transactions = 0;
  for (let number = 1; number < blocks.length; number++) {
    transactions += blocks[number]?.transactions.length ?? 0;
    if (transactions > maxTransactions) return number;
  }
  return blocks.length - 1;
}

interface RecordedRoots {
  readonly privateStateRoot: string | Readonly<Record<string, string>>;
  readonly defaultStateRoot: string;
}

interface Follower {
  readonly node: number;
  readonly psi: string;
  readonly replay: PrivateReplay;
  readonly root: (number: number) => string | undefined;
  readonly receipts: ReadonlyMap<number, readonly ComparableReceipt[]>;
}

/** The private states of a recorded node, the one of nobody among them where there are several. */
function followersOf(chain: RecordedChain, replay: Replay, evm: Evm, node: number): Follower[] {
  const roots = readJson(`${chain.folder}/nodes/${node}/private-roots.json`) as readonly RecordedRoots[];
  const data = new RecordedManagerData(chain.folder, node);
  const last = roots.at(-1)?.privateStateRoot;
  const isShared = typeof last === 'object';
  const names = isShared ? [...Object.keys(last), 'empty'] : ['private'];
  return names.map((psi) => ({
    node,
    psi,
    replay: new PrivateReplay(chain, replay, evm, data, psi),
    root: (number) => {
      const recorded = roots[number];
      if (psi === 'empty') return recorded?.defaultStateRoot;
      const root = recorded?.privateStateRoot;
      return typeof root === 'object' ? root[psi] : root;
    },
    receipts: readRecordedReceipts(chain.folder, node, isShared ? psi : undefined),
  }));
}

/** The recorded genesis of one node of a chain, where it was given another one (without several private states). */
function genesisGroups(name: string): (readonly number[])[] {
  const folder = `vectors/chains/${name}`;
  const { nodeDetails } = readJson(`${folder}/about.json`) as { nodeDetails: readonly { node: number }[] };
  const nodes = nodeDetails
    .map(({ node }) => node)
    .filter((node) => hasFile(`${folder}/nodes/${node}/private-roots.json`));
  const isOwn = (node: number): boolean => hasFile(`${folder}/nodes/${node}/genesis.json`);
  return [nodes.filter((node) => !isOwn(node)), ...nodes.filter(isOwn).map((node) => [node])];
}

const cases = chains.flatMap((name) =>
  genesisGroups(name).flatMap((nodes) => (nodes.length === 0 ? [] : [{ name, nodes }])),
);

describe.skipIf(!hasSharedData)(`recorded chains (skipped when ${sharedFolder} has no vectors)`, () => {
  for (const engine of engines) {
    describe(`engine ${engine.name}`, () => {
      it.each(chains)('%s: genesis and every public root', { timeout: 120_000 }, async (name) => {
        const chain = readRecordedChain(`vectors/chains/${name}`);
        const replay = createReplay(chain, engine.create());
        expect(bytesToHex(replay.genesisHash)).toBe(bytesToHex(chain.hashes[0]!));
        // applyBlock compares gas, bloom, receipts root and state root with the header, and throws when they differ.
        const until = lastBlockOf(chain.blocks);
        let count = 0;
        await replay.run(() => {
          count++;
        }, until);
        expect(count).toBe(until);
      });

      it.each(cases)(
        '$name: private roots and receipts of nodes $nodes',
        { timeout: 120_000 },
        async ({ name, nodes }) => {
          const folder = `vectors/chains/${name}`;
          const own = `${folder}/nodes/${nodes[0]}/genesis.json`;
          const chain = readRecordedChain(folder, hasFile(own) ? own : undefined);
          const evm = engine.create();
          const replay = createReplay(chain, evm);
          const followers = nodes.flatMap((node) => followersOf(chain, replay, evm, node));
          let compared = 0;
          await replay.run(async (number, applied) => {
            for (const { node, psi, ...follower } of followers) {
              const result = await follower.replay.apply(number, applied);
              const where = `block ${number} at node ${node}, ${psi}`;
              const root = follower.root(number);
              expect({ where, root: bytesToHex(result.stateRoot) }).toEqual({ where, root });
              const recorded = follower.receipts.get(number) ?? [];
              if (recorded.length === 0) continue;
              const merged = mergeReceipts(applied.receipts, result.receipts, psi).map((one) => toComparable(one, psi));
              expect({ where, receipts: merged }).toEqual({ where, receipts: recorded });
              compared += recorded.length;
            }
          });
          expect(compared).toBeGreaterThan(0);
        },
      );
    });
  }
});
