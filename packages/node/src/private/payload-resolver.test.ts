import { signTransaction } from '@isoquorum/primitives/transaction/transaction';
import { expect, it } from 'vitest';
import { testKey } from '../testing/genesis.ts';
import { createInsideMarker } from './inside-marker.ts';
import { createPayloadResolver, type PayloadAnswer, type PayloadResolverOptions } from './payload-resolver.ts';

const digestOf = (index: number): Uint8Array => new Uint8Array(64).fill(1 + (index >> 8), 0, 32).fill(index & 255, 32);
const indexOf = (digest: Uint8Array): number => ((digest[0]! - 1) << 8) | digest[32]!;
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A manager that answers when it is told to: with a payload, or by failing. */
function createSlowManager(options: Partial<PayloadResolverOptions> = {}) {
  const asked: number[] = [];
  const open = new Map<number, PromiseWithResolvers<PayloadAnswer | undefined>>();
  const resolver = createPayloadResolver({
    source: {
      receive(digest) {
        const index = indexOf(digest);
        asked.push(index);
        const answer = Promise.withResolvers<PayloadAnswer | undefined>();
        open.set(index, answer);
        return answer.promise;
      },
    },
    ...options,
  });
  const take = (index: number): PromiseWithResolvers<PayloadAnswer | undefined> => {
    const found = open.get(index)!;
    open.delete(index);
    return found;
  };
  const answer = (index: number): void => take(index).resolve({ payload: Uint8Array.of(index), privacyFlag: 0 });
  async function answerAll(): Promise<void> {
    while (open.size > 0) {
      for (const index of open.keys()) answer(index);
      await settled();
    }
  }
  return { resolver, asked, answer, fail: (index: number) => take(index).reject(new Error('away')), answerAll };
}

it('keeps so many questions ahead of need, says at once what did not fit, and asks for it when it is needed', async () => {
  const { resolver, asked, answerAll } = createSlowManager({ aheadMax: 20 });
  const fitting = resolver.resolveAhead(range(0, 20).map(digestOf));
  const dropped = await resolver.resolveAhead(range(20, 30).map(digestOf));
  expect([dropped.resolutions.size, dropped.unresolved.length]).toEqual([0, 10]);
  expect(dropped.unresolved[0]?.reason).toBe('20 questions ahead of need wait already');
  const needed = resolver.resolve(range(20, 30).map(digestOf));
  await answerAll();
  expect((await fitting).resolutions.size).toBe(20);
  expect([(await needed).resolutions.size, (await needed).unresolved]).toEqual([10, []]);
  expect(asked.toSorted((left, right) => left - right)).toEqual(range(0, 30));
  // There is room again.
  const later = resolver.resolveAhead(range(40, 60).map(digestOf));
  await answerAll();
  expect((await later).resolutions.size).toBe(20);
});

it('asks for what a block needs before what waits ahead of need, and once', async () => {
  const { resolver, asked, answer, answerAll } = createSlowManager({ concurrency: 2 });
  const ahead = resolver.resolveAhead(range(0, 10).map(digestOf));
  const needed = resolver.resolve([9, 20].map(digestOf));
  expect(asked).toEqual([0, 1]);
  answer(0);
  answer(1);
  await settled();
  expect(asked).toEqual([0, 1, 9, 20]);
  await answerAll();
  expect([(await ahead).resolutions.size, (await needed).resolutions.size]).toEqual([10, 2]);
  expect(asked).toHaveLength(11);
});

it('lets nobody wait ahead of need once a question has failed; what is needed is asked all the same', async () => {
  const { resolver, asked, fail, answerAll } = createSlowManager({ concurrency: 2 });
  const ahead = resolver.resolveAhead(range(0, 10).map(digestOf));
  const needed = resolver.resolve([9, 20].map(digestOf));
  fail(0);
  await settled();
  // The one under way, and that which a block needs, are not given up.
  await answerAll();
  const { resolutions, unresolved } = await ahead;
  expect([...resolutions.values()].map((one) => one.type === 'payload' && one.payload[0])).toEqual([1, 9]);
  expect(unresolved).toHaveLength(8);
  expect((await needed).resolutions.size).toBe(2);
  expect(asked).toEqual([0, 1, 9, 20]);
});

it('takes markers of peers unseen while too many wait for the manager, and those of its own users after a look', async () => {
  const { resolver, asked, answerAll } = createSlowManager({ aheadMax: 1 });
  const insideMarker = createInsideMarker(resolver);
  const marker = (index: number) =>
    signTransaction(
      { type: 0, nonce: 0n, gasPrice: 0n, gasLimit: 90_000n, to: undefined, value: 0n, data: digestOf(index) },
      testKey('peer'),
      {},
    );
  const first = insideMarker(marker(1), 'remote');
  expect(await insideMarker(marker(2), 'remote')).toBeUndefined();
  const own = insideMarker(marker(3), 'local');
  expect(asked).toEqual([1, 3]);
  await answerAll();
  // Those payloads hold no transaction.
  expect(await Promise.all([first, own])).toEqual([undefined, undefined]);
});
