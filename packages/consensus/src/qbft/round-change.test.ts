import { blockHash } from '@isoquorum/primitives/block';
import { describe, expect, test } from 'vitest';
import { TestMachine } from '../testing/machine.ts';
import { roundTimeoutMs } from './round-timer.ts';

function types(machine: TestMachine): readonly string[] {
  return machine.broadcasts().map(({ type, round }) => `${type} ${round}`);
}

/** B, which has prepared A's block in round 0. */
function prepared(): [TestMachine, ReturnType<TestMachine['block']>] {
  const machine = new TestMachine('B').start();
  const block = machine.block();
  machine.hear(machine.prePrepare('A', 0, block)).verified(block);
  machine.hear(...['A', 'B', 'C'].map((letter) => machine.prepare(letter, 0, block)));
  machine.take();
  return [machine, block];
}

describe('goquorum.md 9.6: timeouts and rounds', () => {
  test('a timeout leads to the next round, twice as long, and a ROUND-CHANGE', () => {
    const machine = new TestMachine('C').start();
    machine.take();
    machine.timeout();
    expect(machine.effects.find(({ type }) => type === 'setTimer')).toMatchObject({ durationMs: 4000 });
    expect(types(machine)).toEqual(['roundChange 1']);
  });

  test('base · 2^round, capped, and never longer than a timer can be', () => {
    const { context } = new TestMachine('A');
    expect([0, 1, 2, 3, 5, 60].map((round) => roundTimeoutMs(context, round))).toEqual([
      2000, 4000, 8000, 16_000, 60_000, 60_000,
    ]);
    expect(roundTimeoutMs({ ...context, requestTimeoutMsMax: 0 }, 3000)).toBe(0x7fffffff);
  });

  test('F + 1 validators in later rounds: join the latest round that F + 1 reached', () => {
    const machine = new TestMachine('D').start();
    machine.take();
    machine.hear(machine.roundChange('A', 5));
    expect(machine.state.round).toBe(0);
    machine.hear(machine.roundChange('B', 3));
    expect(machine.state.round).toBe(3);
    expect(types(machine)).toEqual(['roundChange 3']);
  });

  test('one validator alone moves nobody, however often it speaks', () => {
    const machine = new TestMachine('D').start();
    for (const round of [1, 2, 3, 9]) machine.hear(machine.roundChange('A', round));
    expect(machine.state.round).toBe(0);
  });

  test('the ROUND-CHANGE of a prepared validator carries block and certificate', () => {
    const [machine, block] = prepared();
    machine.timeout();
    const [message] = machine.broadcasts();
    expect(message).toMatchObject({ type: 'roundChange', prepared: { round: 0, digest: blockHash(block) } });
    expect(message?.type === 'roundChange' && message.prepares.length).toBe(3);
  });
});

describe('goquorum.md 9.7: what the next proposer proposes', () => {
  test('nothing prepared: its own block, which it asks for at once (14.18: never without justification)', () => {
    const machine = new TestMachine('B').start();
    machine.take();
    machine.feed({ type: 'blockBuilt', block: machine.block('B') });
    machine.timeout().loopBack();
    expect(types(machine)).toEqual(['roundChange 1']);
    machine.take();
    machine.hear(machine.roundChange('A', 1), machine.roundChange('C', 1));
    expect(machine.broadcasts()).toMatchObject([
      { type: 'prePrepare', round: 1, roundChanges: [{}, {}, {}], prepares: [] },
    ]);
  });

  test('without a candidate it builds one, and proposes it when it is there', () => {
    const machine = new TestMachine('B').start();
    machine.timeout().loopBack();
    machine.take();
    machine.hear(machine.roundChange('A', 1), machine.roundChange('C', 1));
    expect(machine.effects.find((effect) => effect.type === 'buildBlock')).toMatchObject({ deadlineMs: undefined });
    expect(machine.broadcasts()).toEqual([]);
    machine.feed({ type: 'blockBuilt', block: machine.block('B') });
    expect(types(machine)).toEqual(['prePrepare 1']);
  });

  test('a candidate that comes before the quorum of ROUND-CHANGEs waits for it', () => {
    const machine = new TestMachine('B').start();
    machine.timeout().loopBack();
    machine.take();
    machine.feed({ type: 'blockBuilt', block: machine.block('B') });
    expect(machine.broadcasts()).toEqual([]);
  });

  test('something prepared: the block with the highest certificate, with its first author', () => {
    const machine = new TestMachine('C').start();
    const [first, second] = [machine.block('A', 1), machine.block('B', 2)];
    machine.timeout().loopBack().timeout().loopBack();
    machine.take();
    machine.hear(machine.roundChange('A', 2, { round: 0, block: first, by: 'ABD' }));
    machine.hear(machine.roundChange('B', 2, { round: 1, block: second, by: 'ABD' }));
    expect(machine.broadcasts()).toMatchObject([
      { type: 'prePrepare', round: 2, block: second, prepares: [{}, {}, {}] },
    ]);
    expect(second.header.coinbase).toEqual(new Uint8Array(20).fill('B'.charCodeAt(0)));
  });
});

