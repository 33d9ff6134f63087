import { emptyCodeHash, emptyTrieRoot } from '@isoquorum/primitives/header';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { bigintToFixedBytes, bytesToBigint } from '@isoquorum/primitives/integer';
import type { StoreOperation } from '@isoquorum/platform/store';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOf } from '../../testing/addresses.ts';
import { createStateDatabase, type StateDatabase } from '../database.ts';
import { bytesToMapKey, createStoreNodeSource } from '../node-source.ts';
import { State } from '../state.ts';
import { createTrieReader } from '../trie-reader.ts';
import type { Account, StateReader } from '../types.ts';
import { TrieUpdater } from '../update-tries.ts';
import { FlatState, UNKNOWN } from './flat-state.ts';
import { type FlatLayer, setSlot } from './layer.ts';
import { makeFlatPart } from './make.ts';
import { firstMarker } from './marker.ts';
import { decodeUndo, encodeUndo } from './undo.ts';

const runs = Number(process.env['FLAT_RUNS'] ?? 60);

/** A store whose batches become durable later than they were given, in order. */
class SlowStore {
  readonly entries = new Map<string, Uint8Array>();
  private readonly queue: { operations: readonly StoreOperation[]; done: () => void; isWritten: boolean }[] = [];

  getSync(key: Uint8Array): Uint8Array | undefined {
    return this.entries.get(bytesToMapKey(key));
  }

  give(operations: readonly StoreOperation[], done: () => void): void {
    this.queue.push({ operations, done, isWritten: false });
  }

  /** Writes the oldest batches; nobody hears of the last `silent` of them yet. */
  write(count: number, silent = 0): void {
    for (let left = count; left > 0 && this.queue.length > 0; left--) {
      const batch = this.queue.find(({ isWritten }) => !isWritten);
      if (batch === undefined) break;
      batch.isWritten = true;
      for (const operation of batch.operations) {
        if (operation.type === 'put') this.entries.set(bytesToMapKey(operation.key), operation.value);
        else this.entries.delete(bytesToMapKey(operation.key));
      }
    }
    const written = this.queue.filter(({ isWritten }) => isWritten).length;
    for (const { done } of this.queue.splice(0, Math.max(0, written - silent))) done();
  }
}

const accounts = 6;
const slots = 4;

type Change =
  | { readonly type: 'balance'; readonly account: number; readonly value: number }
  | { readonly type: 'slot'; readonly account: number; readonly slot: number; readonly value: number }
  | { readonly type: 'destroy' | 'create'; readonly account: number };

const account = fc.integer({ min: 0, max: accounts - 1 });
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ type: fc.constant('balance' as const), account, value: fc.integer({ min: 0, max: 3 }) }),
  fc.record({
    type: fc.constant('slot' as const),
    account,
    slot: fc.integer({ min: 0, max: slots - 1 }),
    value: fc.integer({ min: 0, max: 3 }),
  }),
  fc.record({ type: fc.constantFrom('destroy' as const, 'create' as const), account }),
);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('block' as const), changes: fc.array(change, { maxLength: 6 }) }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('undo' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('write' as const),
      count: fc.integer({ min: 0, max: 4 }),
      silent: fc.integer({ min: 0, max: 2 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('make' as const), limit: fc.integer({ min: 1, max: 4 }) }) },
);

function apply(state: State, changes: readonly Change[]): void {
  for (const one of changes) {
    const address = addressOf(one.account);
    if (one.type === 'balance') state.setBalance(address, BigInt(one.value));
    else if (one.type === 'slot') state.setStorage(address, BigInt(one.slot), BigInt(one.value));
    else if (one.type === 'create') {
      state.createAccount(address);
      state.setNonce(address, 1n);
    } else state.selfDestruct(address);
    state.finalise(true);
  }
}

function contentOf(reader: StateReader): string {
  return Array.from({ length: accounts }, (_, index) => {
    const address = addressOf(index);
    const found = reader.account(address);
    if (found === undefined) return '-';
    const values = Array.from({ length: slots }, (__, slot) => reader.storage(address, found, BigInt(slot)));
    return `${found.nonce} ${found.balance} ${bytesToHex(found.storageRoot)} ${values.join()}`;
  }).join('\n');
}

/** Every value that the snapshot itself answers for a root; what it leaves to the trie is left out. */
function answers(flat: FlatState, layer: FlatLayer): { readonly text: string; readonly unknown: number } {
  let unknown = 0;
  const text = Array.from({ length: accounts }, (_, index) => {
    const address = addressOf(index);
    const key = bytesToMapKey(address);
    const found = flat.account(layer, key, address);
    if (found === UNKNOWN) {
      unknown++;
      return '?';
    }
    if (found === undefined) return '-';
    const values = Array.from({ length: slots }, (__, slot) => {
      const value = flat.slot(layer, key, address, found, BigInt(slot));
      if (value === UNKNOWN) unknown++;
      return value === UNKNOWN ? '?' : value;
    });
    return `${found.nonce} ${found.balance} ${bytesToHex(found.storageRoot)} ${values.join()}`;
  }).join('\n');
  return { text, unknown };
}

class Harness {
  readonly store = new SlowStore();
  readonly database: StateDatabase = createStateDatabase(createStoreNodeSource(this.store));
  flat: FlatState;
  readonly chain: { readonly root: Uint8Array; readonly undo: Uint8Array | undefined; readonly content: string }[];

  constructor(isWhole: boolean) {
    const read = (key: Uint8Array): Uint8Array | undefined => this.store.getSync(key);
    this.flat = new FlatState(read, this.database, { root: emptyTrieRoot, marker: isWhole ? undefined : firstMarker });
    this.database.flat = this.flat;
    const content = contentOf(createTrieReader(this.database, emptyTrieRoot));
    this.chain = [{ root: emptyTrieRoot, undo: undefined, content }];
  }

