import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { emptyCodeHash } from '@isoquorum/primitives/header';
import { keccak256 } from '@isoquorum/primitives/keccak';
import type { Log } from '@isoquorum/primitives/log';
import type { ChangeLog } from './change-log.ts';
import { Journal } from './journal.ts';
import { bytesToMapKey } from './node-source.ts';
import { ObjectTable } from './object-table.ts';
import {
  clearObject,
  hasStorageLeft,
  isEmptyObject,
  type Slot,
  type StateObject,
  warmSlotsOnly,
} from './state-object.ts';
import type { StateReader } from './types.ts';

/** The precompiled contract 3, whose touch survives a revert (an accident of mainnet that became a rule). */
const ripemdKey = bytesToMapKey(Uint8Array.from({ length: 20 }, (_, index) => (index === 19 ? 3 : 0)));

/**
 * A state that can be changed: an overlay over a reader, with a journal for undoing, and the life of accounts as geth 1.10 has it; tries are
 * updated from it by {@link updateTries}. All reading may throw `STATE_MISSING`.
 */
export class State {
  readonly reader: StateReader;
  private readonly objects = new ObjectTable();
  private readonly pending = new Set<StateObject>();
  private readonly touched = new Set<StateObject>();
  private readonly changeLog: ChangeLog | undefined;
  private readonly journal = new Journal();
  private transactionNumber = 0;
  private accessNumber = 0;
  private transient: Map<string, bigint> | undefined;
  /** The slot asked for last: an instruction asks several times. */
  private lastSlots: ReadonlyMap<bigint, Slot> | undefined;
  private lastSlot = 0n;
  private lastEntry: Slot | undefined;
  /** Gas to be refunded at the end of the transaction. */
  refund = 0n;
  /** Logs of the current transaction. */
  logs: Log[] = [];

  /** @param changeLog told what each transaction changed, for views of the state inside a block */
  constructor(reader: StateReader, changeLog?: ChangeLog) {
    this.reader = reader;
    this.changeLog = changeLog;
  }

  /** How many transactions were finished; a position in the change log. */
  get position(): number {
    return this.transactionNumber;
  }

  /** The account as it stands in memory, existing or not: to look at, not to change. */
  object(address: Address): StateObject {
    return this.objects.get(address, this.reader);
  }

  private record(object: StateObject, undo: () => void): void {
    this.touched.add(object);
    this.journal.push(undo, object);
  }

  exists(address: Address): boolean {
    return this.object(address).exists;
  }

  isEmpty(address: Address): boolean {
    const object = this.object(address);
    return !object.exists || isEmptyObject(object);
  }

  balance(address: Address): bigint {
    return this.object(address).balance;
  }

  nonce(address: Address): bigint {
    return this.object(address).nonce;
  }

  /** Undefined when the account does not exist. */
  codeHash(address: Address): Hash32 | undefined {
    const object = this.object(address);
    return object.exists ? object.codeHash : undefined;
  }

  code(address: Address): Uint8Array {
    const object = this.object(address);
    if (object.newCode !== undefined) return object.newCode;
    return this.reader.code(object.address, object.codeHash);
  }

  private ensure(object: StateObject): void {
    if (object.exists) return;
    this.create(object, 0n);
  }

  /** Makes the account new: no nonce, code or storage; its balance stays. */
  createAccount(address: Address): void {
    const object = this.object(address);
    this.create(object, object.exists ? object.balance : 0n);
  }

  private create(object: StateObject, balance: bigint): void {
    const before = { ...object };
    const undo = (): void => {
      object.exists = before.exists;
      object.isKnown = before.isKnown;
      object.nonce = before.nonce;
      object.balance = before.balance;
      object.codeHash = before.codeHash;
      object.newCode = before.newCode;
      object.slots = before.slots;
      object.isStorageCleared = before.isStorageCleared;
      object.isTrieStale = before.isTrieStale;
      object.hasSelfDestructed = before.hasSelfDestructed;
      object.createdIn = before.createdIn;
      object.writtenSlots = before.writtenSlots;
    };
    // As in geth: an account that was there before in this block is not looked at again when the transaction ends, so
    // that it stays even if it is empty.
    if (object.isKnown) {
      this.touched.add(object);
      this.journal.push(undo);
    } else this.record(object, undo);
    object.exists = true;
    object.isKnown = true;
    object.nonce = 0n;
    object.balance = balance;
    object.codeHash = emptyCodeHash;
    object.newCode = undefined;
    object.slots = warmSlotsOnly(object, this.accessNumber);
    object.isStorageCleared = true;
    object.isTrieStale = true;
    object.hasSelfDestructed = false;
    object.writtenSlots = [];
  }