describe('strict: what the original does not check', () => {
  const inRound1 = (): TestMachine => {
    const machine = new TestMachine('C').start();
    machine.timeout().loopBack();
    machine.take();
    return machine;
  };

  test('a justified proposal of round 1 is verified', () => {
    const machine = inRound1();
    const block = machine.block('B');
    machine.hear(
      machine.prePrepare(
        'B',
        1,
        block,
        ['A', 'B', 'D'].map((letter) => machine.roundChange(letter, 1)),
      ),
    );
    expect(machine.effects.map(({ type }) => type)).toEqual(['verifyBlock']);
  });

  test.each([
    ['no justification', () => []],
    ['too few', (machine: TestMachine) => ['A', 'B'].map((letter) => machine.roundChange(letter, 1))],
    ['one validator thrice', (machine: TestMachine) => ['A', 'A', 'A'].map((letter) => machine.roundChange(letter, 1))],
    ['a stranger', (machine: TestMachine) => ['A', 'B', 'X'].map((letter) => machine.roundChange(letter, 1))],
    [
      'ROUND-CHANGEs of another round',
      (machine: TestMachine) => ['A', 'B', 'D'].map((letter) => machine.roundChange(letter, 2)),
    ],
  ])('PRE-PREPARE with %s is refused', (_, changes) => {
    const machine = inRound1();
    machine.hear(machine.prePrepare('B', 1, machine.block('B'), changes(machine)));
    expect(machine.refusals()).toEqual(['NOT_JUSTIFIED']);
  });

  test('a proposal that passes over a prepared block is refused', () => {
    const machine = inRound1();
    const locked = machine.block('A', 1);
    const changes = [
      machine.roundChange('A', 1, { round: 0, block: locked, by: 'ABD' }),
      machine.roundChange('B', 1),
      machine.roundChange('D', 1),
    ];
    machine.hear(machine.prePrepare('B', 1, machine.block('B', 2), changes));
    expect(machine.refusals()).toEqual(['NOT_JUSTIFIED']);
    machine.take();
    const prepares = 'ABD'.split('').map((letter) => machine.prepare(letter, 0, locked));
    machine.hear(machine.prePrepare('B', 1, locked, changes, prepares));
    expect(machine.effects.map(({ type }) => type)).toEqual(['verifyBlock']);
  });

  test.each([
    ['one validator twice', 'AAB', 'CERTIFICATE_INSUFFICIENT'],
    ['a stranger', 'ABX', 'CERTIFICATE_INVALID'],
    ['too few', 'AB', 'CERTIFICATE_INSUFFICIENT'],
  ])('a certificate by %s is refused', (_, by, code) => {
    const machine = inRound1();
    machine.hear(machine.roundChange('D', 1, { round: 0, block: machine.block(), by }));
    expect(machine.refusals()).toEqual([code]);
  });

  test('a certificate for another block than the one that comes along is refused', () => {
    const machine = inRound1();
    const honest = machine.roundChange('D', 1, { round: 0, block: machine.block('A', 1), by: 'ABD' });
    machine.hear({ ...honest, block: machine.block('A', 2) });
    expect(machine.refusals()).toEqual(['CERTIFICATE_INSUFFICIENT']);
  });
});

