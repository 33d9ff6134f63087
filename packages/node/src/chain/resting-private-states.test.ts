import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { createInThreadRecovery } from '@isoquorum/platform/sender-recovery';
import type { Store } from '@isoquorum/platform/store';
import { concatBytes } from '@isoquorum/primitives/hex';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportChain } from '../import/export-chain.ts';
import { importChain } from '../import/import-chain.ts';
import { EMPTY_PRIVATE_STATE } from '../private/private-groups.ts';
import { creation, groupsOf, openSeveralStates, severalPayloads } from '../testing/several-states.ts';
import { createTestChain, type TestChain } from '../testing/test-chain.ts';
import { openChain } from './open-chain.ts';
import { keptBlocks } from './pruner.ts';

const last = keptBlocks + 12;
/** The first block whose states a pruning keeps that minds no private head. */
const keptFrom = last - keptBlocks + 1;

let test: TestChain;
let expected: Record<string, string>;

/** Imports blocks up to one, for one private state or for all. */
async function importUntil(store: Store, number: number, psi?: string): Promise<void> {
  await importChain({
    genesis: test.chain.reader.genesis,
    source: (async function* () {
      yield await Promise.resolve(concatBytes(...exportChain(test.chain.reader, 0, number)));
    })(),
    payloads: severalPayloads,
    groups: groupsOf(2),
    psi,
    store,
    rules: 'strict',
    evm: createFastEvm(),
    recovery: createInThreadRecovery(),
    clock: test.clock,
    logger: silentLogger,
  });
}

/** As a process does that follows these private states, and has written enough. */
async function prune(store: Store, privateStates: readonly string[], keepsOthers: boolean): Promise<void> {
  const { genesis } = test.chain.reader;
  const onWriteFailure = (error: unknown): never => {
    throw error;
  };
  const opened = await openChain({ genesis, store, logger: silentLogger, onWriteFailure, privateStates, keepsOthers });
  await opened.prune();
}

/** Roots after the last block of those private states that a node with both groups has. */
async function rootsOf(store: Store, groupCount = 2): Promise<Record<string, string>> {
  const opened = await openSeveralStates(test, store, groupCount);
  const followed = opened.chain.privates.names;
  const roots = Object.fromEntries(followed.map((psi) => [psi, opened.root(psi, last)]));
  await opened.follower.stop();
  return roots;
}

beforeAll(async () => {
  test = await createTestChain({ config: { isMPS: true } });
  const parties = new Map([
    [2, 1],
    [4, 2],
    [9, 2],
    [last - 3, 1],
    [last - 2, 2],
  ]);
  for (let number = 1; number <= last; number++)
    await test.addBlock([creation(test, number - 1, parties.get(number) ?? 9)]);
  const store = createMemoryStore();
  await importUntil(store, last);
  expected = await rootsOf(store);
  expect(new Set(Object.values(expected)).size).toBe(3);
}, 60_000);

describe('a store that was imported for one private state', () => {
  it('is good for all of them while the states of all blocks are kept', async () => {
    const store = createMemoryStore();
    await importUntil(store, last, 'PS1');
    expect(await rootsOf(store)).toEqual(expected);
  });

  it('is refused by a coded error, unchanged, where old states are pruned, and goes on for that one', async () => {
    const store = createMemoryStore();
    await importUntil(store, last, 'PS1');
    await prune(store, ['PS1'], true);
    const refused = { code: 'PRIVATE_STATE_PRUNED', reaction: 'STOP', fields: { psi: 'PS2', number: 0, keptFrom } };
    for (let times = 0; times < 2; times++) await expect(rootsOf(store)).rejects.toMatchObject(refused);
    await expect(importUntil(store, last)).rejects.toMatchObject(refused);
    await importUntil(store, last, 'PS1');
    // As an export opens it.
    await prune(store, [], true);
  });

  it('keeps what the others need that stood in it before', async () => {
    for (const number of [5, keptFrom + 3]) {
      const store = createMemoryStore();
      await importUntil(store, number);
      await importUntil(store, last, 'PS1');
      await prune(store, ['PS1'], true);
      expect(await rootsOf(store)).toEqual(expected);
    }
  });
});

describe('a private state whose group the manager did not list for a time', () => {
  it('goes on where it stood when the states from there on are kept', async () => {
    const store = createMemoryStore();
    await importUntil(store, keptFrom + 3);
    // The pruning comes before and after the blocks that it misses.
    await prune(store, ['PS1', EMPTY_PRIVATE_STATE], false);
    for (const psi of ['PS1', EMPTY_PRIVATE_STATE]) await importUntil(store, last, psi);
    await prune(store, ['PS1', EMPTY_PRIVATE_STATE], false);
    expect(await rootsOf(store)).toEqual(expected);
  });

  it('is refused by a coded error when they are not, and the others go on', async () => {
    const store = createMemoryStore();
    await importUntil(store, 5);
    for (const psi of ['PS1', EMPTY_PRIVATE_STATE]) await importUntil(store, last, psi);
    await prune(store, ['PS1', EMPTY_PRIVATE_STATE], false);
    await expect(rootsOf(store)).rejects.toMatchObject({
      code: 'PRIVATE_STATE_PRUNED',
      fields: { psi: 'PS2', number: 5, keptFrom },
    });
    const { PS1, empty } = expected;
    expect(await rootsOf(store, 1)).toEqual({ PS1, empty });
  });
});
