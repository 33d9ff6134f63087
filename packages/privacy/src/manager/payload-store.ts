import type { EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { concatBytes } from '@isoquorum/primitives/hex';
import { bigintToFixedBytes, bytesToBigint, bytesToNumber } from '@isoquorum/primitives/integer';
import { encodeRlp, numberToRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import type { Clock } from '@isoquorum/platform/clock';
import type { Store, StoreOperation } from '@isoquorum/platform/store';
import { decodeLegacyPayload, encodeLegacyPayload, type PayloadDialect } from '../codec/legacy.ts';
import type { RawPayload, SealedPayload } from '../codec/payload.ts';
import { managerError } from './manager-error.ts';
import { OrderedWriter } from './ordered-writer.ts';
import type { StoredEvent } from './transaction-manager.ts';

/** Version of the layout below; a newer one in a store is refused. */
const schema = 1;
const schemaKey = utf8ToBytes('payload/schema');
const payloadPrefix = utf8ToBytes('payload/t/');
const rawPrefix = utf8ToBytes('payload/r/');
const sequencePrefix = utf8ToBytes('payload/s/');
const sequenceEnd = utf8ToBytes('payload/s0');
const maxKeyBytes = 256;

function sequenceKey(sequence: number): Uint8Array {
  return concatBytes(sequencePrefix, bigintToFixedBytes(BigInt(sequence), 8));
}

/**
 * Rows of sealed and raw payloads by hash, and the order in which payloads came to be here. A row is RLP [milliseconds, LEGACY bytes]
 * (raw: [milliseconds, payload, key, nonce, from]). Writes keep their order, so a reader of the sequence never misses a lower number.
 */
export class PayloadStore {
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly writer: OrderedWriter;
  private readonly listeners = new Set<(event: StoredEvent) => void>();
  private readonly dialect: PayloadDialect;
  private lastSequence: number;

  private constructor(store: Store, clock: Clock, dialect: PayloadDialect, lastSequence: number) {
    this.store = store;
    this.clock = clock;
    this.dialect = dialect;
    this.writer = new OrderedWriter(store);
    this.lastSequence = lastSequence;
  }

  /** @throws STORE_SCHEMA_UNSUPPORTED */
  static async open(store: Store, clock: Clock, dialect: PayloadDialect): Promise<PayloadStore> {
    const found = await store.get(schemaKey);
    if (found === undefined) await store.batch([{ type: 'put', key: schemaKey, value: Uint8Array.of(schema) }]);
    else if (bytesToNumber(found) > schema) {
      const fields = { found: bytesToNumber(found), supported: schema };
      throw managerError(
        'STORE_SCHEMA_UNSUPPORTED',
        'the payload store was written by a newer version',
        fields,
        'STOP',
      );
    }
    let last = 0;
    for await (const [key] of store.iterate({ gte: sequencePrefix, lt: sequenceEnd, reverse: true, limit: 1 })) {
      last = Number(bytesToBigint(key.subarray(sequencePrefix.length)));
    }
    return new PayloadStore(store, clock, dialect, last);
  }

  async get(hash: Uint8Array): Promise<SealedPayload | undefined> {
    if (hash.length > maxKeyBytes) return undefined;
    const row = await this.store.get(concatBytes(payloadPrefix, hash));
    if (row === undefined) return undefined;
    const reader = new RlpReader(row).readList('payload row');
    reader.readNumber('payload row.time');
    return decodeLegacyPayload(reader.readBytes('payload row.bytes'), this.dialect);
  }

  async getRaw(hash: Uint8Array): Promise<RawPayload | undefined> {
    if (hash.length > maxKeyBytes) return undefined;
    const row = await this.store.get(concatBytes(rawPrefix, hash));
    if (row === undefined) return undefined;
    const reader = new RlpReader(row).readList('raw row');
    reader.readNumber('raw row.time');
    const [encryptedPayload, encryptedKey, nonce, from] = ['payload', 'key', 'nonce', 'from'].map((field) =>
      reader.readBytes(field),
    );
    return { encryptedPayload, encryptedKey, nonce, from } as RawPayload;
  }

  /** Durable when the promise resolves; then listeners are told (they must not throw). */
  async put(hash: EncryptedPayloadHash, payload: SealedPayload): Promise<void> {
    const sequence = ++this.lastSequence;
    const row = encodeRlp([numberToRlp(this.clock.nowMs()), encodeLegacyPayload(payload)]);
    await this.writer.write([
      { type: 'put', key: concatBytes(payloadPrefix, hash), value: row },
      { type: 'put', key: sequenceKey(sequence), value: hash },
    ]);
    for (const listener of this.listeners) listener({ sequence, hash });
  }

  async putRaw(hash: EncryptedPayloadHash, raw: RawPayload): Promise<void> {
    const row = encodeRlp([
      numberToRlp(this.clock.nowMs()),
      raw.encryptedPayload,
      raw.encryptedKey,
      raw.nonce,
      raw.from,
    ]);
    await this.writer.write([{ type: 'put', key: concatBytes(rawPrefix, hash), value: row }]);
  }

  async delete(hash: Uint8Array): Promise<void> {
    const operations: StoreOperation[] = [{ type: 'delete', key: concatBytes(payloadPrefix, hash) }];
    await this.writer.write(operations);
  }

  async storedSince(sequence: number, limit: number): Promise<StoredEvent[]> {
    const events: StoredEvent[] = [];
    for await (const [key, hash] of this.store.iterate({ gte: sequenceKey(sequence + 1), lt: sequenceEnd, limit })) {
      events.push({ sequence: Number(bytesToBigint(key.subarray(sequencePrefix.length))), hash });
    }
    return events;
  }

  onStored(listener: (event: StoredEvent) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}
