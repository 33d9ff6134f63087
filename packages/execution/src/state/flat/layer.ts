import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { Account } from '../types.ts';
import { blockIncarnation } from './records.ts';

/** What a block made of one account. */
export interface FlatChange {
  readonly address: Address;
  account: Account | undefined;
  /** The account, and with it its storage, was made in this block. */
  isFresh: boolean;
  /** New values of slots; {@link noSlots} until there is one. */
  slots: ReadonlyMap<bigint, bigint>;
  /** The incarnation to which `slots` belong; the account's own, except where a block is undone that made it anew. */
  slotsIncarnation: number | undefined;
  /** Set when the layer becomes part of the snapshot: what was there before, for readers of earlier roots and for undoing. */
  before: { readonly account: Account | undefined; readonly slots: ReadonlyMap<bigint, bigint> } | undefined;
  /** The snapshot did not reach this account yet when the layer became part of it: readers ask the trie. */
  isUncovered: boolean;
}

/** Most changes of a block of payments have no slots: one map for all of them. */
export const noSlots: ReadonlyMap<bigint, bigint> = new Map();

/** Notes a new value of a slot. */
export function setSlot(change: FlatChange, slot: bigint, value: bigint): void {
  if (change.slots === noSlots) change.slots = new Map();
  (change.slots as Map<bigint, bigint>).set(slot, value);
}

export function createChange(address: Address, isFresh: boolean): FlatChange {
  return {
    address,
    account: undefined,
    isFresh,
    slots: noSlots,
    slotsIncarnation: undefined,
    before: undefined,
    isUncovered: false,
  };
}

/** The difference between the states before and after a block, by map key of the address. */
export class FlatLayer {
  /** The layer below, until this one becomes part of the snapshot. */
  parent: FlatLayer | undefined;
  readonly blockNumber: number;
  readonly parentRoot: Hash32;
  readonly changes: Map<string, FlatChange> = new Map();
  root: Hash32;
  /** Place in the sequence of layers that became part of the snapshot; -1 before that. */
  position = -1;
  isDurable = false;
  /** Made of what a block replaced, to take the snapshot back behind it. */
  isUndo = false;

  /** @param root of the state below; that of the block is set when it is known */
  constructor(root: Hash32, blockNumber: number, parent: FlatLayer | undefined) {
    this.root = root;
    this.parentRoot = root;
    this.blockNumber = blockNumber;
    this.parent = parent;
  }

  /** The same difference once more, for a block that comes back after it was undone. */
  repeat(): FlatLayer {
    const layer = new FlatLayer(this.parentRoot, this.blockNumber, undefined);
    layer.root = this.root;
    for (const [key, change] of this.changes)
      layer.changes.set(key, { ...change, before: undefined, isUncovered: false });
    return layer;
  }

  /**
   * The change of an account, to be filled with its slots and then by {@link FlatLayer.setAccount}.
   * @param isFresh the account was made anew, or goes: slots noted before do not count
   */
  begin(key: string, address: Address, isFresh: boolean): FlatChange {
    let change = this.changes.get(key);
    if (change === undefined) {
      change = createChange(address, isFresh);
      this.changes.set(key, change);
    } else if (isFresh) {
      change.slots = noSlots;
      change.isFresh = true;
    }
    return change;
  }

  /** @param base the account in the state before, with its incarnation if the snapshot answered */
  setAccount(change: FlatChange, account: Account | undefined, base: Account | undefined): void {
    const incarnation = change.isFresh
      ? blockIncarnation(this.blockNumber)
      : (change.account?.incarnation ?? base?.incarnation);
    change.account = account === undefined ? undefined : { ...account, incarnation };
    change.slotsIncarnation = incarnation;
  }
}
