import { fc, test } from '@fast-check/vitest';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { describe, expect } from 'vitest';
import { qbftExtraOf } from './header.ts';
import { decodeDurableRecord, encodeDurableRecord } from './durable-record.ts';
import { QBFT_CODE, type QbftMessage } from './message.ts';
import { decodeQbftMessage, encodeQbftMessage } from './message-codec.ts';
import type { DurableRecord, QbftInput, QbftState } from './types.ts';
import type { Profile } from '../profile.ts';
import { type AnyInput, playAnyInput, reachedBy } from '../testing/any-input.ts';
import { TestMachine } from '../testing/machine.ts';
import { createSeededRandom, type SeededRandom } from '../testing/random.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 300);

/** Every kind of message, with justifications, and what belongs to them. */
function samples(machine: TestMachine, salt: number): readonly QbftMessage[] {
  const block = machine.block('A', salt);
  const own = machine.block('B', salt);
  const prepared = { round: 0, block, by: 'ABD' };
  const changes = [machine.roundChange('A', 1, prepared), machine.roundChange('B', 1), machine.roundChange('D', 1)];
  const prepares = 'ABD'.split('').map((letter) => machine.prepare(letter, 0, block));
  return [
    machine.prePrepare('A', 0, block),
    machine.prePrepare(
      'B',
      1,
      own,
      [1, 2, 3].map((index) => machine.roundChange('ABD'[index - 1] ?? 'A', 1)),
    ),
    machine.prePrepare('B', 1, block, changes, prepares),
    ...changes,
    ...prepares,
    ...'ABCD'.split('').map((letter) => machine.commit(letter, 0, block)),
    ...'ABCD'.split('').map((letter) => machine.prepare(letter, 1, own)),
    ...'ABCD'.split('').map((letter) => machine.commit(letter, 1, own)),
    ...'ABCD'.split('').map((letter) => machine.roundChange(letter, 2)),
    machine.sign('X', {
      type: 'roundChange',
      height: 7,
      round: 9,
      prepared: undefined,
      block: undefined,
      prepares: [],
    }),
  ];
}

/** Some bytes changed, cut off, or put in. */
function mutate(bytes: Uint8Array, seed: number): Uint8Array {
  const random = createSeededRandom(seed);
  let result = bytes.slice();
  for (let count = random.below(4); count >= 0; count--) {
    const at = random.below(result.length);
    if (random.chance(60)) result[at] = random.below(256);
    else if (random.chance(50)) result = result.slice(0, at);
    else result = Uint8Array.from([...result.subarray(0, at), random.below(256), ...result.subarray(at)]);
  }
  return result;
}

function expectOnly(run: () => unknown, ...codes: readonly string[]): void {
  try {
    run();
  } catch (error) {
    if (!isIsoquorumError(error, ...codes)) throw error;
  }
}

const machine = new TestMachine('C').start();
const wires = samples(machine, 0).map((message): [number, Uint8Array] => [
  QBFT_CODE[message.type],
  encodeQbftMessage(message),
]);

describe('decoders allow only our own codes', () => {
  test.prop([fc.nat(wires.length - 1), fc.nat()], { numRuns })(
    'a mutated message decodes or is refused, and encodes back',
    (index, seed) => {
      const [code = 0, wire = new Uint8Array()] = wires[index] ?? [];
      const bytes = mutate(wire, seed);
      expectOnly(
        () => expect(encodeQbftMessage(decodeQbftMessage(code, bytes))).toEqual(bytes),
        'QBFT_MESSAGE_INVALID',
      );
    },
  );

  test.prop([fc.integer({ min: 0, max: 0x20 }), fc.uint8Array({ maxLength: 300 })], { numRuns })(
    'any bytes',
    (code, bytes) => {
      expectOnly(() => decodeQbftMessage(code, bytes), 'QBFT_MESSAGE_INVALID');
      expectOnly(() => decodeDurableRecord(bytes), 'QBFT_RECORD_INVALID');
      expectOnly(() => qbftExtraOf({ ...machine.genesis, extraData: bytes }), 'EXTRA_INVALID');
    },
  );

  test.prop([fc.nat()], { numRuns })('a mutated record', (seed) => {
    const block = machine.block();
    const certificate = { round: 0, digest: new Uint8Array(32), block, prepares: [machine.prepare('A', 0, block)] };
    const proposed = {
      type: 'prePrepare',
      height: 1,
      round: 2,
      block,
      roundChanges: [],
      prepares: certificate.prepares,
    } as const;
    const record = {
      height: 1,
      round: 2,
      proposed,
      prepareDigest: new Uint8Array(32),
      commitDigest: undefined,
      certificate,
    };
    expect(decodeDurableRecord(encodeDurableRecord(record))).toEqual(record);
    expectOnly(() => decodeDurableRecord(mutate(encodeDurableRecord(record), seed)), 'QBFT_RECORD_INVALID');
  });
});

