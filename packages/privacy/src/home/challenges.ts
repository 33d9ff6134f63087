import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import type { Clock } from '@isoquorum/platform/clock';
import { homeError } from './home-error.ts';
import type { HomeChallenge } from './messages.ts';

interface Pending {
  readonly id: number;
  readonly payload: Uint8Array;
  isDelivered: boolean;
  settle(plaintext: Uint8Array | undefined): void;
}

const maxPending = 8;

/** A UUID as Tessera's challenge carries it: 36 characters, nothing else. */
export function isUuid(plaintext: Uint8Array): boolean {
  if (plaintext.length !== 36) return false;
  return plaintext.every((byte, index) => {
    if ([8, 13, 18, 23].includes(index)) return byte === 0x2d;
    return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66) || (byte >= 0x41 && byte <= 0x46);
  });
}

/** Challenges that wait for the answer of a page that is here now. */
export class Challenges {
  private readonly clock: Clock;
  private readonly pending = new Map<string, Pending[]>();
  private lastId = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** True when the page has not been told of some challenge yet. */
  hasNew(key: EnclaveKey): boolean {
    return (this.pending.get(bytesToBase64(key)) ?? []).some(({ isDelivered }) => !isDelivered);
  }

  /** Challenges to tell the page, each once. */
  deliver(key: EnclaveKey): readonly HomeChallenge[] {
    const fresh = (this.pending.get(bytesToBase64(key)) ?? []).filter(({ isDelivered }) => !isDelivered);
    for (const item of fresh) item.isDelivered = true;
    return fresh.map(({ id, payload }) => ({ id, payload }));
  }

  /** Waits for the page's answer. @throws CHALLENGE_REFUSED after `waitMs`, or when too many wait */
  ask(key: EnclaveKey, payload: Uint8Array, waitMs: number): Promise<Uint8Array> {
    const name = bytesToBase64(key);
    const list = this.pending.get(name) ?? [];
    if (list.length >= maxPending)
      return Promise.reject(homeError('CHALLENGE_REFUSED', 'too many challenges wait for this key', 'RETRY'));
    return new Promise((resolve, reject) => {
      const settle = (plaintext: Uint8Array | undefined): void => {
        cancel();
        const left = (this.pending.get(name) ?? []).filter((other) => other !== item);
        if (left.length === 0) this.pending.delete(name);
        else this.pending.set(name, left);
        if (plaintext === undefined)
          reject(homeError('CHALLENGE_REFUSED', 'the party did not answer the challenge', 'RETRY'));
        else resolve(plaintext);
      };
      const item: Pending = { id: ++this.lastId, payload, isDelivered: false, settle };
      const cancel = this.clock.setTimer(waitMs, () => settle(undefined));
      this.pending.set(name, [...list, item]);
    });
  }

  /** The page's answer; no bytes: it refuses. @throws CHALLENGE_REFUSED when it is something else than a UUID */
  answer(key: EnclaveKey, id: number, plaintext: Uint8Array): void {
    if (plaintext.length > 0 && !isUuid(plaintext)) throw homeError('CHALLENGE_REFUSED', 'the answer is not a UUID');
    const item = this.pending.get(bytesToBase64(key))?.find((candidate) => candidate.id === id);
    item?.settle(plaintext.length > 0 ? plaintext : undefined);
  }

  stop(): void {
    for (const list of this.pending.values()) for (const item of list) item.settle(undefined);
  }
}
