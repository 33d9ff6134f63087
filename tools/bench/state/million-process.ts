/** Grows a state on LevelDB and measures changes to it, in a process whose heap is bounded by its parent; figures as JSON. */
import { createStateDatabase } from '@isoquorum/execution/state/database';
import { FlatState } from '@isoquorum/execution/state/flat/flat-state';
import { createStoreNodeSource } from '@isoquorum/execution/state/node-source';
import { State } from '@isoquorum/execution/state/state';
import { createTrieReader } from '@isoquorum/execution/state/trie-reader';
import { TrieUpdater } from '@isoquorum/execution/state/update-tries';
import { installFastestCrypto } from '@isoquorum/platform/node/crypto';
import { openLevelStore } from '@isoquorum/platform/node/level-store';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';

export interface GrowthFigures {
  readonly accounts: number;
  /** One balance change of a random account in a block of 1,000: read, trie, root, batch on disk. */
  readonly microsecondsPerUpdate: number;
  readonly microsecondsPerRead: number;
  readonly heapMiB: number;
  readonly residentMiB: number;
}

const { directory, accounts } = JSON.parse(process.argv[2] ?? '') as {
  readonly directory: string;
  readonly accounts: readonly number[];
};
const perBlock = 1_000;
/** New accounts of a block while the state grows. */
const growth = 2_000;
const rounds = 20;

await installFastestCrypto();
const store = await openLevelStore(directory);
const database = createStateDatabase(createStoreNodeSource(store));
const flat = new FlatState((key) => store.getSync(key), database, { root: emptyTrieRoot, marker: undefined });
database.flat = flat;
let root: Uint8Array = emptyTrieRoot;
let blockNumber = 0;
let heap = 0;

const address = (index: number): Uint8Array => bigintToFixedBytes(BigInt(index + 1) << 40n, 20);

/** A block as the chain commits it: tries, root, flat snapshot, one durable batch. */
async function block(indexes: readonly number[]): Promise<void> {
  const state = new State(createTrieReader(database, root));
  const updater = new TrieUpdater(database, root, ++blockNumber);
  for (const index of indexes) state.addBalance(address(index), 1n);
  state.finalise(true);
  const before = root;
  const committed = updater.commit(state);
  root = committed.root;
  const layer = flat.executedLayer(before, root);
  if (layer === undefined) throw new Error('no layer');
  const operations = flat.advance(layer);
  await store.batch([...committed.operations, ...operations]);
  database.settle(committed.operations);
  flat.settle(layer);
  heap = Math.max(heap, process.memoryUsage().heapUsed);
}

/** Numbers that jump about, the same in every run. */
let seed = 1;
function random(below: number): number {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
  return seed % below;
}

const figures: GrowthFigures[] = [];
let made = 0;
for (const goal of accounts) {
  for (; made < goal; made += growth) await block(Array.from({ length: growth }, (_, index) => made + index));
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const chosen = Array.from({ length: perBlock }, () => random(goal));
    const start = performance.now();
    await block(chosen);
    times.push(((performance.now() - start) * 1000) / perBlock);
  }
  const reader = createTrieReader(database, root);
  const start = performance.now();
  for (let index = 0; index < 20_000; index++) reader.account(address(random(goal)));
  figures.push({
    accounts: goal,
    microsecondsPerUpdate: times.toSorted((left, right) => left - right)[rounds >> 1] ?? Number.NaN,
    microsecondsPerRead: ((performance.now() - start) * 1000) / 20_000,
    heapMiB: Math.round(heap / 2 ** 20),
    residentMiB: Math.round(process.resourceUsage().maxRSS / 1024),
  });
}
await store.close();
console.log(JSON.stringify(figures));
