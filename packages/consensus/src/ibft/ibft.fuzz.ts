import { fc, test } from '@fast-check/vitest';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { describe, expect } from 'vitest';
import { addressOf } from '../testing/bft-test-machine.ts';
import { IbftTestMachine } from '../testing/ibft-machine.ts';
import { createSeededRandom, type SeededRandom } from '../testing/random.ts';
import { decodeIbftRecord, encodeIbftRecord } from './durable-record.ts';
import { decodeIbftMessage, encodeIbftMessage, type IbftMessage } from './message.ts';
import type { IbftInput, IbftRecord, IbftState } from './types.ts';
import type { Profile } from '../profile.ts';
import { type AnyInput, playAnyInput, reachedBy } from '../testing/any-input.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 300);
const letters = 'ABCD'.split('');

/** Every kind of message in several rounds, and one of a stranger. */
function samples(machine: IbftTestMachine): readonly IbftMessage[] {
  const rounds = [0, 1, 2];
  return rounds.flatMap((round) => {
    const block = machine.block(machine.proposer(round), round);
    const rival = machine.block(machine.proposer(round), round + 10);
    return [
      machine.propose(round, block),
      machine.propose(round, rival),
      ...[...letters, 'X'].flatMap((letter) => [
        machine.vote('prepare', letter, round, block),
        machine.vote('commit', letter, round, block),
        machine.vote('prepare', letter, round, rival),
        machine.roundChange(letter, round + 1),
      ]),
    ];
  });
}

function mutate(bytes: Uint8Array, seed: number): Uint8Array {
  const random = createSeededRandom(seed);
  const result = bytes.slice(0, random.chance(80) ? bytes.length : random.below(bytes.length));
  for (let count = random.below(4); count >= 0 && result.length > 0; count--)
    result[random.below(result.length)] = random.below(256);
  return result;
}

function expectOnly(run: () => unknown, code: string): void {
  try {
    run();
  } catch (error) {
    if (!isIsoquorumError(error, code)) throw error;
  }
}

const machine = new IbftTestMachine('C').start();
const wires = samples(machine).map(encodeIbftMessage);

describe('decoders allow only our own codes', () => {
  test.prop([fc.nat(wires.length - 1), fc.nat()], { numRuns })('a mutated message', (index, seed) => {
    const bytes = mutate(wires[index] ?? new Uint8Array(), seed);
    expectOnly(() => expect(encodeIbftMessage(decodeIbftMessage(bytes))).toEqual(bytes), 'IBFT_MESSAGE_INVALID');
  });

  test.prop([fc.uint8Array({ maxLength: 300 }), fc.nat()], { numRuns })(
    'any bytes, and a mutated record',
    (bytes, seed) => {
      expectOnly(() => decodeIbftMessage(bytes), 'IBFT_MESSAGE_INVALID');
      expectOnly(() => decodeIbftRecord(bytes), 'IBFT_RECORD_INVALID');
      const block = machine.block('A');
      const votes = ['A', 'B'].map((letter) => machine.vote('prepare', letter, 0, block));
      const lock = { round: 0, digest: new Uint8Array(32), block, votes: votes as never };
      const empty = { prepareDigest: undefined, commitDigest: new Uint8Array(32), proposed: block };
      const record = { height: 1, round: 2, waiting: true, lock, ...empty };
      expect(decodeIbftRecord(encodeIbftRecord(record))).toEqual(record);
      expectOnly(() => decodeIbftRecord(mutate(encodeIbftRecord(record), seed)), 'IBFT_RECORD_INVALID');
    },
  );
});

