import type { Store } from '@isoquorum/platform/store';
import { beforeAll, describe, expect, it } from 'vitest';
import { creation, openSeveralStates } from '../testing/several-states.ts';
import { createTestChain, type TestChain } from '../testing/test-chain.ts';
import { keptBlocks } from './pruner.ts';

const last = keptBlocks + 12;

describe('a group of parties that is new on a chain with several private states', () => {
  let test: TestChain;
  beforeAll(async () => {
    test = await createTestChain({ config: { isMPS: true } });
    // The second block is of the first party; the first one and those after are nobody's here.
    for (let number = 1; number <= last; number++)
      await test.addBlock([creation(test, number - 1, number === 2 ? 1 : 9)]);
    const { follower } = await openSeveralStates(test, test.store, 1);
    await follower.stop();
  }, 60_000);

  async function copy(): Promise<Store> {
    const { store } = await createTestChain({ config: { isMPS: true } });
    for await (const [key, value] of test.store.iterate({})) await store.batch([{ type: 'put', key, value }]);
    return store;
  }

  it('has a state of its own from the genesis on while the states of all blocks are kept', async () => {
    const opened = await openSeveralStates(test, await copy(), 2);
    expect(opened.root('PS2', last)).toBe(opened.root('empty', last));
    expect(opened.root('PS1', last)).not.toBe(opened.root('empty', last));
    expect(opened.logger.lines).toEqual([]);
    await opened.follower.stop();
  });

  it('begins as nobody where old states are pruned, and goes on by itself', async () => {
    const store = await copy();
    const before = await openSeveralStates(test, store, 1);
    await before.follower.stop();
    await before.prune();
    const opened = await openSeveralStates(test, store, 2);
    expect(opened.logger.lines).toMatchObject([{ level: 'warn', fields: { psi: 'PS2', number: last } }]);
    expect(opened.chain.privates.head('PS2')).toMatchObject({ number: last, waitingFor: undefined });
    for (const number of [last, last - 5]) expect(opened.root('PS2', number)).toBe(opened.root('empty', number));
    expect(opened.root('PS1', last)).not.toBe(opened.root('PS2', last));
    // The next block is of the new party.
    const writer = await createTestChain({ config: { isMPS: true }, store });
    await writer.addBlock([creation(writer, last, 2)]);
    await opened.follower.stop();
    const again = await openSeveralStates(test, store, 2);
    expect(again.logger.lines).toEqual([]);
    expect(again.chain.privates.head('PS2').number).toBe(last + 1);
    expect(again.root('PS2', last + 1)).not.toBe(again.root('empty', last + 1));
    expect(again.root('PS2', last)).toBe(again.root('empty', last));
    const hash = again.chain.reader.hashByNumber(last)!;
    expect(again.chain.privates.receipts(hash, 'PS2')).toEqual(again.chain.privates.receipts(hash, 'empty'));
    await again.follower.stop();
  });
});