  get tip(): Harness['chain'][number] {
    return this.chain.at(-1)!;
  }

  /** What tries alone say, whatever the snapshot says. */
  fromTries(root: Uint8Array): string {
    const { flat } = this.database;
    this.database.flat = undefined;
    const content = contentOf(createTrieReader(this.database, root));
    this.database.flat = flat;
    return content;
  }

  block(changes: readonly Change[]): void {
    const number = this.chain.length;
    const parent = this.tip.root;
    const state = new State(createTrieReader(this.database, parent));
    const updater = new TrieUpdater(this.database, parent, number);
    apply(state, changes);
    const { root, operations } = updater.commit(state);
    const content = this.fromTries(root);
    // Before it is part of the snapshot, the block can be read.
    expect(contentOf(createTrieReader(this.database, root))).toBe(content);
    if (bytesToHex(root) === bytesToHex(parent)) {
      this.store.give(operations, () => this.database.settle(operations));
      this.chain.push({ root, undo: undefined, content });
      return;
    }
    const layer = this.flat.executedLayer(parent, root)!;
    const flatOperations = this.flat.advance(layer);
    this.store.give([...operations, ...flatOperations], () => {
      this.database.settle(operations);
      this.flat.settle(layer);
    });
    this.chain.push({ root, undo: encodeUndo(layer), content });
  }

  undo(): void {
    const gone = this.tip;
    if (this.chain.length < 2) return;
    const below = this.chain.at(-2)!;
    if (bytesToHex(gone.root) !== bytesToHex(below.root)) {
      if (gone.undo === undefined) return;
      const layer = decodeUndo(gone.undo, this.chain.length - 1);
      expect(layer.parentRoot).toEqual(below.root);
      const operations = this.flat.advance(layer);
      this.store.give(operations, () => this.flat.settle(layer));
    }
    this.chain.pop();
  }

  make(limit: number): void {
    const { root, marker } = this.flat.status;
    if (marker === undefined) return;
    const part = makeFlatPart(this.database.readNode, root, marker, this.chain.length - 1, limit);
    this.flat.addPart(part);
    this.store.give(part.operations, () => this.flat.settlePart());
  }

  check(isWhole: boolean): void {
    for (const { root, content } of this.chain.slice(-6)) {
      expect(contentOf(createTrieReader(this.database, root))).toBe(content);
      const layer = this.flat.layerOf(root);
      if (layer === undefined) continue;
      const { text, unknown } = answers(this.flat, layer);
      if (isWhole) expect(unknown).toBe(0);
      if (unknown === 0) expect(text).toBe(content);
    }
  }
}

describe('flat snapshot', () => {
  it.each([true, false])('says what the tries say, at every recent block (whole from the start: %s)', (isWhole) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
        const harness = new Harness(isWhole);
        for (const one of steps) {
          if (one.type === 'block') harness.block(one.changes);
          else if (one.type === 'undo') harness.undo();
          else if (one.type === 'write') harness.store.write(one.count, one.silent);
          else harness.make(one.limit);
          harness.check(isWhole);
        }
        // Made to the end, and opened anew from the store, it is the state of the tip.
        while (harness.flat.status.marker !== undefined) harness.make(3);
        harness.store.write(Number.POSITIVE_INFINITY);
        const reopened = new FlatState((key) => harness.store.getSync(key), harness.database, harness.flat.status);
        const { text, unknown } = answers(reopened, reopened.layerOf(harness.tip.root)!);
        expect(unknown).toBe(0);
        expect(text).toBe(harness.tip.content);
      }),
      { numRuns: runs },
    );
  });
});

it('lets slots of accounts that were made go when there are too many, as those that were read', () => {
  const store = new SlowStore();
  let reads = 0;
  const read = (key: Uint8Array): Uint8Array | undefined => {
    reads++;
    return store.getSync(key);
  };
  const hasher = {
    hashAddress: (address: Uint8Array) => bigintToFixedBytes(bytesToBigint(address), 32),
    hashSlot: (slot: bigint) => bigintToFixedBytes(slot, 32),
  };
  const flat = new FlatState(read, hasher, { root: emptyTrieRoot, marker: undefined }, 1_000);
  const contract = { nonce: 1n, balance: 0n, codeHash: emptyCodeHash, storageRoot: new Uint8Array(32).fill(1) };
  /** A block that makes contracts with slots; how many reads of the store the first one's first slot then takes. */
  function readsAfter(number: number, contracts: number, slotsOfEach: number): number {
    const layer = flat.createLayer(flat.status.root, number);
    const addresses = Array.from({ length: contracts }, (_, index) => addressOf(1_000_000 * number + index));
    for (const address of addresses) {
      const one = layer.begin(bytesToMapKey(address), address, true);
      for (let slot = 1n; slot <= slotsOfEach; slot++) setSlot(one, slot, slot);
      layer.setAccount(one, contract, undefined);
    }
    flat.addLayer(layer, new Uint8Array(32).fill(number));
    store.give(flat.advance(layer), () => flat.settle(layer));
    store.write(1);
    reads = 0;
    const address = addresses[0] as Uint8Array;
    const key = bytesToMapKey(address);
    const found = flat.account(layer, key, address) as Account;
    expect(flat.slot(layer, key, address, found, 1n)).toBe(1n);
    return reads;
  }
  expect(readsAfter(1, 10, 50)).toBe(0);
  expect(readsAfter(2, 30, 50)).toBe(2);
});
