import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { EnclaveKey, EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { bytesEqual, concatBytes } from '@isoquorum/primitives/hex';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { encodeRlp, numberToRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { bytesToBigint } from '@isoquorum/primitives/integer';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import type { Clock } from '@isoquorum/platform/clock';
import type { Store, StoreOperation } from '@isoquorum/platform/store';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { OrderedWriter } from '../manager/ordered-writer.ts';
import type { WaitingPayload } from './messages.ts';

/** What a home keeps at most for pages that are away. */
export interface WaitingLimits {
  readonly recipientBytesMax: number;
  readonly recipientPayloadsMax: number;
  /** Of one sender for one recipient. */
  readonly senderBytesMax: number;
  readonly totalBytesMax: number;
  /** Older payloads are dropped. */
  readonly expiryMs: number;
}

export const defaultWaitingLimits: WaitingLimits = {
  recipientBytesMax: 64 << 20,
  recipientPayloadsMax: 10_000,
  senderBytesMax: 32 << 20,
  totalBytesMax: 1 << 30,
  expiryMs: 30 * 24 * 3_600_000,
};

export type WaitingErrorCode = 'HOME_QUOTA_EXCEEDED'; // fields.limit says which

interface Item {
  readonly sequence: number;
  readonly hash: EncryptedPayloadHash;
  readonly sender: string;
  readonly receivedMs: number;
  readonly bytes: number;
}

const prefix = utf8ToBytes('home/w/');
const end = utf8ToBytes('home/w0');

function itemKey(key: EnclaveKey, sequence: number): Uint8Array {
  return concatBytes(prefix, key, bigintToFixedBytes(BigInt(sequence), 8));
}

function readRow(row: Uint8Array): { receivedMs: number; hash: Uint8Array; sender: Uint8Array; payload: Uint8Array } {
  const reader = new RlpReader(row).readList('waiting row');
  const receivedMs = reader.readNumber('received');
  const [hash, sender, payload] = ['hash', 'sender', 'payload'].map((field) => reader.readBytes(field));
  return { receivedMs, hash, sender, payload } as {
    receivedMs: number;
    hash: Uint8Array;
    sender: Uint8Array;
    payload: Uint8Array;
  };
}

/** Sealed payloads that wait for their pages: durable when `add` resolves, bounded by quotas, dropped after their time. */
export class WaitingStore {
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly limits: WaitingLimits;
  private readonly writer: OrderedWriter;
  private readonly byKey = new Map<string, { key: EnclaveKey; items: Item[] }>();
  private totalBytes = 0;
  private lastNumber: number;

  private constructor(store: Store, clock: Clock, limits: WaitingLimits) {
    this.store = store;
    this.clock = clock;
    this.limits = limits;
    this.writer = new OrderedWriter(store);
    // Numbers go on growing after a restart although acknowledged rows are gone: a page remembers the last one it saw.
    this.lastNumber = clock.nowMs() * 1_000;
  }

  static async open(store: Store, clock: Clock, limits: WaitingLimits): Promise<WaitingStore> {
    const waiting = new WaitingStore(store, clock, limits);
    for await (const [rowKey, row] of store.iterate({ gte: prefix, lt: end })) {
      const key = rowKey.slice(prefix.length, prefix.length + 32);
      const sequence = Number(bytesToBigint(rowKey.subarray(prefix.length + 32)));
      const { receivedMs, hash, sender } = readRow(row);
      waiting.remember(key, {
        sequence,
        hash: hash.slice(),
        sender: bytesToBase64(sender),
        receivedMs,
        bytes: row.length,
      });
    }
    return waiting;
  }

  private remember(key: EnclaveKey, item: Item): void {
    const name = bytesToBase64(key);
    const entry = this.byKey.get(name) ?? { key, items: [] };
    entry.items.push(item);
    this.byKey.set(name, entry);
    this.totalBytes += item.bytes;
    this.lastNumber = Math.max(this.lastNumber, item.sequence);
  }

  private items(key: EnclaveKey): Item[] {
    return this.byKey.get(bytesToBase64(key))?.items ?? [];
  }

  /** Highest sequence number waiting for a key; 0 when nothing waits. */
  lastSequence(key: EnclaveKey): number {
    return this.items(key).at(-1)?.sequence ?? 0;
  }

  private check(key: EnclaveKey, sender: string, bytes: number): void {
    const items = this.items(key);
    const sum = (chosen: readonly Item[]): number => chosen.reduce((total, item) => total + item.bytes, bytes);
    const fail = (limit: keyof WaitingLimits): never => {
      throw new IsoquorumError(
        'HOME_QUOTA_EXCEEDED',
        'the home keeps no more payloads for this recipient',
        { limit },
        'RETRY',
      );
    };
    if (this.totalBytes + bytes > this.limits.totalBytesMax) fail('totalBytesMax');
    if (items.length >= this.limits.recipientPayloadsMax) fail('recipientPayloadsMax');
    if (sum(items) > this.limits.recipientBytesMax) fail('recipientBytesMax');
    if (sum(items.filter((item) => item.sender === sender)) > this.limits.senderBytesMax) fail('senderBytesMax');
  }

  /** Keeps a payload, once. @throws HOME_QUOTA_EXCEEDED */
  async add(key: EnclaveKey, hash: EncryptedPayloadHash, sender: EnclaveKey, payload: Uint8Array): Promise<void> {
    await this.expire();
    if (this.items(key).some((item) => bytesEqual(item.hash, hash))) return;
    const receivedMs = this.clock.nowMs();
    const row = encodeRlp([numberToRlp(receivedMs), hash, sender, payload]);
    const senderName = bytesToBase64(sender);
    this.check(key, senderName, row.length);
    const item = { sequence: ++this.lastNumber, hash, sender: senderName, receivedMs, bytes: row.length };
    this.totalBytes += item.bytes;
    try {
      await this.writer.write([{ type: 'put', key: itemKey(key, item.sequence), value: row }]);
    } finally {
      this.totalBytes -= item.bytes;
    }
    this.remember(key, item);
  }

  /** Payloads after a sequence number, oldest first: as many as fit `maxBytes`, at least one. */
  async list(key: EnclaveKey, after: number, maxBytes: number): Promise<WaitingPayload[]> {
    await this.expire();
    const found: WaitingPayload[] = [];
    let bytes = 0;
    for (const item of this.items(key).filter(({ sequence }) => sequence > after)) {
      bytes += item.bytes;
      if (found.length > 0 && bytes > maxBytes) break;
      const row = await this.store.get(itemKey(key, item.sequence));
      if (row === undefined) continue;
      found.push({
        sequence: item.sequence,
        hash: item.hash,
        receivedMs: item.receivedMs,
        payload: readRow(row).payload,
      });
    }
    return found;
  }

  private async drop(key: EnclaveKey, dropped: (item: Item) => boolean): Promise<void> {
    const entry = this.byKey.get(bytesToBase64(key));
    const gone = entry?.items.filter(dropped) ?? [];
    if (entry === undefined || gone.length === 0) return;
    await this.writer.write(gone.map((item): StoreOperation => ({ type: 'delete', key: itemKey(key, item.sequence) })));
    const before = entry.items;
    entry.items = before.filter((item) => !gone.includes(item));
    for (const item of before) if (gone.includes(item)) this.totalBytes -= item.bytes;
    if (entry.items.length === 0) this.byKey.delete(bytesToBase64(key));
  }

  /** Forgets acknowledged payloads. */
  async remove(key: EnclaveKey, hashes: readonly EncryptedPayloadHash[]): Promise<void> {
    await this.drop(key, (item) => hashes.some((hash) => bytesEqual(hash, item.hash)));
  }

  async removeAll(key: EnclaveKey): Promise<void> {
    await this.drop(key, () => true);
  }

  private async expire(): Promise<void> {
    const oldest = this.clock.nowMs() - this.limits.expiryMs;
    for (const { key, items } of this.byKey.values()) {
      if ((items[0]?.receivedMs ?? oldest) < oldest) await this.drop(key, (item) => item.receivedMs < oldest);
    }
  }
}
