import { concatBytes, bytesToHex } from '@isoquorum/primitives/hex';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import type { Clock } from '@isoquorum/platform/clock';
import type { Q2tClient, Q2tKey, Q2tPayload, Q2tStoredEvent } from '@isoquorum/rpc/rest/q2t';

/** A manager without cryptography: payloads go to the other fakes by name. For tests of what a node makes of its manager. */
export interface FakeManager extends Q2tClient {
  /** Base64 name under which others send to it. */
  readonly key: string;
  /** While false every call is answered by MANAGER_UNREACHABLE. */
  isReachable: boolean;
  /** While false payloads of others are kept back, as if they were still on their way. */
  isReceiving: boolean;
  /** Digests that were asked for, in order. */
  readonly asked: string[];
}

function textOf(key: Q2tKey): string {
  return typeof key === 'string' ? key : bytesToBase64(key);
}

export function createFakeManagers(count: number, clock: Clock): readonly FakeManager[] {
  let sent = 0;
  const managers: FakeManager[] = [];
  const deliver = new Map<string, (hash: EncryptedPayloadHash, payload: Q2tPayload) => void>();

  function createOne(index: number): FakeManager {
    const key = bytesToBase64(keccak256(utf8ToBytes(`manager ${index}`)));
    const payloads = new Map<string, Q2tPayload>();
    const raw = new Map<string, Q2tPayload>();
    const events: Q2tStoredEvent[] = [];
    const held: (() => void)[] = [];
    let isReceiving = true;

    const store = (hash: EncryptedPayloadHash, payload: Q2tPayload): void => {
      payloads.set(bytesToHex(hash), payload);
      events.push({ sequence: events.length + 1, hash });
    };
    deliver.set(key, (hash, payload) => {
      if (isReceiving) store(hash, payload);
      else held.push(() => store(hash, payload));
    });
    const check = (): void => {
      if (!manager.isReachable) throw new IsoquorumError('MANAGER_UNREACHABLE', 'connection refused', {}, 'RETRY');
    };
    const hashOf = (payload: Uint8Array): EncryptedPayloadHash => {
      const nonce = utf8ToBytes(`${index}/${sent++}`);
      return concatBytes(keccak256(concatBytes(nonce, payload)), keccak256(concatBytes(payload, nonce)));
    };
    const distribute = (hash: EncryptedPayloadHash, payload: Q2tPayload, to: readonly Q2tKey[]): void => {
      for (const name of to.map(textOf)) {
        const other = deliver.get(name);
        if (other === undefined)
          throw new IsoquorumError('MANAGER_REFUSED', `404 status: Recipient not found for key: ${name}`, {
            status: 404,
          });
        if (name !== key) other(hash, payload);
      }
    };
    const wrap = (payload: Uint8Array): Q2tPayload => ({
      payload,
      privacyFlag: 0,
      affectedContractTransactions: [],
      execHash: '',
      managedParties: [],
      senderKey: undefined,
    });

    const manager: FakeManager = {
      key,
      isReachable: true,
      get isReceiving() {
        return isReceiving;
      },
      set isReceiving(value: boolean) {
        isReceiving = value;
        if (value) for (const give of held.splice(0)) give();
      },
      asked: [],
      async features() {
        check();
        return {
          version: 'fake',
          apiVersions: ['4.0'],
          privacyEnhancements: false,
          multitenancy: true,
          multiplePrivateStates: true,
          mandatoryRecipients: false,
          isoquorum: true,
        };
      },
      async isUp() {
        return manager.isReachable;
      },
      async send({ payload, to }) {
        check();
        const hash = hashOf(payload);
        distribute(hash, wrap(payload), to);
        store(hash, wrap(payload));
        return { hash, senderKey: undefined, managedParties: [] };
      },
      async storeRaw(payload) {
        check();
        const hash = hashOf(payload);
        raw.set(bytesToHex(hash), wrap(payload));
        return hash;
      },
      async sendSigned({ hash, to }) {
        check();
        const payload = raw.get(bytesToHex(hash));
        if (payload === undefined)
          throw new IsoquorumError('MANAGER_REFUSED', '404 status: Raw Message not found', { status: 404 });
        distribute(hash, payload, to);
        store(hash, payload);
        return { hash, senderKey: undefined, managedParties: [] };
      },
      async receive(hash) {
        check();
        manager.asked.push(bytesToHex(hash));
        return payloads.get(bytesToHex(hash));
      },
      async receiveRaw(hash) {
        check();
        return raw.get(bytesToHex(hash));
      },
      isSender: () => Promise.resolve(false),
      participants: () => Promise.resolve([]),
      mandatoryRecipients: () => Promise.resolve([]),
      seal: async (payload) => payload,
      openSealed: async (sealed) => sealed,
      residentGroups: async () => [],
      async storedSince(sequence, waitMs = 0, signal) {
        check();
        for (let waited = 0; ; waited += 100) {
          const fresh = events.filter((event) => event.sequence > sequence);
          if (fresh.length > 0 || waited >= waitMs || signal?.aborted === true) return fresh;
          await new Promise<void>((resolve) => {
            const cancel = clock.setTimer(100, resolve);
            signal?.addEventListener('abort', () => {
              cancel();
              resolve();
            });
          });
          check();
        }
      },
      home: () => Promise.reject(new IsoquorumError('MANAGER_FEATURE_MISSING', 'no homes', {})),
    };
    return manager;
  }

  for (let index = 0; index < count; index++) managers.push(createOne(index));
  return managers;
}
