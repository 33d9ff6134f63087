import { blockHash } from '@isoquorum/primitives/block';
import { decodeQbftExtra } from '@isoquorum/primitives/istanbul-extra';
import { describe, expect, test } from 'vitest';
import { addressOf } from '../testing/bft-test-machine.ts';
import { describeEffect, TestMachine } from '../testing/machine.ts';
import { createQbftState, step } from './step.ts';

function types(machine: TestMachine): readonly string[] {
  return machine.broadcasts().map(({ type, round }) => `${type} ${round}`);
}

describe('goquorum.md 9.6: the happy path', () => {
  test('the proposer asks for its block as late as the period allows, and proposes it', () => {
    const machine = new TestMachine('A').start();
    const build = machine.effects.find((effect) => effect.type === 'buildBlock');
    const parentMs = Number(machine.genesis.timestamp) * 1000;
    expect(build).toMatchObject({
      height: 1,
      deadlineMs: parentMs + 1000,
      minTimestamp: machine.genesis.timestamp + 1n,
    });
    machine.feed({ type: 'blockBuilt', block: machine.block() });
    expect(types(machine)).toEqual(['prePrepare 0']);
  });

  test('others build nothing, and start their timer: wait for the period, then the request timeout', () => {
    const machine = new TestMachine('B').start();
    expect(machine.effects.some(({ type }) => type === 'buildBlock')).toBe(false);
    expect(machine.effects.find(({ type }) => type === 'setTimer')).toMatchObject({ durationMs: 3000 });
  });

  test('proposal, prepares, commits: the transcript', () => {
    const machine = new TestMachine('B').start();
    const block = machine.block();
    machine
      .hear(machine.prePrepare('A', 0, block))
      .verified(block)
      .loopBack();
    machine.hear(machine.prepare('A', 0, block), machine.prepare('C', 0, block));
    machine.hear(machine.commit('A', 0, block), machine.commit('C', 0, block), machine.commit('D', 0, block));
    expect(machine.take().map(describeEffect).join('\n')).toMatchInlineSnapshot(`
      "cancel timer round
      cancel timer proposal
      round 1/0 begins, proposer A
      timer round round 0: 3000 ms
      verify block 1
      timer round round 0: 2000 ms
      persist height 1 round 0, then:
        broadcast prepare round 0
      relay prePrepare
      relay prepare
      relay prepare
      relay prepare
      persist height 1 round 0, then:
        broadcast commit round 0
      relay commit
      relay commit
      relay commit
      cancel timer round
      commit block in round 0"
    `);
  });

  test('the final block has the round and the seals of the commits', () => {
    const machine = new TestMachine('B').start();
    const block = machine.block();
    machine.hear(machine.prePrepare('A', 0, block)).verified(block);
    machine.hear(...['A', 'C', 'D'].map((letter) => machine.commit(letter, 0, block)));
    const final = machine.effects.find((effect) => effect.type === 'commitBlock');
    const extra = decodeQbftExtra(final?.block.header.extraData ?? new Uint8Array());
    expect(extra.round).toBe(0);
    expect(extra.committedSeals).toEqual(['A', 'C', 'D'].map((letter) => machine.commit(letter, 0, block).commitSeal));
    expect(final && blockHash(final.block)).toEqual(blockHash(block));
  });

  test('fewer than a quorum of anything moves nothing', () => {
    const machine = new TestMachine('B').start();
    const block = machine.block();
    machine.hear(machine.prePrepare('A', 0, block)).verified(block);
    machine.take();
    machine.hear(machine.prepare('A', 0, block), machine.prepare('A', 0, block), machine.prepare('C', 0, block));
    expect(machine.state.phase).toBe('preprepared');
    expect(machine.refusals()).toEqual(['DUPLICATE_MESSAGE']);
    machine.hear(machine.commit('A', 0, block), machine.commit('A', 0, block), machine.commit('C', 0, block));
    expect(machine.effects.some(({ type }) => type === 'commitBlock')).toBe(false);
  });

  test('messages that come early are kept and used when their time has come', () => {
    const machine = new TestMachine('B').start();
    const block = machine.block();
    for (const letter of 'ACD') machine.hear(machine.commit(letter, 0, block), machine.prepare(letter, 0, block));
    expect(new Set(machine.refusals())).toEqual(new Set(['FUTURE_MESSAGE']));
    machine.hear(machine.prePrepare('A', 0, block)).verified(block);
    expect(machine.state.phase).toBe('committed');
  });
});