  /** Notes that the account is the product of a CREATE of this transaction. */
  markCreated(address: Address): void {
    this.object(address).createdIn = this.transactionNumber;
  }

  wasCreatedHere(address: Address): boolean {
    return this.object(address).createdIn === this.transactionNumber;
  }

  setNonce(address: Address, nonce: bigint): void {
    const object = this.object(address);
    this.ensure(object);
    const before = object.nonce;
    this.record(object, () => {
      object.nonce = before;
    });
    object.nonce = nonce;
  }

  setBalance(address: Address, balance: bigint): void {
    const object = this.object(address);
    this.ensure(object);
    const before = object.balance;
    this.record(object, () => {
      object.balance = before;
    });
    object.balance = balance;
  }

  /** Adds wei; adding nothing to an empty account touches it, so that it goes away at the end of the transaction. */
  addBalance(address: Address, amount: bigint): void {
    const object = this.object(address);
    this.ensure(object);
    if (amount === 0n) {
      if (isEmptyObject(object)) this.touch(object);
      return;
    }
    this.setBalance(address, object.balance + amount);
  }

  subBalance(address: Address, amount: bigint): void {
    const object = this.object(address);
    this.ensure(object);
    if (amount !== 0n) this.setBalance(address, object.balance - amount);
  }

  private touch(object: StateObject): void {
    this.record(object, () => {});
    if (object.key === ripemdKey) object.dirtyCount++;
  }

  setCode(address: Address, code: Uint8Array): void {
    const object = this.object(address);
    this.ensure(object);
    const { codeHash, newCode } = object;
    this.record(object, () => {
      object.codeHash = codeHash;
      object.newCode = newCode;
    });
    object.newCode = code.slice();
    object.codeHash = keccak256(object.newCode);
  }

  private slot(object: StateObject, slot: bigint): Slot {
    if (slot === this.lastSlot && object.slots === this.lastSlots) return this.lastEntry as Slot;
    let entry = object.slots.get(slot);
    if (entry === undefined) {
      const { origin } = object;
      const value =
        object.isStorageCleared || origin === undefined ? 0n : this.reader.storage(object.address, origin, slot);
      entry = { value, base: value, original: value, writtenIn: -1, warmIn: -1 };
      object.slots.set(slot, entry);
    }
    this.lastSlots = object.slots;
    this.lastSlot = slot;
    this.lastEntry = entry;
    return entry;
  }

  storage(address: Address, slot: bigint): bigint {
    const object = this.object(address);
    return object.exists ? this.slot(object, slot).value : 0n;
  }

  /** The slot's value when the transaction began. */
  originalStorage(address: Address, slot: bigint): bigint {
    const object = this.object(address);
    if (!object.exists) return 0n;
    const entry = this.slot(object, slot);
    return entry.writtenIn === this.transactionNumber ? entry.original : entry.value;
  }

  setStorage(address: Address, slot: bigint, value: bigint): void {
    const object = this.object(address);
    this.ensure(object);
    const entry = this.slot(object, slot);
    if (entry.value === value) return;
    if (entry.writtenIn !== this.transactionNumber) {
      entry.original = entry.value;
      entry.writtenIn = this.transactionNumber;
      object.writtenSlots.push(slot);
    }
    const before = entry.value;
    this.record(object, () => {
      entry.value = before;
    });
    entry.value = value;
  }

  transientStorage(address: Address, slot: bigint): bigint {
    return this.transient?.get(`${bytesToMapKey(address)}${slot}`) ?? 0n;
  }

