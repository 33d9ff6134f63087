import { bytesToBareHex, compareBytes } from '@isoquorum/primitives/hex';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import { createSeededRandom } from '../memory/random.ts';
import type { Store, StoreOperation, StoreRange } from '../store.ts';

/** Opens a store at a place; opening the same place again, after close, finds what was written. */
export interface StoreFixture {
  open(): Promise<Store>;
  /** False for stores that forget on close. */
  readonly isPersistent: boolean;
}

/** One case of the suite. Free of test frameworks, so that it runs in a page as well; throws when the store is wrong. */
export interface StoreCase {
  readonly name: string;
  run(fixture: StoreFixture): Promise<void>;
}

function assert(condition: boolean, what: string): void {
  if (!condition) throw new Error(`store suite: ${what}`);
}

function equal(actual: unknown, expected: unknown, what: string): void {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  assert(left === right, `${what}: expected ${right}, got ${left}`);
}

const bytes = utf8ToBytes;
const put = (key: string, value: string): StoreOperation => ({ type: 'put', key: bytes(key), value: bytes(value) });
const remove = (key: string): StoreOperation => ({ type: 'delete', key: bytes(key) });
const shown = (value: Uint8Array | undefined): string | undefined => value && bytesToBareHex(value);

async function listed(store: Store, range: StoreRange): Promise<string[]> {
  const found: string[] = [];
  for await (const [key, value] of store.iterate(range)) found.push(`${bytesToBareHex(key)}=${bytesToBareHex(value)}`);
  return found;
}

/** Reads as the port allows: `getSync` may miss with STORE_MISS, then `get` must answer and make the key resident. */
async function read(store: Store, key: Uint8Array): Promise<Uint8Array | undefined> {
  const awaited = await store.get(key);
  equal(shown(store.getSync(key)), shown(awaited), 'getSync after get');
  return awaited;
}

async function withStore(fixture: StoreFixture, use: (store: Store) => Promise<void>): Promise<void> {
  const store = await fixture.open();
  try {
    await use(store);
  } finally {
    await store.close();
  }
}

/** A model: plain map of hex keys. */
function applyToModel(model: Map<string, Uint8Array>, operations: readonly StoreOperation[]): void {
  for (const operation of operations) {
    if (operation.type === 'put') model.set(bytesToBareHex(operation.key), operation.value);
    else model.delete(bytesToBareHex(operation.key));
  }
}

function modelRange(model: ReadonlyMap<string, Uint8Array>, range: StoreRange): string[] {
  const from = range.gte && bytesToBareHex(range.gte);
  const to = range.lt && bytesToBareHex(range.lt);
  const keys = [...model.keys()].filter((key) => (from === undefined || key >= from) && (to === undefined || key < to));
  keys.sort();
  if (range.reverse === true) keys.reverse();
  return keys.slice(0, range.limit).map((key) => `${key}=${bytesToBareHex(model.get(key) as Uint8Array)}`);
}