/** An input in any order, sensible or not. */
function other(of: TestMachine, random: SeededRandom): QbftInput {
  const height = random.below(3);
  const round = random.below(4);
  const block = of.block(random.pick('ABCD'.split('')), random.below(3));
  const odd = { ...block, header: { ...block.header, extraData: Uint8Array.of(1), number: random.below(3) } };
  const chosen = random.chance(85) ? block : odd;
  const digest = random.chance(50) ? (of.state.proposal?.digest ?? new Uint8Array(32)) : new Uint8Array(32);
  const inputs: readonly QbftInput[] = [
    { type: 'blockBuilt', block: chosen },
    { type: 'timerElapsed', timer: { kind: 'round', height: of.context.height, round: of.state.round } },
    { type: 'timerElapsed', timer: { kind: 'proposal', height, round, digest } },
    {
      type: 'blockVerified',
      height: of.context.height,
      digest,
      verdict: random.pick([{ type: 'valid' }, { type: 'invalid', reason: '' }, { type: 'future', retryInMs: -5 }]),
    },
    { type: 'commitFailed', height: of.context.height, reason: '' },
    { type: 'workPending', nowMs: random.below(10) * 1e11 },
    { type: 'peerConnected', address: new Uint8Array(20).fill(0x41 + random.below(6)) },
    {
      type: 'newHead',
      context: random.chance(50) ? of.context : of.contextAfter(chosen.header),
      nowMs: random.below(10) * 1e11,
    },
    {
      type: 'start',
      context: random.chance(50) ? of.context : of.contextAfter(of.genesis),
      record: random.chance(70) ? of.record : undefined,
      nowMs: 0,
    },
    {
      type: 'message',
      message: of.sign(random.pick('ABCDX'.split('')), {
        type: 'prePrepare',
        height: of.context.height,
        round,
        block: chosen,
        roundChanges: [],
        prepares: [],
      }),
    },
  ];
  return random.pick(inputs);
}

const rules: AnyInput<TestMachine, QbftState, QbftMessage, DurableRecord> = {
  messages: (subject) => samples(subject, 1),
  other,
  sizes: ({ prepares, commits, roundChanges, backlog, ownMessages }) => [
    prepares.size,
    commits.size,
    roundChanges.size,
    backlog.size,
    ownMessages.length,
  ],
  marks: ({ certificate, proposal, proposed, round, verifying }) => [
    certificate !== undefined && 'certificate',
    certificate !== undefined && certificate.round < round && 'certificate of an earlier round',
    verifying && 'verifying',
    proposed !== undefined && round > 0 && 'proposed after round 0',
    proposal !== undefined && certificate?.round === round && 'prepared here',
  ],
};

function play(self: string, profile: Profile, seeds: readonly number[]): ReadonlySet<string> {
  const subject = new TestMachine(self, 'ABCD', profile);
  const reached = playAnyInput(subject, seeds, rules);
  expect(subject.state.backlog.size).toBeLessThanOrEqual(4);
  return reached;
}

describe('the machine', () => {
  const selves = fc.constantFrom(...'ABCDX'.split(''));
  const profiles = fc.constantFrom<Profile>('strict', 'goquorum');
  test.prop([selves, profiles, fc.array(fc.nat(), { minLength: 5, maxLength: 60 })], { numRuns })(
    'never throws, never changes its state in place, and always does the same',
    (self, profile, seeds) => void play(self, profile, seeds),
  );

  test('such inputs lead deep', () => {
    const reached = reachedBy((seeds) => play('B', 'strict', seeds), 80, 100);
    for (const mark of [
      'preprepared',
      'prepared',
      'committed',
      'preprepared after round 0',
      'prepared after round 0',
      'committed after round 0',
      'proposed after round 0',
      'certificate of an earlier round',
      'height 3',
      'round 3',
      'backlog',
      'passive',
    ])
      expect([...reached]).toContain(mark);
  });
});
