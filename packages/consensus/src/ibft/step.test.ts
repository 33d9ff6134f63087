import { blockHash } from '@isoquorum/primitives/block';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { describe, expect, test } from 'vitest';
import { IbftTestMachine } from '../testing/ibft-machine.ts';
import { createFakeSigner } from '../testing/fake-signatures.ts';
import { ibftExtraOf } from './header.ts';
import { ibftSigningBytes } from './message.ts';
import { ibftRoundTimeoutMs } from './turn.ts';

/** A validator that proposes in none of the first rounds. */
const bystander = new IbftTestMachine('A').proposer(3);
const others = 'ABCD'.replace(bystander, '');

function lockedIn(machine: IbftTestMachine): string | undefined {
  return machine.state.lock && bytesToHex(machine.state.lock.digest);
}

describe('a round', () => {
  test('goes from proposal to block', () => {
    const machine = new IbftTestMachine(bystander).start();
    const block = machine.block(machine.proposer(0));
    machine.take();
    machine.accept(0, block);
    expect(machine.said()).toEqual(['prepare 0']);
    machine.loopBack().hearVotes('prepare', others.slice(0, 2), 0, block);
    expect(machine.said()).toEqual(['commit 0']);
    machine.loopBack().hearVotes('commit', others.slice(0, 2), 0, block);
    const committed = machine.effects.find(({ type }) => type === 'commitBlock');
    expect(committed?.type === 'commitBlock' && ibftExtraOf(committed.block.header).committedSeals).toHaveLength(3);
  });

  test('every signed message is recorded before it leaves', () => {
    const machine = new IbftTestMachine(machine0()).start();
    machine.feed({ type: 'blockBuilt', block: machine.block(machine.seat.self) });
    const persisted = machine.effects.find(({ type }) => type === 'persist');
    expect(persisted?.type === 'persist' && persisted.then.map(({ type }) => type)).toEqual(['broadcast']);
    expect(machine.record?.proposed).toBeDefined();
  });
});

function machine0(): string {
  return new IbftTestMachine('A').proposer(0);
}

