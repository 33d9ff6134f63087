import { describe, expect, test } from 'vitest';
import { certificateFlaw } from '../qbft/justification.ts';
import { qbftProtocol } from '../qbft/protocol.ts';
import { recoverFake } from '../testing/fake-signatures.ts';
import { IbftTestMachine } from '../testing/ibft-machine.ts';
import { TestMachine } from '../testing/machine.ts';

const profiles = ['strict', 'goquorum'] as const;

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

function kept(book: ReadonlyMap<number, ReadonlyMap<string, unknown>>): number {
  return [...book.values()].reduce((sum, messages) => sum + messages.size, 0);
}

describe('what one validator can make another keep', () => {
  test.each([
    ['strict', 2],
    ['goquorum', 256],
  ] as const)('ROUND-CHANGEs for ever later rounds, profile %s: %i', (profile, most) => {
    const qbft = new TestMachine('B', 'ABCD', profile).start();
    const ibft = new IbftTestMachine('B', profile).start();
    for (let round = 2_000; round > 1_000; round--) {
      qbft.hear(qbft.roundChange('D', round));
      ibft.hear(ibft.roundChange('D', round));
    }
    for (let round = 2_001; round < 3_000; round++) {
      qbft.hear(qbft.roundChange('D', round));
      ibft.hear(ibft.roundChange('D', round));
    }
    for (const book of [qbft.state.roundChanges, ibft.state.roundChanges]) {
      expect(kept(book)).toBeGreaterThan(0);
      expect(kept(book)).toBeLessThanOrEqual(most);
    }
    // The others are still heard.
    qbft.hear(qbft.roundChange('A', 1), qbft.roundChange('C', 1));
    expect(qbft.state.round).toBeGreaterThan(0);
  });

  test.each([
    ['strict', 2],
    ['goquorum', 4],
  ] as const)('blocks of ROUND-CHANGEs, profile %s: %i', (profile, most) => {
    for (const rounds of [range(1, 100), range(1, 100).reverse()]) {
      const machine = new TestMachine('B', 'ABCD', profile).start();
      const block = machine.block();
      const sent = rounds.map((round) => machine.roundChange('D', round, { round: 0, block, by: 'ABC' }));
      for (const message of sent) {
        // As it comes from the wire: every field is a view of the bytes of the whole message.
        const bytes = qbftProtocol.encodeMessage(message);
        machine.hear(qbftProtocol.decodeMessage(qbftProtocol.frameCode(message), bytes));
      }
      const messages = [...machine.state.roundChanges.values()].flatMap((ofRound) => [...ofRound.values()]);
      const withBlock = messages.filter((message) => message.block !== undefined);
      expect(withBlock.length).toBeGreaterThan(0);
      expect(withBlock.length).toBeLessThanOrEqual(most);
      for (const { block: kept, signature } of messages)
        if (kept === undefined) expect(signature.buffer.byteLength).toBeLessThan(100);
      // What it asks for counts as before.
      if (profile === 'goquorum') expect(messages).toHaveLength(100);
      // The newest, and the one for the round under way, are kept whole.
      expect(Math.max(...withBlock.map(({ round }) => round))).toBe(100);
    }
  });

  test('a quorum whose block comes with the round under way leads to its proposal, whatever its bearer says besides', () => {
    const machine = new TestMachine('B', 'ABCD', 'goquorum').start();
    const block = machine.block();
    machine.hear(...range(1, 20).map((round) => machine.roundChange('D', round, { round: 0, block, by: 'ACD' })));
    machine.hear(machine.roundChange('A', 1));
    expect(machine.state.round).toBe(1);
    machine.hear(machine.roundChange('D', 1, { round: 0, block, by: 'ACD' }), machine.roundChange('C', 1));
    expect(machine.state.proposed?.block).toEqual(block);
  });

  test.each(profiles)('a certificate longer than the validators are many costs no recovery, profile %s', (profile) => {
    const machine = new TestMachine('B', 'ABCD', profile);
    let recoveries = 0;
    machine.state = {
      ...machine.state,
      config: {
        ...machine.state.config,
        recover(digest, signature) {
          recoveries++;
          return recoverFake(digest, signature);
        },
      },
    };
    machine.start();
    const block = machine.block();
    machine.hear(machine.roundChange('D', 1, { round: 0, block, by: 'ABCD'.repeat(100) }));
    expect(recoveries).toBe(1);
    expect(machine.effects).toContainEqual(expect.objectContaining({ type: 'misbehaviour' }));
    machine.hear(machine.roundChange('C', 1, { round: 0, block, by: 'ABC' }));
    expect(recoveries).toBe(5);
    expect(kept(machine.state.roundChanges)).toBe(1);
    const certified = machine.roundChange('C', 1, { round: 0, block, by: 'ABC' });
    expect(certificateFlaw(certified, machine.state.config, machine.context)).toBeUndefined();
  });
});

describe('a height that one validator makes up', () => {
  test('does not hide the heights of which the others speak', () => {
    const machine = new TestMachine('B').start();
    const { context } = machine;
    const at = (height: number) => ({ ...context, height });
    machine.context = at(2 ** 40);
    machine.hear(machine.roundChange('D', 0), machine.roundChange('D', 1));
    machine.context = at(9);
    machine.hear(machine.roundChange('A', 0), machine.roundChange('C', 0), machine.roundChange('C', 1));
    const hints = machine.take().flatMap((effect) => (effect.type === 'requestSync' ? [effect.height] : []));
    expect(hints).toEqual([2 ** 40 - 1, 8, 8]);
    expect(machine.state.syncHeights.size).toBe(3);
  });
});

describe('who is to blame for a message', () => {
  test.each(profiles)('nobody signed it, or a stranger did, profile %s', (profile) => {
    const qbft = new TestMachine('B', 'ABCD', profile).start();
    const ibft = new IbftTestMachine('B', profile).start();
    qbft.hear(qbft.roundChange('X', 1), { ...qbft.roundChange('C', 1), signature: new Uint8Array(65) });
    ibft.hear(ibft.roundChange('X', 1), { ...ibft.roundChange('C', 1), signature: new Uint8Array(65) });
    for (const { effects } of [qbft, ibft]) {
      const codes = effects.flatMap((effect) => (effect.type === 'refused' ? [effect.refusal.code] : []));
      expect(codes).toEqual(['SIGNER_UNKNOWN', 'SIGNATURE_INVALID']);
    }
  });
});
