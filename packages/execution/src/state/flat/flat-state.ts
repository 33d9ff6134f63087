import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { bytesEqual, compareBytes } from '@isoquorum/primitives/hex';
import type { StoreOperation } from '@isoquorum/platform/store';
import { HotMap } from '../hot-map.ts';
import { bytesToMapKey } from '../node-source.ts';
import type { Account } from '../types.ts';
import { type FlatChange, FlatLayer, noSlots } from './layer.ts';
import type { FlatPart } from './make.ts';
import { type FlatMarker, type FlatStatus, placeOf } from './marker.ts';
import {
  decodeFlatAccount,
  decodeFlatSlot,
  encodeFlatAccount,
  encodeFlatSlot,
  flatAccountKey,
  flatSlotKey,
  flatStaleKey,
} from './records.ts';

/** The snapshot cannot answer (not made yet so far, or too far back): the trie can. */
export const UNKNOWN: unique symbol = Symbol('unknown');

/** Reads one entry of the store, without waiting. */
export type FlatReader = (key: Uint8Array) => Uint8Array | undefined;

/** Hashes of addresses and slots, remembered elsewhere. */
export interface FlatHasher {
  hashAddress(address: Address): Hash32;
  hashSlot(slot: bigint): Hash32;
}

/** Layers kept with what was there before, so that recent states stay readable without the trie, and the changes in them. */
const layersKept = 32;
/** Layers of executed blocks, perhaps never to be used. */
const maxExecuted = 64;
/** Changed accounts in either at most, beside the newest: about 20 MB. */
const changesKept = 40_000;
const maxAccounts = 20_000;
const maxSlotsPerAccount = 16_384;
/** Slots in memory of all accounts together: when so many were taken in, all go, and those in use come again. About 20 MB. */
const maxSlotsDefault = 131_072;

interface HotAccount {
  readonly account: Account | undefined;
  slots: HotMap<bigint, bigint> | undefined;
}

/**
 * The accounts and slots of the newest public state, one store entry each, with recent blocks as layers: a block that was
 * executed is a layer over its parent's; when it becomes the head, its values join the snapshot in the same batch as the
 * block, and the layer remembers what was there before. A reader is bound to the layer of its root: it looks through
 * executed layers above the snapshot, through the "before" of newer ones, and else into the snapshot itself. Undoing a block is a
 * layer like any other, made of what was there before. Values at the head are also kept in memory, within a bound.
 */
export class FlatState {
  private readonly read: FlatReader;
  private readonly hasher: FlatHasher;
  private readonly layers = new Map<string, FlatLayer>();
  /** By root of the parent and own root: branches may come to one root on different ways. */
  private readonly executed = new Map<string, FlatLayer>();
  private executedChanges = 0;
  private oldest = 0;
  private sequenceChanges = 0;
  private readonly sequence = new Map<number, FlatLayer>();
  private readonly hot = new HotMap<string, HotAccount>(maxAccounts);
  private readonly maxSlots: number;
  private hotSlots = 0;
  /** Made and not durable yet. */
  private readonly parts: Map<string, Uint8Array>[] = [];
  private head: FlatLayer;
  /** Accounts and slots from here on are not in the snapshot yet; `undefined` when it is whole. */
  private marker: FlatMarker | undefined;

  constructor(read: FlatReader, hasher: FlatHasher, { root, marker }: FlatStatus, maxSlots: number = maxSlotsDefault) {
    this.read = read;
    this.maxSlots = maxSlots;
    this.hasher = hasher;
    this.marker = marker;
    this.head = new FlatLayer(root, 0, undefined);
    this.head.position = 0;
    this.head.isDurable = true;
    this.layers.set(bytesToMapKey(root), this.head);
    this.sequence.set(0, this.head);
  }

  /** What the snapshot is of, batches under way included. */
  get status(): FlatStatus {
    return { root: this.head.root, marker: this.marker };
  }

  /** Takes a part that was just made: its entries count from now on, although they are still to be written. */
  addPart({ operations, marker }: FlatPart): void {
    const entries = new Map<string, Uint8Array>();
    for (const operation of operations)
      if (operation.type === 'put') entries.set(bytesToMapKey(operation.key), operation.value);
    this.parts.push(entries);
    this.marker = marker;
  }

