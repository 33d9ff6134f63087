import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { describe, expect, it } from 'vitest';
import { createStateDatabase } from '../state/database.ts';
import { createMemoryNodeSource } from '../state/node-source.ts';
import { engines } from '../testing/engines.ts';
import { RecordedManagerData } from '../testing/private-replay.ts';
import { authorOf, readRecordedChain } from '../testing/recorded-chain.ts';
import { createReplay } from '../testing/replay.ts';
import { hasSharedData, readJson, sharedFolder } from '../testing/shared-data.ts';
import { viewBlock } from '../transition/apply-block.ts';
import { applyPrivate } from '../transition/apply-private.ts';
import { runAsync } from '../transition/steps.ts';
import type { Need, Steps, TransitionOutcome } from '../transition/types.ts';
import { expectedRequests, requestsOfNeeds } from './requests.ts';
import { collectWitness, createWitnessSource, verifyWitness, type WitnessRequest } from './witness.ts';

/** A page's way: public state only from witnesses of a node, private state of its own. */
describe.skipIf(!hasSharedData)(
  `a party that holds no public state (skipped when ${sharedFolder} has no vectors)`,
  () => {
    it.each(engines)(
      'comes to the recorded private roots of qbft-private from witnesses, engine $name',
      { timeout: 120_000 },
      async ({ create }) => {
        const chain = readRecordedChain('vectors/chains/qbft-private');
        const evm = create();
        const node = createReplay(chain, evm);
        const roots = readJson(`${chain.folder}/nodes/1/private-roots.json`) as readonly { privateStateRoot: string }[];
        const resolutions = new RecordedManagerData(chain.folder, 1).resolutions;
        const ownSource = createMemoryNodeSource();
        const own = createStateDatabase(ownSource);
        let privateRoot: Uint8Array = emptyTrieRoot;
        let rounds = 0;
        let blocks = 0;
        await node.run(async (number, applied) => {
          const { header, transactions } = chain.blocks[number]!;
          if (applied.privateTransactions.length === 0) return;
          blocks++;
          const parentRoot = chain.blocks[number - 1]!.header.stateRoot;
          const witnesses = createWitnessSource();
          const fetch = (requests: readonly WitnessRequest[]): void => {
            rounds++;
            witnesses.add(verifyWitness(parentRoot, requests, collectWitness(node.database, parentRoot, requests)));
          };
          const context = {
            config: chain.genesis.config,
            evm,
            header,
            author: authorOf(chain, header),
            blockHash: (at: number) => chain.hashes[at],
          };
          const resolve = async <T>(steps: () => Steps<TransitionOutcome<T>>): Promise<T> => {
            for (;;) {
              const outcome = await runAsync(steps());
              if (outcome.status === 'done') return outcome.result;
              const needs: readonly Need[] = outcome.needs;
              expect(
                needs.every((need) => need.type === 'public' && bytesToHex(need.root) === bytesToHex(parentRoot)),
              ).toBe(true);
              fetch(requestsOfNeeds(needs));
            }
          };
          fetch(expectedRequests(transactions, chain.genesis.config.chainId, context.author));
          const views = await resolve(() =>
            viewBlock({ ...context, database: createStateDatabase(witnesses), transactions, parentRoot }),
          );
          const result = await resolve(() =>
            applyPrivate({
              ...context,
              database: own,
              psi: 'private',
              parentRoot: privateRoot,
              privateTransactions: views,
              resolutions,
            }),
          );
          ownSource.apply(result.operations);
          privateRoot = result.stateRoot;
          expect({ number, root: bytesToHex(privateRoot) }).toEqual({ number, root: roots[number]!.privateStateRoot });
        });
        expect(blocks).toBeGreaterThan(10);
        // The first request has to be enough for most blocks.
        expect(rounds).toBeLessThan(blocks * 4);
      },
    );
  },
);
