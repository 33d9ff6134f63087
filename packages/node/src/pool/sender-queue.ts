import type { Address } from '@isoquorum/primitives/bytes';
import type { Transaction } from '@isoquorum/primitives/transaction/transaction';
import type { TransactionOrigin } from './pool.ts';

export interface PoolEntry {
  readonly transaction: Transaction;
  readonly hash: string;
  readonly sender: Address;
  readonly nonce: number;
  readonly origin: TransactionOrigin;
  /** Order of arrival, over all senders. */
  readonly arrival: number;
}

/** Transactions of one sender by nonce: an executable run from the account's nonce on, and what waits behind a gap. */
export class SenderQueue {
  readonly sender: Address;
  private readonly entries = new Map<number, PoolEntry>();
  /** The account's nonce in the head's state. */
  private base: number;
  /** First nonce after the executable run. */
  private end: number;

  constructor(sender: Address, accountNonce: number) {
    this.sender = sender;
    this.base = accountNonce;
    this.end = accountNonce;
  }

  get size(): number {
    return this.entries.size;
  }

  get pendingCount(): number {
    return this.end - this.base;
  }

  get queuedCount(): number {
    return this.entries.size - this.pendingCount;
  }

  /** Nonce for the next transaction. */
  get nextNonce(): number {
    return this.end;
  }

  at(nonce: number): PoolEntry | undefined {
    return this.entries.get(nonce);
  }

  /** Puts an entry at its nonce, in place of another; answers what became executable by it, the entry itself included. */
  put(entry: PoolEntry): PoolEntry[] {
    const replaced = this.entries.has(entry.nonce);
    this.entries.set(entry.nonce, entry);
    if (replaced) return entry.nonce < this.end ? [entry] : [];
    return this.extend();
  }

  /** Removes an entry; what follows it waits again. */
  remove(nonce: number): PoolEntry | undefined {
    const entry = this.entries.get(nonce);
    if (entry === undefined) return undefined;
    this.entries.delete(nonce);
    if (nonce < this.end) this.end = Math.max(nonce, this.base);
    return entry;
  }

  /** The account's nonce changed (also downwards, after a reorganisation); answers what is below it now and what became executable. */
  rebase(accountNonce: number): { readonly stale: PoolEntry[]; readonly promoted: PoolEntry[] } {
    const stale: PoolEntry[] = [];
    if (accountNonce > this.base) {
      for (const [nonce, entry] of this.entries) {
        if (nonce >= accountNonce) continue;
        stale.push(entry);
      }
      for (const entry of stale) this.entries.delete(entry.nonce);
      this.base = accountNonce;
      this.end = Math.max(this.end, accountNonce);
    } else if (accountNonce < this.base) {
      this.base = accountNonce;
      this.end = accountNonce;
    }
    return { stale, promoted: this.extend() };
  }

  private extend(): PoolEntry[] {
    const promoted: PoolEntry[] = [];
    for (let entry = this.entries.get(this.end); entry !== undefined; entry = this.entries.get(this.end)) {
      promoted.push(entry);
      this.end++;
    }
    return promoted;
  }

  /** Executable entries in order of nonce. */
  *pending(): Generator<PoolEntry, void, undefined> {
    const { end } = this;
    for (let nonce = this.base; nonce < end; nonce++) {
      const entry = this.entries.get(nonce);
      if (entry === undefined) return;
      yield entry;
    }
  }

  /** Entries behind a gap, in order of nonce. */
  queued(): PoolEntry[] {
    const behind = [...this.entries.values()].filter((entry) => entry.nonce >= this.end);
    return behind.sort((left, right) => left.nonce - right.nonce);
  }

  /** The entry with the greatest nonce. */
  last(): PoolEntry | undefined {
    let found: PoolEntry | undefined;
    for (const entry of this.entries.values()) if (found === undefined || entry.nonce > found.nonce) found = entry;
    return found;
  }
}