  /** Told when the oldest such part is durable. */
  settlePart(): void {
    this.parts.shift();
  }

  private entry(key: Uint8Array): Uint8Array | undefined {
    for (const entries of this.parts) {
      const found = entries.get(bytesToMapKey(key));
      if (found !== undefined) return found;
    }
    return this.read(key);
  }

  /** The layer of a root, or `undefined` when only the trie knows it. */
  layerOf(root: Hash32): FlatLayer | undefined {
    return this.layers.get(bytesToMapKey(root));
  }

  /** A layer for a block that is executed on this root, also on one that only the tries know. */
  createLayer(parentRoot: Hash32, blockNumber: number): FlatLayer {
    return new FlatLayer(parentRoot, blockNumber, this.layerOf(parentRoot));
  }

  /** Makes an executed block readable under its root. */
  addLayer(layer: FlatLayer, root: Hash32): void {
    const key = bytesToMapKey(root);
    // A block that changes nothing has its parent's state.
    if (bytesEqual(root, layer.parentRoot)) return;
    layer.root = root;
    const way = bytesToMapKey(layer.parentRoot) + key;
    this.forgetExecuted(way);
    this.executed.set(way, layer);
    this.executedChanges += layer.changes.size;
    for (const [old, { changes }] of this.executed) {
      const isTooMuch = this.executed.size > maxExecuted || this.executedChanges - layer.changes.size > changesKept;
      if (!isTooMuch || changes === layer.changes) break;
      this.forgetExecuted(old);
    }
    this.layers.set(key, layer);
  }

  private forgetExecuted(way: string): void {
    const layer = this.executed.get(way);
    if (layer === undefined) return;
    this.executed.delete(way);
    this.executedChanges -= layer.changes.size;
    if (layer.position < 0) this.forgetRoot(layer);
  }

  private forgetRoot(layer: FlatLayer): void {
    const key = bytesToMapKey(layer.root);
    if (this.layers.get(key) === layer) this.layers.delete(key);
  }

  /** What an executed block made of its parent's state, fit to be given to {@link FlatState.advance}; also once more. */
  executedLayer(parentRoot: Hash32, root: Hash32): FlatLayer | undefined {
    const layer = this.executed.get(bytesToMapKey(parentRoot) + bytesToMapKey(root));
    return layer === undefined || layer.position < 0 ? layer : layer.repeat();
  }

  /** The account as of a layer. `key` is the map key of the address. */
  account(layer: FlatLayer, key: string, address: Address): Account | undefined | typeof UNKNOWN {
    let at: FlatLayer | undefined = layer;
    for (; at !== undefined && at.position < 0; at = at.parent) {
      const change = at.changes.get(key);
      if (change !== undefined) return change.account;
    }
    if (at === undefined) return UNKNOWN;
    for (let position = at.position + 1; position <= this.head.position; position++) {
      const newer = this.sequence.get(position);
      if (newer === undefined) return UNKNOWN;
      const change = newer.changes.get(key);
      if (change?.isUncovered === true) return UNKNOWN;
      if (change?.before !== undefined) return change.before.account;
    }
    const found = this.accountAtHead(key, address);
    return found === UNKNOWN ? UNKNOWN : found.account;
  }

  /** A slot as of a layer, of an account that {@link FlatState.account} answered for it. */
  slot(layer: FlatLayer, key: string, address: Address, account: Account, slot: bigint): bigint | typeof UNKNOWN {
    const { incarnation } = account;
    if (incarnation === undefined) return UNKNOWN;
    let at: FlatLayer | undefined = layer;
    for (; at !== undefined && at.position < 0; at = at.parent) {
      const change = at.changes.get(key);
      const value = change?.account?.incarnation === incarnation ? change.slots.get(slot) : undefined;
      if (value !== undefined) return value;
    }
    if (at === undefined) return UNKNOWN;
    for (let position = at.position + 1; position <= this.head.position; position++) {
      const newer = this.sequence.get(position);
      if (newer === undefined) return UNKNOWN;
      const change = newer.changes.get(key);
      if (change?.isUncovered === true) return UNKNOWN;
      const value = change?.slotsIncarnation === incarnation ? change.before?.slots.get(slot) : undefined;
      if (value !== undefined) return value;
    }
    return this.slotAtHead(key, address, incarnation, slot);
  }

