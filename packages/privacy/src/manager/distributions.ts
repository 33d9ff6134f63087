import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import type { SealedPayload } from '../codec/payload.ts';
import type { KeyedQueue } from './keyed-queue.ts';
import type { PayloadStore } from './payload-store.ts';

interface Running {
  count: number;
  /** One distribution of this hash was acknowledged: the row stays whatever becomes of the others. */
  isKept: boolean;
  /** The row before the first of them. */
  readonly before: SealedPayload | undefined;
}

/**
 * Rows that are being distributed. A row is stored before it is pushed and taken back when the push fails, unless another distribution
 * of the same payload (a repeated `/sendsignedtx`) needs it or has succeeded: an acknowledged payload is never taken back.
 */
export class Distributions {
  private readonly payloads: PayloadStore;
  private readonly queue: KeyedQueue;
  private readonly running = new Map<string, Running>();

  constructor(payloads: PayloadStore, queue: KeyedQueue) {
    this.payloads = payloads;
    this.queue = queue;
  }

  /**
   * Stores what `make` makes of the row that is there, then pushes it. `make` runs alone for this hash; pushes run side by side.
   * @returns the payload that was stored and pushed
   */
  async run(
    hash: EncryptedPayloadHash,
    make: (stored: SealedPayload | undefined) => Promise<SealedPayload>,
    push: (payload: SealedPayload) => Promise<void>,
  ): Promise<SealedPayload> {
    const name = bytesToBase64(hash);
    const payload = await this.queue.run(hash, async () => {
      const stored = await this.payloads.get(hash);
      const made = await make(stored);
      await this.payloads.put(hash, made);
      const entry = this.running.get(name);
      if (entry === undefined) this.running.set(name, { count: 1, isKept: false, before: stored });
      else entry.count++;
      return made;
    });
    try {
      await push(payload);
      (this.running.get(name) as Running).isKept = true;
      return payload;
    } finally {
      await this.queue.run(hash, () => this.end(name, hash));
    }
  }

  private async end(name: string, hash: EncryptedPayloadHash): Promise<void> {
    const entry = this.running.get(name) as Running;
    entry.count--;
    if (entry.count > 0) return;
    this.running.delete(name);
    if (entry.isKept) return;
    if (entry.before === undefined) await this.payloads.delete(hash);
    else await this.payloads.put(hash, entry.before);
  }
}
