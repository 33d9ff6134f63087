import { createVirtualClock } from '@isoquorum/platform/memory/clock';
import { createMemoryLogger } from '@isoquorum/platform/memory/logger';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { expect, it } from 'vitest';
import type { PrivateStore } from '../chain/private-store.ts';
import { createUnresolvedPayloads, type UnresolvedPayload } from '../chain/unresolved-payloads.ts';
import { openSurvey, startManagerSurvey } from './manager-survey.ts';
import { createPayloadResolver } from './payload-resolver.ts';
import type { PrivateFollower } from './private-follower.ts';

const MARKS = 3_000;
/** Digests in the order of their numbers; the blocks they are of go the other way. */
const digestOf = (index: number): Uint8Array =>
  new Uint8Array(64)
    .fill(1)
    .fill(index >> 8, 0, 1)
    .fill(index & 255, 1, 2);
const blockOf = (index: number): number => MARKS - index;

/** A store in which so many blocks lack a payload, and a manager that has those of some. */
async function createSurveyed(options: {
  readonly known: readonly number[];
  readonly keptFrom?: number;
  /** Questions that the manager cannot answer at first. */
  readonly failures?: number;
  /** How often it fails on single payloads; asked for each question. */
  readonly failing?: Pick<ReadonlyMap<number, number>, 'get'>;
}) {
  const store = createMemoryStore();
  const clock = createVirtualClock(0);
  const logger = createMemoryLogger();
  const unresolved = createUnresolvedPayloads(store);
  for (let index = 0; index < MARKS; index++)
    await store.batch(unresolved.operations('private', blockOf(index), [digestOf(index)], []));
  const asked = new Map<string, number>();
  const known = new Set(options.known.map((index) => bytesToHex(digestOf(index))));
  const again: UnresolvedPayload[] = [];
  const privates = {
    names: ['private'],
    unresolved,
    isReplayable: (number: number) => number > (options.keptFrom ?? 0),
  } as unknown as PrivateStore;
  const follower = {
    executeAgain: async (marks: Iterable<UnresolvedPayload>) => void again.push(...marks),
  } as unknown as PrivateFollower;
  let failuresLeft = options.failures ?? 0;
  const failed = new Map<number, number>();
  let afterAsked: (count: number) => void = () => undefined;
  const resolver = createPayloadResolver({
    source: {
      async receive(digest) {
        if (failuresLeft-- > 0) throw new Error('away');
        const text = bytesToHex(digest);
        const index = (digest[0]! << 8) | digest[1]!;
        const failures = failed.get(index) ?? 0;
        if (failures < (options.failing?.get(index) ?? 0)) {
          failed.set(index, failures + 1);
          throw new Error('500 status: broken');
        }
        asked.set(text, (asked.get(text) ?? 0) + 1);
        afterAsked(asked.size);
        return known.has(text) ? { payload: Uint8Array.of(1), privacyFlag: 0 } : undefined;
      },
    },
  });
  const isDone = async (): Promise<boolean> => (await openSurvey(store, 'one'))!.isDone;
  /** Asks until nothing is left to ask, or enough has happened. */
  async function run(isEnough: () => boolean | Promise<boolean> = isDone): Promise<void> {
    const kept = (await openSurvey(store, 'one'))!;
    const parts = { kept, privates, resolver, groups: undefined, follower, store, clock, logger };
    const stop = startManagerSurvey(parts);
    while (!(await isEnough())) {
      await new Promise((resolve) => setImmediate(resolve));
      await clock.advance(1_000);
    }
    await stop();
  }
  async function runUntilAsked(count: number): Promise<void> {
    const kept = (await openSurvey(store, 'one'))!;
    const parts = { kept, privates, resolver, groups: undefined, follower, store, clock, logger };
    const isAsked = Promise.withResolvers<void>();
    afterAsked = (asked) => {
      if (asked >= count) isAsked.resolve();
    };
    const stop = startManagerSurvey(parts);
    await isAsked.promise;
    await stop();
  }
  const timesAsked = (): number => [...asked.values()].reduce((sum, times) => sum + times, 0);
  return { store, logger, asked, again, isDone, run, runUntilAsked, timesAsked };
}

it('asks for every payload once, and goes back to the lowest block of those that are there', async () => {
  const test = await createSurveyed({ known: [10, 2_000, 700] });
  await test.run();
  expect(test.timesAsked()).toBe(MARKS);
  expect(test.again.map(({ number }) => number)).toEqual([blockOf(2_000)]);
  await test.run();
  expect(test.timesAsked()).toBe(MARKS);
  expect(test.logger.lines.at(-1)?.fields).toEqual({ asked: MARKS, found: 3 });
});

