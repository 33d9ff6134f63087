import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import type { KeyAgreement } from '@isoquorum/platform/key-agreement';
import { boxKey } from './nacl.ts';

/** Box keys of pairs of parties, computed once; the least recently used go when there are more than `limit`. */
export class SharedKeys {
  private readonly agreement: KeyAgreement;
  private readonly limit: number;
  private readonly keys = new Map<string, Promise<Uint8Array>>();

  constructor(agreement: KeyAgreement, limit: number) {
    this.agreement = agreement;
    this.limit = limit;
  }

  /** @throws KEY_NOT_FOUND, KEY_REJECTED */
  get(ours: EnclaveKey, theirs: EnclaveKey): Promise<Uint8Array> {
    const name = bytesToBase64(ours) + bytesToBase64(theirs);
    const known = this.keys.get(name);
    if (known !== undefined) {
      this.keys.delete(name);
      this.keys.set(name, known);
      return known;
    }
    const key = this.agreement.sharedSecret(ours, theirs).then(boxKey);
    this.keys.set(name, key);
    key.catch(() => this.keys.delete(name));
    if (this.keys.size > this.limit) {
      const oldest = this.keys.keys().next().value;
      if (oldest !== undefined) this.keys.delete(oldest);
    }
    return key;
  }
}