describe('long lists', () => {
  const many = Array.from({ length: 1000 }, () => 'D');

  test.each([
    [
      'a certificate',
      'CERTIFICATE_INVALID',
      (machine: TestMachine) => machine.roundChange('D', 1, { round: 0, block: machine.block(), by: many.join('') }),
    ],
    [
      'a justification',
      'NOT_JUSTIFIED',
      (machine: TestMachine) => {
        const changes = many.map((letter) => machine.roundChange(letter, 1));
        return machine.prePrepare('B', 1, machine.block('B'), changes);
      },
    ],
  ])('%s with more signatures than validators costs the recovery of its sender alone', (_, code, make) => {
    const machine = new TestMachine('C').start();
    machine.timeout().loopBack();
    machine.take();
    let recovered = 0;
    const { config } = machine.state;
    const recover: typeof config.recover = (digest, signature) => {
      recovered++;
      return config.recover(digest, signature);
    };
    machine.state = { ...machine.state, config: { ...config, recover } };
    machine.hear(make(machine));
    expect(machine.refusals()).toEqual([code]);
    expect(recovered).toBe(1);
  });
});

describe('restart from the durable record', () => {
  test('nothing leaves before the record that tells of it', () => {
    const [machine] = prepared();
    machine.timeout();
    const order = machine.effects.map(({ type }) => type);
    expect(order.indexOf('persist')).toBeLessThan(order.indexOf('broadcast'));
    expect(machine.record).toMatchObject({ height: 1, round: 1 });
  });

  test('a prepared validator comes back prepared, in its round, and says the same again', () => {
    const [machine, block] = prepared();
    const again = machine.restarted();
    expect(again.state.phase).toBe('prepared');
    expect(types(again)).toEqual(['prepare 0', 'commit 0']);
    again.loopBack();
    again.hear(again.commit('A', 0, block), again.commit('C', 0, block));
    expect(again.state.phase).toBe('committed');
  });

  test('after a PREPARE it refuses another proposal in that round, and repeats the vote for the same', () => {
    const machine = new TestMachine('B').start();
    const block = machine.block();
    machine.hear(machine.prePrepare('A', 0, block)).verified(block);
    const again = machine.restarted();
    again.take();
    again.hear(again.prePrepare('A', 0, again.block('A', 7)));
    expect(again.refusals()).toEqual(['ALREADY_SIGNED']);
    again.hear(again.prePrepare('A', 0, block)).verified(block);
    expect(again.broadcasts()).toMatchObject([{ type: 'prepare', digest: blockHash(block) }]);
  });

  test('a proposer repeats its proposal and builds no other', () => {
    const machine = new TestMachine('A').start();
    machine.feed({ type: 'blockBuilt', block: machine.block() });
    const again = machine.restarted();
    expect(types(again)).toEqual(['prePrepare 0']);
    expect(again.effects.some(({ type }) => type === 'buildBlock')).toBe(false);
    again.take();
    again.feed({ type: 'blockBuilt', block: again.block('A', 9) });
    expect(again.broadcasts()).toEqual([]);
  });

  test('it comes back in the round it had reached, with its lock', () => {
    const [machine, block] = prepared();
    machine.timeout();
    const again = machine.restarted();
    expect(again.state.round).toBe(1);
    expect(again.broadcasts()).toMatchObject([
      { type: 'roundChange', round: 1, prepared: { digest: blockHash(block) } },
    ]);
  });

  test('with a chain behind the record it stays silent until the chain is there', () => {
    const [machine, block] = prepared();
    const behind = new TestMachine('B');
    const record = machine.record && { ...machine.record, height: 5 };
    behind.start(record);
    behind.hear(behind.prePrepare('A', 0, block)).timeout();
    expect(behind.broadcasts()).toEqual([]);
    expect(behind.refusals()).toEqual(['NOT_VALIDATOR', 'STALE_INPUT']);
  });

  test('a record of a height that is over is ignored', () => {
    const [machine] = prepared();
    const ahead = new TestMachine('B');
    ahead.context = ahead.contextAfter(ahead.block().header);
    ahead.start(machine.record);
    expect(ahead.state.certificate).toBeUndefined();
    expect(ahead.state.passive).toBe(false);
  });
});
