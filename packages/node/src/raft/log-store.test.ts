import { emptyConfState } from '@isoquorum/consensus/raft/memory-storage';
import { createRawNode } from '@isoquorum/consensus/raft/raw-node';
import type { RaftEntry, RaftSnapshot } from '@isoquorum/consensus/raft/types';
import { createSeededRandom } from '@isoquorum/consensus/testing/random';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import type { Store, StoreOperation } from '@isoquorum/platform/store';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import { describe, expect, it } from 'vitest';
import { openRaftLog, type RaftLogStore } from './log-store.ts';

const bootstrap: RaftSnapshot = {
  index: 1,
  term: 1,
  confState: { ...emptyConfState, voters: [1, 2, 3] },
  data: Uint8Array.of(1),
};

function open(store: Store, first: RaftSnapshot | undefined = bootstrap): Promise<RaftLogStore> {
  const onFailure = (error: unknown): never => {
    throw error;
  };
  return openRaftLog({ store, logger: silentLogger, bootstrap: first, onFailure });
}

const entry = (index: number, term: number): RaftEntry => ({
  index,
  term,
  type: 'EntryNormal',
  data: Uint8Array.of(index & 255, term),
});

/** What the core can see of a log. */
function view({ memory }: RaftLogStore): unknown {
  const { hardState, confState } = memory.initialState();
  const first = memory.firstIndex();
  const last = memory.lastIndex();
  const entries = last < first ? [] : memory.entries(first, last + 1, Number.POSITIVE_INFINITY);
  const terms = entries === 'compacted' ? entries : entries.map(({ term }) => term);
  return { term: hardState.term, vote: hardState.vote, confState, first, last, base: memory.term(first - 1), terms };
}

/** Copies of a store after each of its batches: every place where a crash can leave it. */
async function recordedStore(): Promise<{ store: Store; copies: () => Promise<Store[]> }> {
  const store = createMemoryStore();
  const batches: (readonly StoreOperation[])[] = [];
  const recording: Store = {
    get: (key) => store.get(key),
    getSync: (key) => store.getSync(key),
    iterate: (range) => store.iterate(range),
    close: () => store.close(),
    batch(operations) {
      batches.push(operations);
      return store.batch(operations);
    },
  };
  async function copies(): Promise<Store[]> {
    const stores: Store[] = [];
    for (let count = 0; count <= batches.length; count++) {
      const copy = createMemoryStore();
      for (const operations of batches.slice(0, count)) await copy.batch(operations);
      stores.push(copy);
    }
    return stores;
  }
  return { store: recording, copies };
}

describe('the log on disk', () => {
  it('begins with the first members, and with nothing for who joins', async () => {
    const log = await open(createMemoryStore());
    expect(view(log)).toMatchObject({ first: 2, last: 1, base: 1, confState: bootstrap.confState });
    expect(log.hasJoined).toBe(false);
    const joining = await openRaftLog({
      store: createMemoryStore(),
      logger: silentLogger,
      bootstrap: undefined,
      onFailure: () => undefined,
    });
    expect(view(joining)).toMatchObject({ first: 1, last: 0, terms: [] });
  });

  it('is found again as some write left it, wherever a crash comes, and the core goes on from it', async () => {
    for (let seed = 1; seed <= 25; seed++) {
      const random = createSeededRandom(seed);
      const { store, copies } = await recordedStore();
      const log = await open(store);
      const seen = [view(log)];
      let term = 1;
      for (let step = 0; step < 25; step++) {
        const last = log.memory.lastIndex();
        const first = log.memory.firstIndex();
        if (random.chance(20)) term++;
        if (random.chance(70)) {
          // Sometimes over entries that another leader left.
          const committed = log.memory.snapshot();
          const least = Math.max(first, committed === 'unavailable' ? 0 : committed.index + 1);
          const from = random.chance(25) && last > least ? least + random.below(last - least) : last + 1;
          const entries = Array.from({ length: 1 + random.below(4) }, (_, at) => entry(from + at, term));
          await log.write({
            hardState: { term, vote: random.below(4), commit: first - 1 },
            entries,
            snapshot: undefined,
          });
        } else if (random.chance(50) && last >= first) {
          const index = first + random.below(last - first + 1);
          const made = { ...bootstrap, index, term: log.memory.term(index) as number };
          await log.saveSnapshot(made, index - random.below(3));
        } else {
          const snapshot = { ...bootstrap, index: last + 1 + random.below(5), term };
          await log.write({ hardState: { term, vote: 0, commit: snapshot.index }, entries: [], snapshot });
        }
        seen.push(view(log));
      }
      for (const copy of (await copies()).slice(1)) {
        const again = await open(copy);
        expect(seen).toContainEqual(view(again));
        const { memory } = again;
        const snapshot = memory.snapshot();
        const raw = createRawNode({
          id: 1,
          storage: memory,
          applied: snapshot === 'unavailable' ? 0 : snapshot.index,
          electionTicks: 10,
          heartbeatTicks: 1,
          random: () => 0,
          maxInflightMessages: 8,
          asyncStorageWrites: true,
        });
        for (let tick = 0; tick < 25; tick++) raw.tick();
        expect(raw.status().hardState.commit).toBeLessThanOrEqual(memory.lastIndex());
      }
    }
  });

  it('a commit index beyond the log, and entries behind a gap, are the trace of a lost write: passed over', async () => {
    const store = createMemoryStore();
    const log = await open(store);
    const entries = [2, 3, 4, 5].map((index) => entry(index, 1));
    await log.write({ hardState: { term: 1, vote: 0, commit: 5 }, entries, snapshot: undefined });
    const key = new Uint8Array([...utf8ToBytes('rl'), 0, 0, 0, 0, 0, 0, 0, 3]);
    expect(store.getSync(key)).toBeDefined();
    await store.batch([{ type: 'delete', key }]);
    const again = await open(store);
    expect(view(again)).toMatchObject({ first: 2, last: 2 });
    expect(again.memory.initialState().hardState.commit).toBe(2);
  });

  it('that ends before its snapshot begins anew behind it', async () => {
    const store = createMemoryStore();
    const log = await open(store);
    const entries = [2, 3, 4, 5].map((index) => entry(index, 1));
    await log.write({ hardState: { term: 1, vote: 0, commit: 5 }, entries, snapshot: undefined });
    await log.saveSnapshot({ ...bootstrap, index: 5 }, 2);
    await store.batch([{ type: 'delete', key: new Uint8Array([...utf8ToBytes('rl'), 0, 0, 0, 0, 0, 0, 0, 4]) }]);
    const again = await open(store);
    expect(view(again)).toMatchObject({ first: 6, last: 5, base: 1 });
    expect(again.memory.initialState().hardState.commit).toBe(5);
  });

  it('remembers that it has taken part', async () => {
    const store = createMemoryStore();
    await (await open(store)).noteJoined();
    expect((await open(store)).hasJoined).toBe(true);
  });

  it('says so when a record is damaged', async () => {
    const store = createMemoryStore();
    await open(store);
    await store.batch([{ type: 'put', key: utf8ToBytes('m:raft:state'), value: Uint8Array.of(0xc1) }]);
    await expect(open(store)).rejects.toMatchObject({ code: 'RAFT_RECORD_INVALID', reaction: 'STOP' });
  });
});