  private accountAtHead(key: string, address: Address): HotAccount | typeof UNKNOWN {
    const known = this.hot.get(key);
    if (known !== undefined) return known;
    let found: HotAccount | undefined;
    for (let layer = this.head; !layer.isDurable && found === undefined; ) {
      const change = layer.changes.get(key);
      // Since then the account was made, or it still has to be: older layers say nothing of it.
      if (change?.isUncovered === true) break;
      if (change !== undefined) found = { account: change.account, slots: undefined };
      const older = this.sequence.get(layer.position - 1);
      if (older === undefined) break;
      layer = older;
    }
    if (found === undefined) {
      const hash = this.hasher.hashAddress(address);
      if (placeOf(hash, this.marker) !== 'before') return UNKNOWN;
      const encoded = this.entry(flatAccountKey(hash));
      found = { account: encoded === undefined ? undefined : decodeFlatAccount(encoded), slots: undefined };
    }
    this.hot.set(key, found);
    return found;
  }

  private slotAtHead(key: string, address: Address, incarnation: number, slot: bigint): bigint | typeof UNKNOWN {
    const hot = this.accountAtHead(key, address);
    if (hot === UNKNOWN) return UNKNOWN;
    const isHot = hot.account?.incarnation === incarnation;
    const known = isHot ? hot.slots?.get(slot) : undefined;
    if (known !== undefined) return known;
    let value: bigint | undefined;
    let isSameAccount = isHot;
    for (let layer = this.head; !layer.isDurable && value === undefined; ) {
      const change = layer.changes.get(key);
      // What was written while the account was being made has its value here, whatever the incarnation was to be.
      const isMeant = change?.slotsIncarnation === incarnation || (isSameAccount && change?.isUncovered === true);
      if (isMeant) value = change?.slots.get(slot);
      if (change?.isFresh === true || (change !== undefined && change.account === undefined)) isSameAccount = false;
      const older = this.sequence.get(layer.position - 1);
      if (older === undefined) break;
      layer = older;
    }
    if (value === undefined) {
      const slotHash = this.hasher.hashSlot(slot);
      const addressHash = this.hasher.hashAddress(address);
      const encoded = this.entry(flatSlotKey(addressHash, incarnation, slotHash));
      value = encoded === undefined ? 0n : decodeFlatSlot(encoded);
    }
    if (isHot) {
      hot.slots ??= new HotMap(maxSlotsPerAccount);
      hot.slots.set(slot, value);
      this.countHotSlots(1);
    }
    return value;
  }

  private countHotSlots(added: number): void {
    this.hotSlots += added;
    if (this.hotSlots <= this.maxSlots) return;
    this.hot.clear();
    this.hotSlots = 0;
  }

  /**
   * Makes an executed layer part of the snapshot. Its parent must be the head's state.
   * @returns what has to be stored in the batch of the block
   */
  advance(layer: FlatLayer): StoreOperation[] {
    const operations: StoreOperation[] = [];
    for (const [key, change] of layer.changes) this.apply(layer, key, change, operations);
    layer.position = this.head.position + 1;
    layer.parent = undefined;
    this.sequence.set(layer.position, layer);
    this.sequenceChanges += layer.changes.size;
    this.head = layer;
    this.layers.set(bytesToMapKey(layer.root), layer);
    return operations;
  }