describe('what strict does otherwise than the original (ADR 012)', () => {
  test('a round begins although F + 1 is a quorum; the original waits for ever', () => {
    const strict = new IbftTestMachine('A', 'strict', 'ABC', true).start().timeout().loopBack();
    expect(strict.state).toMatchObject({ round: 1, waiting: false });
    const original = new IbftTestMachine('A', 'goquorum', 'ABC', true).start().timeout().loopBack();
    expect(original.state).toMatchObject({ round: 1, waiting: true });
    expect(original.hearRoundChanges('BC', 1).state.waiting).toBe(true);
  });

  test('F + 1 validators in different later rounds pull the others along', () => {
    const hear = (profile: 'strict' | 'goquorum'): IbftTestMachine =>
      new IbftTestMachine(bystander, profile).start().hear(
        ...others
          .slice(0, 2)
          .split('')
          .map((letter, index) => new IbftTestMachine(bystander).roundChange(letter, 2 + index)),
      );
    expect(hear('strict').state).toMatchObject({ round: 2, waiting: true });
    expect(hear('goquorum').state.round).toBe(0);
  });

  test('a COMMIT with a seal of somebody else does not count; the original writes it into the header', () => {
    const run = (profile: 'strict' | 'goquorum'): IbftTestMachine => {
      const machine = new IbftTestMachine(bystander, profile).start();
      const block = machine.block(machine.proposer(0));
      machine.accept(0, block).loopBack().hearVotes('prepare', others.slice(0, 2), 0, block).loopBack();
      const [first = '', second = ''] = others.split('');
      // The second signs with the seal of the first in its own.
      const { committedSeal } = machine.vote('commit', first, 0, block);
      const spoilt = { ...machine.vote('commit', second, 0, block), committedSeal };
      const signature = createFakeSigner(spoilt.sender)(keccak256(ibftSigningBytes(spoilt)));
      return machine.hearVotes('commit', first, 0, block).hear({ ...spoilt, signature });
    };
    expect(run('strict').effects.some(({ type }) => type === 'misbehaviour')).toBe(true);
    expect(run('strict').state.phase).toBe('prepared');
    expect(run('goquorum').state.phase).toBe('committed');
  });

  test('a lock stays when the block cannot be imported; the original forgets it', () => {
    const run = (profile: 'strict' | 'goquorum'): IbftTestMachine => {
      const machine = new IbftTestMachine(bystander, profile).start();
      const block = machine.block(machine.proposer(0));
      machine.accept(0, block).loopBack().hearVotes('prepare', others, 0, block).loopBack();
      machine.hearVotes('commit', others, 0, block);
      return machine.feed({ type: 'commitFailed', height: 1, reason: 'disk' });
    };
    expect(lockedIn(run('strict'))).toBeDefined();
    expect(lockedIn(run('goquorum'))).toBeUndefined();
  });

  test('a lock and what was signed survive a restart', () => {
    const machine = new IbftTestMachine(bystander).start();
    const block = machine.block(machine.proposer(0));
    machine.accept(0, block).loopBack().hearVotes('prepare', others.slice(0, 2), 0, block).loopBack();
    machine.timeout();
    const again = machine.restarted();
    expect(lockedIn(again)).toBe(bytesToHex(blockHash(block)));
    expect(again.said()).toEqual(['roundChange 1']);
    again.hearRoundChanges(others, 1).take();
    const rival = again.block(again.proposer(1), 9);
    again.accept(1, rival);
    expect(again.said()).toEqual([]);
  });

  test('a PREPARE is not given again to another block after a restart', () => {
    const machine = new IbftTestMachine(bystander).start();
    machine.accept(0, machine.block(machine.proposer(0)));
    const again = machine.restarted();
    expect(again.said()).toEqual(['prepare 0']);
    again.take();
    again.hear(again.propose(0, again.block(again.proposer(0), 5)));
    expect(again.effects.map((effect) => effect.type === 'refused' && effect.refusal.code)).toEqual(['ALREADY_SIGNED']);
  });

  test('a lock moves to a block that a quorum prepared later; the original stays locked, and the height with it', () => {
    const run = (profile: 'strict' | 'goquorum'): IbftTestMachine => {
      const machine = new IbftTestMachine(bystander, profile).start();
      const first = machine.block(machine.proposer(0));
      machine.accept(0, first).loopBack().hearVotes('prepare', others.slice(0, 2), 0, first).loopBack();
      machine.timeout().loopBack().hearRoundChanges(others, 1);
      // The others never saw enough PREPAREs for the first block; this node misses round 1, and hears of it later.
      machine.timeout().loopBack().hearRoundChanges(others, 2);
      const second = machine.block(machine.proposer(1), 2);
      machine.take();
      return machine.hearVotes('prepare', others, 1, second);
    };
    expect(run('goquorum').state.lock).toBeDefined();
    expect(run('strict').state.lock).toBeUndefined();
  });

  test('who is locked on another block waits in the round, and follows when a quorum prepares', () => {
    const machine = new IbftTestMachine(bystander).start();
    const first = machine.block(machine.proposer(0));
    machine.accept(0, first).loopBack().hearVotes('prepare', others.slice(0, 2), 0, first).loopBack();
    machine.timeout().loopBack().hearRoundChanges(others, 1).take();
    const second = machine.block(machine.proposer(1), 2);
    machine.accept(1, second);
    expect(machine.said()).toEqual([]);
    machine.hearVotes('prepare', others, 1, second);
    expect(machine.said()).toEqual(['commit 1']);
    expect(lockedIn(machine)).toBe(bytesToHex(blockHash(second)));
  });

  test('votes of an earlier round than that of the lock do not move it', () => {
    const machine = new IbftTestMachine(bystander).start();
    machine.timeout().loopBack().hearRoundChanges(others, 1);
    const block = machine.block(machine.proposer(1));
    machine.accept(1, block).loopBack().hearVotes('prepare', others.slice(0, 2), 1, block).loopBack();
    machine.timeout();
    machine.hearVotes('prepare', others, 0, machine.block(machine.proposer(0), 7));
    expect(lockedIn(machine)).toBe(bytesToHex(blockHash(block)));
  });

  test('a lock is shown to the others when the round changes', () => {
    const machine = new IbftTestMachine(bystander).start();
    const block = machine.block(machine.proposer(0));
    machine.accept(0, block).loopBack().hearVotes('prepare', others.slice(0, 2), 0, block).loopBack();
    machine.take();
    machine.timeout();
    const shown = machine.effects.filter((effect) => effect.type === 'sendTo');
    expect(shown.map(({ messages }) => messages.length)).toEqual([3, 3, 3]);
  });

  test('who is locked on the proposed block says COMMIT once a quorum of this round is there', () => {
    const machine = new IbftTestMachine(bystander).start();
    const block = machine.block(machine.proposer(0));
    machine.accept(0, block).loopBack().hearVotes('prepare', others.slice(0, 2), 0, block).loopBack();
    expect(machine.state.lock?.round).toBe(0);
    machine.timeout();
    machine.hear(...others.split('').map((letter) => machine.roundChange(letter, 1)));
    machine.accept(1, block).loopBack();
    expect(machine.state).toMatchObject({
      prepareDigest: blockHash(block),
      commitDigest: undefined,
      lock: { round: 0 },
    });
    machine.hearVotes('prepare', others.slice(0, 2), 1, block);
    expect(machine.state).toMatchObject({ commitDigest: blockHash(block), lock: { round: 1 } });
  });

  test('rounds grow to a minute at most', () => {
    const { context } = new IbftTestMachine('A');
    expect([0, 1, 2, 3, 20].map((round) => ibftRoundTimeoutMs(context, round))).toEqual([
      2000, 4000, 6000, 10_000, 60_000,
    ]);
    const original = new IbftTestMachine('A', 'goquorum').context;
    expect(ibftRoundTimeoutMs(original, 7)).toBe(2000 + 128_000);
  });
});
