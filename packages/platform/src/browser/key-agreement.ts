import { type DBSchema, openDB } from 'idb';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { checkSecret, keyNotFound, keyRejected } from '../key-agreement-error.ts';
import type { KeyAgreement } from '../key-agreement.ts';

/** One enclave key pair as it is kept: the private half is a CryptoKey that cannot be exported. */
export interface StoredKeyPair {
  readonly publicKey: Uint8Array;
  readonly privateKey: CryptoKey;
}

/** Where key pairs are kept; the order of `load` is the order of creation. */
export interface KeyPairStore {
  load(): Promise<readonly StoredKeyPair[]>;
  add(pair: StoredKeyPair): Promise<void>;
  close(): void;
}

export interface WebKeyAgreement extends KeyAgreement {
  /** Makes another key pair, durable when the promise resolves. */
  createKey(): Promise<EnclaveKey>;
  close(): void;
}

interface Schema extends DBSchema {
  keys: { key: number; value: StoredKeyPair };
}

/** IndexedDB keeps CryptoKeys by structured clone: the private bytes never reach script. @throws KEY_STORE_FAILED */
export async function openIndexedDbKeyPairStore(name = 'isoquorum-enclave'): Promise<KeyPairStore> {
  try {
    const database = await openDB<Schema>(name, 1, {
      upgrade: (upgrading) => void upgrading.createObjectStore('keys', { autoIncrement: true }),
    });
    return {
      load: () => database.getAll('keys'),
      async add(pair) {
        const transaction = database.transaction('keys', 'readwrite', { durability: 'strict' });
        await Promise.all([transaction.store.add(pair), transaction.done]);
      },
      close: () => database.close(),
    };
  } catch (cause) {
    throw new IsoquorumError('KEY_STORE_FAILED', 'IndexedDB cannot keep the enclave keys', { name }, 'STOP', { cause });
  }
}

/**
 * X25519 by WebCrypto on non-extractable keys (`deriveBits`), in a page, a worker, or Node's WebCrypto.
 * @param store where the keys are; a first key is made when it is empty
 * @throws KEY_STORE_FAILED
 */
export async function openWebKeyAgreement(store: KeyPairStore): Promise<WebKeyAgreement> {
  const { subtle } = globalThis.crypto;
  const pairs = [...(await store.load())];
  const createKey = async (): Promise<EnclaveKey> => {
    const made = (await subtle.generateKey({ name: 'X25519' }, false, ['deriveBits'])) as CryptoKeyPair;
    const publicKey = new Uint8Array(await subtle.exportKey('raw', made.publicKey));
    const pair = { publicKey, privateKey: made.privateKey };
    await store.add(pair);
    pairs.push(pair);
    return publicKey;
  };
  if (pairs.length === 0) await createKey();
  return {
    publicKeys: () => pairs.map(({ publicKey }) => publicKey),
    async sharedSecret(ours, theirs) {
      const name = bytesToBase64(ours);
      const pair = pairs.find(({ publicKey }) => bytesToBase64(publicKey) === name);
      if (pair === undefined) throw keyNotFound(ours);
      if (theirs.length !== 32) throw keyRejected(theirs);
      let secret: Uint8Array;
      try {
        const imported = await subtle.importKey('raw', theirs.slice(), { name: 'X25519' }, true, []);
        secret = new Uint8Array(await subtle.deriveBits({ name: 'X25519', public: imported }, pair.privateKey, 256));
      } catch (cause) {
        throw keyRejected(theirs, cause);
      }
      return checkSecret(secret, theirs);
    },
    createKey,
    close: () => store.close(),
  };
}

/** The page's enclave keys. @throws KEY_STORE_FAILED */
export async function openBrowserKeyAgreement(name?: string): Promise<WebKeyAgreement> {
  return openWebKeyAgreement(await openIndexedDbKeyPairStore(name));
}