  private apply(layer: FlatLayer, key: string, change: FlatChange, operations: StoreOperation[]): void {
    const current = this.accountAtHead(key, change.address);
    const addressHash = this.hasher.hashAddress(change.address);
    if (current === UNKNOWN) {
      change.isUncovered = true;
      if (placeOf(addressHash, this.marker) === 'inside') this.applyInside(addressHash, change, operations);
      return;
    }
    const { account: before } = current;
    if (change.account !== undefined && change.account.incarnation === undefined) {
      change.account = { ...change.account, incarnation: before?.incarnation ?? 0 };
      change.slotsIncarnation = change.account.incarnation;
    }
    const incarnation = change.slotsIncarnation ?? 0;
    const slotsBefore = change.slots === noSlots ? noSlots : new Map<bigint, bigint>();
    for (const [slot, value] of change.slots) {
      const old = this.slotAtHead(key, change.address, incarnation, slot);
      (slotsBefore as Map<bigint, bigint>).set(slot, old === UNKNOWN ? 0n : old);
      this.writeSlot(addressHash, incarnation, slot, value, operations);
    }
    change.before = { account: before, slots: slotsBefore };
    const accountKey = flatAccountKey(addressHash);
    if (change.account !== undefined)
      operations.push({ type: 'put', key: accountKey, value: encodeFlatAccount(change.account) });
    else if (before !== undefined) operations.push({ type: 'delete', key: accountKey });
    noteStale(
      layer,
      addressHash,
      layer.isUndo ? change.account : before,
      layer.isUndo ? before : change.account,
      operations,
    );
    const isSameStorage = before !== undefined && before.incarnation === change.account?.incarnation;
    const hot: HotAccount = { account: change.account, slots: isSameStorage ? current.slots : undefined };
    if (change.slots.size > 0 && change.account?.incarnation === incarnation) {
      hot.slots ??= new HotMap(maxSlotsPerAccount);
      for (const [slot, value] of change.slots) hot.slots.set(slot, value);
      // Those of a storage that goes on were counted when they were read.
      if (!isSameStorage) this.countHotSlots(change.slots.size);
    }
    this.hot.set(key, hot);
  }

  private writeSlot(
    addressHash: Hash32,
    incarnation: number,
    slot: bigint,
    value: bigint,
    operations: StoreOperation[],
  ): void {
    const key = flatSlotKey(addressHash, incarnation, this.hasher.hashSlot(slot));
    if (value === 0n) operations.push({ type: 'delete', key });
    else operations.push({ type: 'put', key, value: encodeFlatSlot(value) });
  }

  /** The account in whose midst the making stands: its slots so far are kept right, or it is begun again. */
  private applyInside(addressHash: Hash32, change: FlatChange, operations: StoreOperation[]): void {
    const { marker } = this;
    if (marker?.slot === undefined) return;
    if (change.account === undefined || change.isFresh) {
      this.marker = { account: marker.account, slot: undefined, incarnation: 0 };
      return;
    }
    for (const [slot, value] of change.slots) {
      if (compareBytes(this.hasher.hashSlot(slot), marker.slot) < 0)
        this.writeSlot(addressHash, marker.incarnation, slot, value, operations);
    }
  }

  /** Told when the batch of a layer is durable: the store has its values from now on. Layers become durable in order. */
  settle(layer: FlatLayer): void {
    layer.isDurable = true;
    for (; this.oldest < layer.position; this.oldest++) {
      const old = this.sequence.get(this.oldest);
      const newer = this.sequenceChanges - (old?.changes.size ?? 0);
      if (this.oldest > layer.position - layersKept && this.sequenceChanges <= changesKept) break;
      if (old === undefined) continue;
      this.sequence.delete(this.oldest);
      this.sequenceChanges = newer;
      this.forgetRoot(old);
    }
  }
}

/** Notes that a block took an account's storage out of reach, for whoever prunes; undoing it takes the note back. */
function noteStale(
  layer: FlatLayer,
  addressHash: Hash32,
  before: Account | undefined,
  after: Account | undefined,
  operations: StoreOperation[],
): void {
  if (before?.incarnation === undefined || before.incarnation === after?.incarnation) return;
  if (bytesEqual(before.storageRoot, emptyTrieRoot)) return;
  const key = flatStaleKey(layer.blockNumber, addressHash, before.incarnation);
  operations.push(layer.isUndo ? { type: 'delete', key } : { type: 'put', key, value: new Uint8Array(0) });
}
