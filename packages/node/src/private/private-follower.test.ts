import { beforeEach, describe, expect, it } from 'vitest';
import { creation, openSeveralStates } from '../testing/several-states.ts';
import { createTestChain, type TestChain } from '../testing/test-chain.ts';

describe('a payload that comes late, with several private states', () => {
  let test: TestChain;
  beforeEach(async () => {
    test = await createTestChain({ config: { isMPS: true } });
    for (let number = 1; number <= 4; number++) await test.addBlock([creation(test, number - 1, number === 2 ? 1 : 9)]);
  });

  it('sends back the private state of its parties, and no other', async () => {
    const expected = (await openSeveralStates(test, test.store, 2)).root('PS1', 4);
    const store = (await createTestChain({ config: { isMPS: true } })).store;
    for (let number = 1; number <= 4; number++) {
      const writer = await createTestChain({ config: { isMPS: true }, store });
      await writer.importer.import(test.chain.reader.blockByNumber(number)!.block);
      await writer.chain.writes.flush();
    }
    let isHidden = true;
    const opened = await openSeveralStates(test, store, 2, () => isHidden);
    expect(opened.root('PS1', 4)).toBe(opened.root('empty', 4));
    const rewinds: string[] = [];
    opened.chain.reader.onEvent((event) => {
      if (event.type === 'privateRewind') rewinds.push(event.psi);
    });
    isHidden = false;
    const { data } = opened.chain.reader.blockByNumber(2)!.block.transactions[0]!;
    await opened.follower.payloadStored(data);
    await opened.follower.idle();
    expect(rewinds).toEqual(['PS1']);
    expect(opened.root('PS1', 4)).toBe(expected);
    // Told again: nothing is to be done.
    await opened.follower.payloadStored(data);
    expect(rewinds).toEqual(['PS1']);
    await opened.follower.stop();
  });
});