  setTransientStorage(address: Address, slot: bigint, value: bigint): void {
    this.transient ??= new Map();
    const { transient } = this;
    const key = `${bytesToMapKey(address)}${slot}`;
    const before = transient.get(key) ?? 0n;
    this.journal.push(() => transient.set(key, before));
    transient.set(key, value);
  }

  /** Marks the account for deletion and takes its balance away. Answers whether this is its first time in the transaction. */
  selfDestruct(address: Address): boolean {
    const object = this.object(address);
    if (!object.exists) return false;
    const { hasSelfDestructed, balance } = object;
    this.record(object, () => {
      object.hasSelfDestructed = hasSelfDestructed;
      object.balance = balance;
    });
    object.hasSelfDestructed = true;
    object.balance = 0n;
    return !hasSelfDestructed;
  }

  hasSelfDestructed(address: Address): boolean {
    const object = this.object(address);
    return object.exists && object.hasSelfDestructed;
  }

  /** Marks as accessed (EIP-2929); answers whether it was before. */
  accessAddress(address: Address): boolean {
    const object = this.object(address);
    if (object.warmIn === this.accessNumber) return true;
    const before = object.warmIn;
    this.journal.push(() => {
      object.warmIn = before;
    });
    object.warmIn = this.accessNumber;
    return false;
  }

  isWarmAddress(address: Address): boolean {
    return this.object(address).warmIn === this.accessNumber;
  }

  accessSlot(address: Address, slot: bigint): boolean {
    const entry = this.slot(this.object(address), slot);
    if (entry.warmIn === this.accessNumber) return true;
    const before = entry.warmIn;
    this.journal.push(() => {
      entry.warmIn = before;
    });
    entry.warmIn = this.accessNumber;
    return false;
  }

  isWarmSlot(address: Address, slot: bigint): boolean {
    return this.slot(this.object(address), slot).warmIn === this.accessNumber;
  }

  addRefund(gas: bigint): void {
    const before = this.refund;
    this.journal.push(() => {
      this.refund = before;
    });
    this.refund = before + gas;
  }

  addLog(log: Log): void {
    this.journal.push(() => {
      this.logs.pop();
    });
    this.logs.push(log);
  }

  /** Has `undo` run when the state goes back beyond this moment: for what changes along with the state. */
  onUndo(undo: () => void): void {
    this.journal.push(undo);
  }

  /** A mark to which {@link State.revertTo} goes back. */
  snapshot(): number {
    return this.journal.length;
  }

  revertTo(snapshot: number): void {
    this.journal.revertTo(snapshot);
  }

  /** Ends a transaction: accounts that destroyed themselves go, and with `deleteEmpty` (EIP-158) touched empty ones. Hands out the logs. */
  finalise(deleteEmpty: boolean): Log[] {
    for (const object of this.touched) {
      if (object.dirtyCount > 0) {
        if (object.exists && (object.hasSelfDestructed || (deleteEmpty && isEmptyObject(object)))) clearObject(object);
        object.isPending = true;
        this.pending.add(object);
      }
      this.changeLog?.record(object, this.transactionNumber);
      object.dirtyCount = 0;
      if (object.writtenSlots.length > 0) object.writtenSlots = [];
    }
    this.touched.clear();
    this.journal.clear();
    this.refund = 0n;
    this.transient = undefined;
    this.transactionNumber++;
    this.accessNumber++;
    const { logs } = this;
    this.logs = [];
    return logs;
  }

  /** Begins another transaction without settling the one before, as GoQuorum's tracers do: only what is warm ends. */
  goOnUnsettled(): Log[] {
    this.journal.clear();
    this.accessNumber++;
    return this.logs.splice(0);
  }

  /** Accounts changed by finished transactions since the last call. For updating tries. */
  takePending(): StateObject[] {
    const objects = [...this.pending];
    for (const object of objects) object.isPending = false;
    this.pending.clear();
    return objects;
  }

  /** True when the account has code. */
  hasCode(address: Address): boolean {
    return !bytesEqual(this.object(address).codeHash, emptyCodeHash);
  }

  /** True when the account has storage, even without code or nonce (EIP-7610 takes it for taken). */
  hasStorage(address: Address): boolean {
    const object = this.object(address);
    return object.exists && hasStorageLeft(object);
  }
}
