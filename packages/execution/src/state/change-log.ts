import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { bytesToMapKey } from './node-source.ts';
import type { StateObject } from './state-object.ts';
import type { Account, StateReader, StorageChanges } from './types.ts';

interface Version<T> {
  readonly position: number;
  readonly value: T;
}

interface AccountVersion {
  readonly account: Account | undefined;
  readonly code: Uint8Array | undefined;
}

interface AccountHistory {
  /** The account before the block. */
  readonly base: Account | undefined;
  readonly versions: Version<AccountVersion>[];
  /** Positions after which the storage in the trie does not count. */
  readonly clearedAt: number[];
  readonly slots: Map<bigint, Version<bigint>[]>;
}

/** The last version before `position`. */
function lastBefore<T>(versions: readonly Version<T>[] | undefined, position: number): Version<T> | undefined {
  if (versions === undefined) return undefined;
  let low = 0;
  let high = versions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((versions[middle] as Version<T>).position < position) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? undefined : versions[low - 1];
}

/**
 * What each transaction of a block changed, so that the state before any of them can be read: a view is a position in
 * this log, costs nothing to make, and stays right while the block goes on.
 */
export class ChangeLog {
  private readonly histories = new Map<string, AccountHistory>();
  private readonly base: StateReader;

  constructor(base: StateReader) {
    this.base = base;
  }

  /** Told by the state about an account that transaction number `position` changed. */
  record(object: StateObject, position: number): void {
    let history = this.histories.get(object.key);
    if (history === undefined) {
      history = { base: object.origin, versions: [], clearedAt: [], slots: new Map() };
      this.histories.set(object.key, history);
    }
    const account = object.exists
      ? {
          nonce: object.nonce,
          balance: object.balance,
          storageRoot: object.origin?.storageRoot ?? emptyTrieRoot,
          codeHash: object.codeHash,
        }
      : undefined;
    history.versions.push({ position, value: { account, code: object.newCode } });
    if (object.isStorageCleared) history.clearedAt.push(position);
    const slots = object.isStorageCleared ? object.slots.keys() : object.writtenSlots;
    for (const slot of slots) {
      let versions = history.slots.get(slot);
      if (versions === undefined) {
        versions = [];
        history.slots.set(slot, versions);
      }
      versions.push({ position, value: object.slots.get(slot)?.value ?? 0n });
    }
  }

  /** The state before transaction number `position`. */
  viewAt(position: number): StateReader {
    const { base, histories } = this;
    return {
      account(address: Address): Account | undefined {
        const version = lastBefore(histories.get(bytesToMapKey(address))?.versions, position);
        return version === undefined ? base.account(address) : version.value.account;
      },
      storage(address: Address, account: Account, slot: bigint): bigint {
        const history = histories.get(bytesToMapKey(address));
        if (history === undefined) return base.storage(address, account, slot);
        const version = lastBefore(history.slots.get(slot), position);
        let cleared = -1;
        for (const at of history.clearedAt) if (at < position) cleared = at;
        if (version !== undefined && version.position >= cleared) return version.value;
        return cleared >= 0 || history.base === undefined ? 0n : base.storage(address, history.base, slot);
      },
      code(address: Address, codeHash: Hash32): Uint8Array {
        const version = lastBefore(histories.get(bytesToMapKey(address))?.versions, position);
        return version?.value.code ?? base.code(address, codeHash);
      },
      storageChanges(address: Address): StorageChanges | undefined {
        const history = histories.get(bytesToMapKey(address));
        if (history === undefined) return undefined;
        const cleared = history.clearedAt.findLast((at) => at < position) ?? -1;
        const slots = new Map<bigint, bigint>();
        for (const [slot, versions] of history.slots) {
          const version = lastBefore(versions, position);
          if (version !== undefined && version.position >= cleared) slots.set(slot, version.value);
        }
        return { isCleared: cleared >= 0 || history.base === undefined, slots };
      },
    };
  }
}