/** An input in any order, sensible or not. */
function other(of: IbftTestMachine, random: SeededRandom): IbftInput {
  const { context, state } = of;
  const round = random.below(4);
  const block = of.block(random.pick(letters), random.below(3));
  const odd = { ...block, header: { ...block.header, extraData: Uint8Array.of(1), number: random.below(3) } };
  const chosen = random.chance(80) ? block : odd;
  const digest = random.chance(70) ? (state.pending?.proposal.digest ?? new Uint8Array(32)) : new Uint8Array(32);
  const proposal = {
    type: 'prePrepare',
    height: 1,
    round,
    sender: addressOf(of.proposer(round)),
    block: chosen,
  } as const;
  return random.pick<IbftInput>([
    { type: 'blockBuilt', block: chosen },
    { type: 'timerElapsed', timer: { kind: 'round', height: context.height, round: state.round } },
    { type: 'timerElapsed', timer: { kind: 'proposal', height: 1, round, digest } },
    {
      type: 'blockVerified',
      height: context.height,
      digest,
      verdict: random.pick([
        { type: 'valid' },
        { type: 'valid' },
        { type: 'invalid', reason: '' },
        { type: 'future', retryInMs: -5 },
      ]),
    },
    { type: 'commitFailed', height: context.height, reason: '' },
    { type: 'workPending', nowMs: random.below(10) * 1e11 },
    { type: 'peerConnected', address: addressOf(random.pick([...letters, 'X'])) },
    {
      type: 'newHead',
      context: random.chance(50) ? context : { ...context, height: context.height + random.below(3) },
      nowMs: 0,
    },
    {
      type: 'start',
      context: random.chance(50) ? of.context : of.contextAfter(of.genesis),
      record: random.chance(70) ? of.record : undefined,
      nowMs: 0,
    },
    { type: 'message', message: of.sign(random.pick([of.proposer(round), 'X']), proposal) },
  ]);
}

function sizes(state: IbftState): readonly number[] {
  const { prepares, commits, roundChanges, backlog, ownMessages, lateVotes, accepted } = state;
  return [
    prepares.size,
    commits.size,
    roundChanges.size,
    backlog.size,
    ownMessages.length,
    lateVotes.length,
    accepted.length,
  ];
}

const rules: AnyInput<IbftTestMachine, IbftState, IbftMessage, IbftRecord> = {
  messages: samples,
  other,
  sizes,
  marks: ({ lock, round, lateVotes, waiting, pending, proposed, phase }) => [
    lock !== undefined && 'locked',
    lock !== undefined && lock.round < round && phase === 'preprepared' && 'locked on another block than is proposed',
    lateVotes.length > 0 && 'late votes',
    waiting && 'waiting',
    !waiting && round > 0 && 'a later round begun',
    pending !== undefined && round > 0 && 'verifying after round 0',
    proposed !== undefined && round > 0 && 'proposed after round 0',
  ],
};

function play(self: string, profile: Profile, seeds: readonly number[]): ReadonlySet<string> {
  const subject = new IbftTestMachine(self, profile);
  const reached = playAnyInput(subject, seeds, rules);
  expect(subject.state.backlog.size).toBeLessThanOrEqual(4);
  // Two votes of each of four validators in each of eight rounds.
  expect(subject.state.lateVotes.length).toBeLessThanOrEqual(64);
  return reached;
}

describe('the machine', () => {
  const selves = fc.constantFrom(...letters, 'X');
  const profiles = fc.constantFrom<Profile>('strict', 'goquorum');
  test.prop([selves, profiles, fc.array(fc.nat(), { minLength: 5, maxLength: 60 })], { numRuns })(
    'never throws, never changes its state in place, stays bounded, and always does the same',
    (self, profile, seeds) => void play(self, profile, seeds),
  );

  test('such inputs lead deep', () => {
    const reached = reachedBy((seeds) => play('B', 'strict', seeds), 40, 80);
    for (const mark of [
      'prepared',
      'committed',
      'preprepared after round 0',
      'committed after round 0',
      'locked',
      'locked on another block than is proposed',
      'late votes',
      'a later round begun',
      'proposed after round 0',
      'height 3',
      'round 3',
      'backlog',
      'passive',
    ])
      expect([...reached]).toContain(mark);
  });
});
