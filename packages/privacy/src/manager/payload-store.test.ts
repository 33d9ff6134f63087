import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '@isoquorum/platform/memory/clock';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import type { Store, StoreOperation } from '@isoquorum/platform/store';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import { payloadHash } from '../codec/payload-hash.ts';
import { type SealedPayload, standardPrivate } from '../codec/payload.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { OrderedWriter } from './ordered-writer.ts';
import { PayloadStore } from './payload-store.ts';

const clock = createVirtualClock(7);

/** A store whose batches wait until they are let through, or fail. */
function createGatedStore(): {
  readonly store: Store;
  readonly batches: StoreOperation[][];
  readonly next: (error?: Error) => Promise<void>;
} {
  const inner = createMemoryStore();
  const batches: StoreOperation[][] = [];
  const gates: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const store: Store = {
    get: (key) => inner.get(key),
    getSync: (key) => inner.getSync(key),
    iterate: (range) => inner.iterate(range),
    close: () => inner.close(),
    async batch(operations) {
      batches.push([...operations]);
      await new Promise<void>((resolve, reject) => gates.push({ resolve, reject }));
      await inner.batch(operations);
    },
  };
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    store,
    batches,
    async next(error) {
      const gate = gates.shift();
      if (error === undefined) gate?.resolve();
      else gate?.reject(error);
      await settle();
    },
  };
}

function sealed(byte: number): SealedPayload {
  const key = new Uint8Array(32).fill(byte);
  return {
    ...standardPrivate,
    senderKey: key,
    cipherText: new Uint8Array(20).fill(byte),
    cipherTextNonce: new Uint8Array(24),
    recipientBoxes: [new Uint8Array(48)],
    recipientNonce: new Uint8Array(24),
    recipientKeys: [key],
  };
}

const put = (name: string): StoreOperation => ({ type: 'put', key: utf8ToBytes(name), value: utf8ToBytes(name) });

describe('OrderedWriter', () => {
  test('what comes while a batch is written goes together in the next, in order', async () => {
    const { store, batches, next } = createGatedStore();
    const writer = new OrderedWriter(store);
    const done: string[] = [];
    const write = (name: string): Promise<void> => writer.write([put(name)]).then(() => void done.push(name));
    const writes = ['a', 'b', 'c'].map(write);
    await next();
    expect(done).toEqual(['a']);
    expect(batches).toEqual([[put('a')], [put('b'), put('c')]]);
    await next();
    await Promise.all(writes);
    expect(done).toEqual(['a', 'b', 'c']);
  });

  test('a failed batch fails those who wait for it and nobody else', async () => {
    const { store, next } = createGatedStore();
    const writer = new OrderedWriter(store);
    const first = writer.write([put('a')]);
    const second = writer.write([put('b')]);
    const caught = expect(first).rejects.toThrow('disk full');
    await next(new Error('disk full'));
    await caught;
    await next();
    await second;
    expect(await store.get(utf8ToBytes('a'))).toBeUndefined();
    expect(await store.get(utf8ToBytes('b'))).toEqual(utf8ToBytes('b'));
  });
});

test('KeyedQueue: one after another for one key, side by side for others, also after failures', async () => {
  const queue = new KeyedQueue();
  const log: string[] = [];
  const [x, y] = [utf8ToBytes('x'), utf8ToBytes('y')];
  const slow = queue.run(x, async () => {
    await new Promise((resolve) => setImmediate(resolve));
    log.push('slow x');
    throw new Error('failed');
  });
  const after = queue.run(x, async () => void log.push('x'));
  const other = queue.run(y, async () => void log.push('y'));
  await expect(slow).rejects.toThrow('failed');
  await Promise.all([after, other]);
  expect(log).toEqual(['y', 'slow x', 'x']);
});

describe('PayloadStore', () => {
  test('nobody hears of a payload before it is durable', async () => {
    const { store, next } = createGatedStore();
    const opening = PayloadStore.open(store, clock, '24.4');
    await new Promise((resolve) => setImmediate(resolve));
    await next();
    const payloads = await opening;
    const heard: number[] = [];
    payloads.onStored(({ sequence }) => heard.push(sequence));
    const payload = sealed(1);
    let isDone = false;
    const writing = payloads.put(payloadHash(payload), payload).then(() => (isDone = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect([isDone, heard, await payloads.storedSince(0, 10)]).toEqual([false, [], []]);
    await next();
    await writing;
    expect(heard).toEqual([1]);
    expect(await payloads.get(payloadHash(payload))).toEqual(payload);
  });

  test('the sequence goes on after a restart; a newer schema is refused', async () => {
    const store = createMemoryStore();
    const first = await PayloadStore.open(store, clock, '24.4');
    for (const byte of [1, 2]) await first.put(payloadHash(sealed(byte)), sealed(byte));
    const second = await PayloadStore.open(store, clock, '24.4');
    await second.put(payloadHash(sealed(3)), sealed(3));
    expect((await second.storedSince(1, 10)).map(({ sequence }) => sequence)).toEqual([2, 3]);
    expect(await second.storedSince(0, 1)).toEqual([{ sequence: 1, hash: payloadHash(sealed(1)) }]);
    await store.batch([{ type: 'put', key: utf8ToBytes('payload/schema'), value: Uint8Array.of(9) }]);
    await expect(PayloadStore.open(store, clock, '24.4')).rejects.toMatchObject({
      code: 'STORE_SCHEMA_UNSUPPORTED',
      reaction: 'STOP',
    });
  });

  test('hashes of any length are looked up, absurd ones are unknown', async () => {
    const payloads = await PayloadStore.open(createMemoryStore(), clock, '24.4');
    for (const length of [0, 1, 12, 64, 100_000]) {
      expect(await payloads.get(new Uint8Array(length))).toBeUndefined();
      expect(await payloads.getRaw(new Uint8Array(length))).toBeUndefined();
    }
  });
});
