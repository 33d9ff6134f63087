import { bytesToHex } from '@isoquorum/primitives/hex';
import { describe, expect, it } from 'vitest';
import { engines } from '../testing/engines.ts';
import { PrivateReplay } from '../testing/private-replay.ts';
import { type RecordedChain, readRecordedChain } from '../testing/recorded-chain.ts';
import { readRecordedReceipts, toComparable } from '../testing/recorded-receipts.ts';
import { createReplay } from '../testing/replay.ts';
import { hasSharedData, listFolder, readJson, sharedFolder } from '../testing/shared-data.ts';
import { mergeReceipts } from './merge-receipts.ts';

const chains = listFolder('vectors/chains');

/** Nodes whose private work is standard; the rest needs privacy enhancements, markers, private states or extension (issue 4). */
const standardNodes: Readonly<Record<string, readonly number[]>> = {
  'clique-private': [1, 2, 3, 4],
  'ibft-private': [1, 2, 3, 4],
  'istanbul-legacy': [1, 2, 3, 4],
  'qbft-berlin': [1, 2, 3, 4],
  'qbft-forks': [1, 2, 3],
  'qbft-gas-and-contract-validators': [1, 2, 3, 4],
  'qbft-permissions-v1': [1, 2, 3, 4],
  'qbft-privacy-enhancements': [4],
  'qbft-private': [1, 2, 3, 4],
  'qbft-subscriptions': [3],
  'qbft-transitions': [3, 4],
  'raft-permissions-v2': [1, 2, 3, 4],
  'raft-private': [1, 2, 3, 4],
};

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
  readonly hash: string;
  readonly privateStateRoot: string;
}

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

      it.each(Object.entries(standardNodes))(
        '%s: private roots and receipts of nodes %j',
        { timeout: 120_000 },
        async (name, nodes) => {
          const chain = readRecordedChain(`vectors/chains/${name}`);
          const evm = engine.create();
          const replay = createReplay(chain, evm);
          const followers = nodes.map((node) => ({
            node,
            replay: new PrivateReplay(chain, replay, evm, node),
            roots: readJson(`${chain.folder}/nodes/${node}/private-roots.json`) as readonly RecordedRoots[],
            receipts: readRecordedReceipts(chain.folder, node),
          }));
          let compared = 0;
          await replay.run(async (number, applied) => {
            for (const follower of followers) {
              const result = await follower.replay.apply(number, applied);
              const where = `block ${number} at node ${follower.node}`;
              const root = follower.roots[number]?.privateStateRoot;
              expect({ where, root: bytesToHex(result.stateRoot) }).toEqual({ where, root });
              const merged = mergeReceipts(applied.receipts, result.receipts).map(toComparable);
              const recorded = follower.receipts.get(number) ?? [];
              if (recorded.length === 0) continue;
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