describe('what is refused', () => {
  const machineWith = (): [TestMachine, ReturnType<TestMachine['block']>] => {
    const machine = new TestMachine('B').start();
    machine.take();
    return [machine, machine.block()];
  };

  test('a PRE-PREPARE by another than the proposer', () => {
    const [machine, block] = machineWith();
    machine.hear(machine.prePrepare('C', 0, block));
    expect(machine.refusals()).toEqual(['NOT_PROPOSER']);
  });

  test('a message of a stranger, and one without valid signature', () => {
    const [machine, block] = machineWith();
    machine.hear(machine.prepare('X', 0, block), { ...machine.prepare('A', 0, block), signature: new Uint8Array(65) });
    expect(machine.refusals()).toEqual(['SIGNER_UNKNOWN', 'SIGNATURE_INVALID']);
  });

  test('two proposals of one view: the proposer is accused', () => {
    const [machine, block] = machineWith();
    machine.hear(machine.prePrepare('A', 0, block), machine.prePrepare('A', 0, machine.block('A', 1)));
    expect(machine.refusals()).toEqual(['EQUIVOCATION']);
    expect(machine.effects.some(({ type }) => type === 'misbehaviour')).toBe(true);
  });

  test('a COMMIT whose seal is not by its sender, or for another round', () => {
    const [machine, block] = machineWith();
    machine.hear(machine.prePrepare('A', 0, block)).verified(block);
    const { commitSeal } = machine.commit('C', 0, block);
    machine.hear({ ...machine.commit('D', 0, block), commitSeal, type: 'commit' });
    const other = machine.commit('D', 1, block);
    const forged = machine.sign('D', {
      type: 'commit',
      height: 1,
      round: 0,
      digest: blockHash(block),
      sealDigest: other.commitSeal.subarray(0, 32),
    });
    machine.hear(forged);
    expect(machine.refusals()).toEqual(['SIGNATURE_INVALID', 'COMMIT_SEAL_INVALID']);
  });

  test('an invalid proposal ends the round', () => {
    const [machine, block] = machineWith();
    machine.hear(machine.prePrepare('A', 0, block));
    machine.feed({
      type: 'blockVerified',
      height: 1,
      digest: blockHash(block),
      verdict: { type: 'invalid', reason: 'bad root' },
    });
    expect(machine.state.round).toBe(1);
    expect(types(machine)).toEqual(['roundChange 1']);
  });

  test('a proposal ahead of the clock is looked at again', () => {
    const [machine, block] = machineWith();
    machine.hear(machine.prePrepare('A', 0, block));
    machine.feed({
      type: 'blockVerified',
      height: 1,
      digest: blockHash(block),
      verdict: { type: 'future', retryInMs: 70 },
    });
    const set = machine.effects.find((effect) => effect.type === 'setTimer');
    expect(set?.durationMs).toBe(70);
    machine.take();
    if (set !== undefined) machine.feed({ type: 'timerElapsed', timer: set.timer });
    expect(machine.effects.map(({ type }) => type)).toEqual(['verifyBlock']);
  });

  test('inputs before start, and inputs that are out of date', () => {
    const idle = createQbftState(new TestMachine('B').state.config);
    const timer = { kind: 'round', height: 1, round: 0 } as const;
    expect(step(idle, { type: 'timerElapsed', timer }).effects).toMatchObject([{ refusal: { code: 'NOT_STARTED' } }]);
    const [machine] = machineWith();
    machine.feed({ type: 'timerElapsed', timer: { ...timer, round: 4 } });
    machine.feed({ type: 'commitFailed', height: 1, reason: '' });
    expect(machine.refusals()).toEqual(['STALE_INPUT', 'STALE_INPUT']);
  });

  test('the number of messages kept per signer is bounded', () => {
    const [machine, block] = machineWith();
    for (let round = 1; round < 500; round++)
      machine.hear(machine.prepare('A', round, block), machine.prePrepare('B', round, block));
    const kept = [...machine.state.backlog.values()].flat();
    expect(kept.length).toBeLessThan(40);
    for (let round = 1; round < 500; round++) machine.hear(machine.roundChange('A', round));
    expect([...machine.state.roundChanges.values()].reduce((sum, messages) => sum + messages.size, 0)).toBeLessThan(10);
  });
});

describe('catching up', () => {
  test('a message of a later height asks for a sync, once for each validator', () => {
    const machine = new TestMachine('B').start();
    const block = machine.block();
    const later = { type: 'prepare', height: 9, round: 0, digest: blockHash(block) } as const;
    machine.hear(machine.sign('C', later), machine.sign('C', { ...later, round: 1 }), machine.sign('D', later));
    const syncs = machine.effects.filter(({ type }) => type === 'requestSync');
    expect(syncs).toEqual(['C', 'D'].map((from) => ({ type: 'requestSync', from: addressOf(from), height: 8 })));
  });

  test('who asks for a round that is over gets our messages; who is at a lower height gets the head', () => {
    const machine = new TestMachine('B').start();
    machine.timeout().loopBack().timeout().loopBack();
    machine.take();
    machine.hear(machine.roundChange('D', 1));
    expect(machine.effects.find((effect) => effect.type === 'sendTo')).toMatchObject({
      to: addressOf('D'),
      messages: [{ round: 2 }],
    });
    machine.context = machine.contextAfter(machine.block().header);
    machine.feed({ type: 'newHead', context: machine.context, nowMs: 0 });
    machine.take();
    machine.hear(
      machine.sign('D', {
        type: 'roundChange',
        height: 1,
        round: 1,
        prepared: undefined,
        block: undefined,
        prepares: [],
      }),
    );
    expect(machine.effects.find((effect) => effect.type === 'announceHead')).toEqual({
      type: 'announceHead',
      to: addressOf('D'),
    });
  });

  test('a validator that connects gets what was said in this round', () => {
    const machine = new TestMachine('B').start();
    const block = machine.block();
    machine
      .hear(machine.prePrepare('A', 0, block))
      .verified(block)
      .loopBack();
    machine.take();
    machine.feed({ type: 'peerConnected', address: addressOf('C') });
    expect(machine.effects).toMatchObject([{ type: 'sendTo', messages: [{ type: 'prepare' }] }]);
    machine.take();
    machine.feed({ type: 'peerConnected', address: addressOf('X') });
    expect(machine.effects).toEqual([]);
  });

  test('a node that is no validator listens only', () => {
    const machine = new TestMachine('X', 'ABCD').start();
    const block = machine.block();
    machine.hear(machine.prePrepare('A', 0, block)).timeout();
    expect(machine.refusals()).toEqual(['NOT_VALIDATOR', 'STALE_INPUT']);
    expect(machine.broadcasts()).toEqual([]);
  });
});
