import 'fake-indexeddb/auto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDB } from 'idb';
import { openIndexedDbStore } from './browser/indexed-db-store.ts';
import { openPackedStore } from './browser/packed-store.ts';
import { createMemoryStore } from './memory/store.ts';
import { openLevelStore } from './node/level-store.ts';
import { type StoreFixture, storeSuite } from './testing/store-suite.ts';

interface Kind {
  readonly name: string;
  /** A fixture of its own for each case, and what to clean up. */
  create(): { fixture: StoreFixture; dispose: () => void };
}

let databases = 0;

const kinds: readonly Kind[] = [
  {
    name: 'memory',
    create: () => ({ fixture: { isPersistent: false, open: async () => createMemoryStore() }, dispose: () => {} }),
  },
  {
    name: 'LevelDB',
    create: () => {
      const folder = mkdtempSync(join(tmpdir(), 'isoquorum-store-'));
      return {
        fixture: { isPersistent: true, open: () => openLevelStore(join(folder, 'db')) },
        dispose: () => rmSync(folder, { recursive: true, force: true }),
      };
    },
  },
  ...[64 * 1024 * 1024, 4_000, 1].map(
    (mirrorBytesMax): Kind => ({
      name: `IndexedDB (fake) with a mirror of ${mirrorBytesMax} bytes`,
      create: () => {
        const name = `suite-${databases++}`;
        return {
          fixture: { isPersistent: true, open: () => openIndexedDbStore(name, { mirrorBytesMax }) },
          dispose: () => {},
        };
      },
    }),
  ),
  {
    name: 'IndexedDB (fake), packed',
    create: () => {
      const name = `packed-${databases++}`;
      return { fixture: { isPersistent: true, open: () => openPackedStore(name) }, dispose: () => {} };
    },
  },
];

test('a packed store is written anew when most of its log is old', async () => {
  const store = await openPackedStore('compacted');
  const key = Uint8Array.of(1);
  for (let round = 0; round < 40; round++)
    await store.batch([{ type: 'put', key, value: new Uint8Array(100_000).fill(round) }]);
  await store.close();
  const again = await openPackedStore('compacted');
  expect(again.getSync(key)).toEqual(new Uint8Array(100_000).fill(39));
  await again.batch([{ type: 'put', key: Uint8Array.of(2), value: Uint8Array.of(2) }]);
  await again.close();
  const database = await openDB('compacted', 1);
  const lengths = (await database.getAll('batches')).map((bytes: Uint8Array) => bytes.length);
  expect(lengths).toEqual([100_010, 11]);
  database.close();
  const last = await openPackedStore('compacted');
  expect(last.getSync(Uint8Array.of(2))).toEqual(Uint8Array.of(2));
  await last.close();
});

describe.each(kinds)('$name', (kind) => {
  test.each(storeSuite)('$name', async (one) => {
    const { fixture, dispose } = kind.create();
    try {
      await expect(one.run(fixture)).resolves.toBeUndefined();
    } finally {
      dispose();
    }
  });
});

describe('LevelDB', () => {
  test('a store that is already open elsewhere is a coded error', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'isoquorum-store-'));
    const store = await openLevelStore(folder);
    await expect(openLevelStore(folder)).rejects.toMatchObject({ code: 'STORE_LOCKED', fields: { path: folder } });
    await store.close();
    rmSync(folder, { recursive: true });
  });
});

describe('IndexedDB mirror', () => {
  const key = (index: number): Uint8Array => Uint8Array.of(index);

  test('beyond its bound a read without waiting misses, and a read with waiting makes the key resident', async () => {
    const store = await openIndexedDbStore('bounded', { mirrorBytesMax: 1_000 });
    await store.batch(
      Array.from({ length: 20 }, (_, index) => ({
        type: 'put',
        key: key(index),
        value: new Uint8Array(50).fill(index),
      })),
    );
    expect(() => store.getSync(key(0))).toThrow(expect.objectContaining({ code: 'STORE_MISS', reaction: 'RETRY' }));
    expect(await store.get(key(0))).toEqual(new Uint8Array(50).fill(0));
    expect(store.getSync(key(0))).toEqual(new Uint8Array(50).fill(0));
    expect(() => store.getSync(key(99))).toThrow(expect.objectContaining({ code: 'STORE_MISS' }));
    expect(await store.get(key(99))).toBeUndefined();
    expect(store.getSync(key(99))).toBeUndefined();
    await store.close();
  });

  test('while everything fits nothing misses, also after the page was loaded again', async () => {
    const first = await openIndexedDbStore('whole');
    await first.batch(
      Array.from({ length: 3_000 }, (_, index) => ({
        type: 'put',
        key: Uint8Array.of(index >> 8, index & 255),
        value: key(7),
      })),
    );
    await first.close();
    const second = await openIndexedDbStore('whole');
    expect(second.getSync(Uint8Array.of(11, 0))).toEqual(key(7));
    expect(second.getSync(Uint8Array.of(12, 0))).toBeUndefined();
    let count = 0;
    for await (const _entry of second.iterate({ reverse: true })) count++;
    expect(count).toBe(3_000);
    await second.close();
  });

  test('a read that a batch overtook does not bring back the old value', async () => {
    const store = await openIndexedDbStore('race', { mirrorBytesMax: 1 });
    await store.batch([{ type: 'put', key: key(1), value: key(1) }]);
    await store.batch([{ type: 'put', key: key(2), value: key(2) }]);
    const reading = store.get(key(1));
    await store.batch([{ type: 'put', key: key(1), value: key(9) }]);
    await reading;
    expect(await store.get(key(1))).toEqual(key(9));
    await store.close();
  });
});