it('goes on where it was stopped, and remembers what it had found', async () => {
  const test = await createSurveyed({ known: [10, 2_900] });
  await test.runUntilAsked(2_500);
  expect(test.again).toEqual([]);
  await test.run();
  expect(test.asked.size).toBe(MARKS);
  // Not more than what lies between two writes is asked for again.
  expect(test.timesAsked()).toBeLessThanOrEqual(MARKS + 17 * 64);
  expect(test.again.map(({ number }) => number)).toEqual([blockOf(2_900)]);
  expect(test.logger.lines.at(-1)?.fields).toEqual({ asked: MARKS, found: 2 });
});

it('begins anew with another manager, and after a time without one', async () => {
  const test = await createSurveyed({ known: [] });
  await test.run();
  expect((await openSurvey(test.store, 'one'))?.isDone).toBe(true);
  expect((await openSurvey(test.store, 'one', true))?.isDone).toBe(false);
  await test.run();
  expect((await openSurvey(test.store, 'another'))?.isDone).toBe(false);
  await openSurvey(test.store, undefined);
  expect((await openSurvey(test.store, 'one'))?.isDone).toBe(false);
});

it('tells of payloads that help no more, and goes back for the others', async () => {
  const test = await createSurveyed({ known: [10, 2_900, 2_950], keptFrom: 500 });
  await test.run();
  expect(test.again.map(({ number }) => number)).toEqual([blockOf(10)]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(test.logger.lines.at(-1)).toMatchObject({ level: 'warn', fields: { payloads: 2 } });
});

it('waits for a manager that is away, says so once, and leaves nothing out', async () => {
  const test = await createSurveyed({ known: [10], failures: 4 * 64 });
  await test.run();
  expect(test.timesAsked()).toBe(MARKS);
  expect(test.again.map(({ number }) => number)).toEqual([blockOf(10)]);
  const warnings = test.logger.lines.filter(({ level }) => level === 'warn');
  expect(warnings).toMatchObject([{ fields: { digest: bytesToHex(digestOf(0)), reason: 'away' } }]);
});

it('passes over what a manager that stays away was asked for long enough, and comes back to it', async () => {
  const test = await createSurveyed({ known: [10, 400], failures: 20 * 64 });
  await test.run();
  expect(test.timesAsked()).toBe(MARKS);
  expect(test.again.map(({ number }) => number)).toEqual([blockOf(400), blockOf(10)]);
  const warnings = test.logger.lines.filter(({ level }) => level === 'warn');
  expect(warnings.map(({ fields }) => fields?.['payloads'])).toEqual([undefined, 3 * 64]);
});

it('is not held up by payloads on which the manager fails, tells of them, and asks for them again later', async () => {
  const failing = new Map([
    [20, 3],
    [2_990, Number.POSITIVE_INFINITY],
    // The last page, and nothing else in it.
    [MARKS - 1, 4],
  ]);
  const test = await createSurveyed({ known: [10, 20, 700, MARKS - 1], failing });
  await test.run(() => test.again.length >= 1);
  expect(test.again.map(({ number }) => number)).toEqual([blockOf(700)]);
  const warnings = test.logger.lines.filter(({ level }) => level === 'warn');
  expect(warnings).toMatchObject([
    { fields: { payloads: 3, digest: bytesToHex(digestOf(20)), reason: '500 status: broken' } },
  ]);
  // What failed is remembered over a restart, and the rest is not asked for again.
  const times = test.timesAsked();
  expect(times).toBe(MARKS - 3);
  await test.run(() => test.again.length >= 3);
  expect(test.again.map(({ number }) => number)).toEqual([blockOf(700), blockOf(20), blockOf(MARKS - 1)]);
  expect(test.timesAsked()).toBe(MARKS - 1);
  expect(await test.isDone()).toBe(false);
});

it('stops for a manager that fails on too many payloads, and asks for all of them when it is well again', async () => {
  let isBroken = true;
  const failing = { get: (index: number) => (isBroken && index % 2 === 1 ? Number.POSITIVE_INFINITY : 0) };
  const test = await createSurveyed({ known: [10, 2_001], failing });
  let polls = 0;
  await test.run(() => ++polls > 2_000);
  expect(test.again).toEqual([]);
  expect(test.asked.size).toBeLessThan(1_100);
  isBroken = false;
  await test.run();
  expect(test.asked.size).toBe(MARKS);
  expect(test.again.map(({ number }) => number)).toEqual([blockOf(10), blockOf(2_001)]);
});