export const storeSuite: readonly StoreCase[] = [
  {
    name: 'reads what a batch wrote, and nothing else',
    run: (fixture) =>
      withStore(fixture, async (store) => {
        await store.batch([put('a', 'one'), put('b', '')]);
        equal(shown(await read(store, bytes('a'))), shown(bytes('one')), 'a');
        equal(shown(await read(store, bytes('b'))), '', 'an empty value');
        equal(await read(store, bytes('c')), undefined, 'an absent key');
      }),
  },
  {
    name: 'applies the operations of a batch in order, and an empty batch not at all',
    run: (fixture) =>
      withStore(fixture, async (store) => {
        await store.batch([put('k', '1'), remove('k'), put('k', '2'), put('d', '3'), remove('d'), remove('never')]);
        await store.batch([]);
        equal(shown(await read(store, bytes('k'))), shown(bytes('2')), 'k');
        equal(await read(store, bytes('d')), undefined, 'd');
        await store.batch([remove('k')]);
        equal(await read(store, bytes('k')), undefined, 'k deleted');
      }),
  },
  {
    name: 'keeps its own copy of keys and values',
    run: (fixture) =>
      withStore(fixture, async (store) => {
        const whole = new Uint8Array([9, 9, 1, 2, 3, 9, 9]);
        const key = whole.subarray(2, 4);
        const value = whole.subarray(3, 5);
        await store.batch([{ type: 'put', key, value }]);
        whole.fill(7);
        equal(shown(await read(store, Uint8Array.of(1, 2))), '0203', 'value after the caller reused its buffer');
        equal(await listed(store, {}), ['0102=0203'], 'iteration after the caller reused its buffer');
      }),
  },
  {
    name: 'iterates in byte order within bounds, forwards and backwards, up to a limit',
    run: (fixture) =>
      withStore(fixture, async (store) => {
        const keys = ['00', '0000', '0001', '01', '7f', '80', 'fe', 'ff', 'ff00', 'ffff'];
        const toBytes = (hex: string): Uint8Array =>
          Uint8Array.from({ length: hex.length / 2 }, (_, index) =>
            Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16),
          );
        const model = new Map<string, Uint8Array>();
        const operations = keys
          .toReversed()
          .map((key): StoreOperation => ({ type: 'put', key: toBytes(key), value: toBytes(key) }));
        applyToModel(model, operations);
        await store.batch(operations);
        const bounds = [undefined, ...keys.map(toBytes)];
        for (const gte of bounds)
          for (const lt of bounds)
            for (const reverse of [false, true]) {
              const range: StoreRange = { ...(gte && { gte }), ...(lt && { lt }), reverse };
              equal(await listed(store, range), modelRange(model, range), 'range');
              equal(
                await listed(store, { ...range, limit: 3 }),
                modelRange(model, { ...range, limit: 3 }),
                'limited range',
              );
            }
        equal(await listed(store, { limit: 0 }), [], 'limit 0');
      }),
  },
  {
    name: 'an iteration that is left early leaves the store usable',
    run: (fixture) =>
      withStore(fixture, async (store) => {
        await store.batch(['a', 'b', 'c'].map((key) => put(key, key)));
        for await (const [key] of store.iterate({})) {
          assert(compareBytes(key, bytes('a')) === 0, 'first key');
          break;
        }
        await store.batch([put('d', 'd')]);
        equal((await listed(store, {})).length, 4, 'keys afterwards');
      }),
  },
  {
    name: 'agrees with a model over random work, also after it was closed and opened',
    run: async (fixture) => {
      const random = createSeededRandom('store suite');
      const below = (bound: number): number => (random.bytes(1)[0] as number) % bound;
      const model = new Map<string, Uint8Array>();
      for (let session = 0; session < 3; session++) {
        if (!fixture.isPersistent) model.clear();
        await withStore(fixture, async (store) => {
          equal(await listed(store, {}), modelRange(model, {}), 'content at open');
          for (let round = 0; round < 15; round++) {
            const operations = Array.from({ length: below(30) }, (): StoreOperation => {
              const key = random.bytes(1 + below(2)).map((byte) => byte % 5);
              return below(3) === 0 ? { type: 'delete', key } : { type: 'put', key, value: random.bytes(below(200)) };
            });
            await store.batch(operations);
            applyToModel(model, operations);
            const range: StoreRange = {
              gte: random.bytes(1).map((byte) => byte % 5),
              reverse: below(2) === 1,
              limit: 1 + below(20),
            };
            equal(await listed(store, range), modelRange(model, range), 'random range');
            const key = random.bytes(1 + below(2)).map((byte) => byte % 5);
            equal(shown(await read(store, key)), shown(model.get(bytesToBareHex(key))), 'random key');
          }
        });
      }
    },
  },
  {
    name: 'batches that overlap in time take effect in the order in which they were given',
    run: (fixture) =>
      withStore(fixture, async (store) => {
        await Promise.all(
          Array.from({ length: 20 }, (_, index) => store.batch([put('x', `${index}`), put(`y${index}`, 'y')])),
        );
        equal(shown(await read(store, bytes('x'))), shown(bytes('19')), 'last writer');
        equal((await listed(store, { gte: bytes('y'), lt: bytes('z') })).length, 20, 'all batches');
      }),
  },
  {
    name: 'refuses use after close',
    run: async (fixture) => {
      const store = await fixture.open();
      await store.close();
      const codes: unknown[] = [];
      const note = (error: unknown): void => void codes.push((error as { code?: unknown }).code);
      try {
        store.getSync(bytes('a'));
      } catch (error) {
        note(error);
      }
      await store.get(bytes('a')).catch(note);
      await store.batch([put('a', 'a')]).catch(note);
      await listed(store, {}).catch(note);
      equal(codes, ['STORE_CLOSED', 'STORE_CLOSED', 'STORE_CLOSED', 'STORE_CLOSED'], 'codes');
    },
  },
];
