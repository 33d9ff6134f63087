import { IsoquorumError } from '@isoquorum/primitives/errors';
import { ed25519KeyToPeerId } from '@isoquorum/primitives/node-key';
import { openDB } from 'idb';

/** `IDENTITY_UNAVAILABLE`: no Ed25519 in this browser's WebCrypto, or no IndexedDB; `KEY_NOT_EXTRACTABLE`: someone asked for the private key. */
export type BrowserIdentityErrorCode = 'IDENTITY_UNAVAILABLE' | 'KEY_NOT_EXTRACTABLE';

/** A browser's identity: its private key stays inside WebCrypto (decision 9). */
export interface BrowserIdentity {
  /** `12D3Koo…` */
  readonly peerId: string;
  /** 32-byte Ed25519 public key. */
  readonly publicKey: Uint8Array;
  /** The 64-byte Ed25519 signature of `bytes`. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

export interface BrowserIdentityOptions {
  /** IndexedDB database that holds the key; `isoquorum-identity` unless told. Window and Worker of one origin share it. */
  readonly databaseName?: string;
}

const storeName = 'keys';
const keyName = 'identity';

/** The identity of this origin: loaded, or made (non-extractable) on first use. @throws IDENTITY_UNAVAILABLE */
export async function loadBrowserIdentity(options: BrowserIdentityOptions = {}): Promise<BrowserIdentity> {
  try {
    const database = await openDB(options.databaseName ?? 'isoquorum-identity', 1, {
      upgrade: (upgraded) => void upgraded.createObjectStore(storeName),
    });
    try {
      const stored: unknown = await database.get(storeName, keyName);
      if (isKeyPair(stored)) return await createIdentity(stored);
      const made = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
      // Another tab or the Worker may have been quicker: the first one stays.
      const transaction = database.transaction(storeName, 'readwrite');
      const other: unknown = await transaction.store.get(keyName);
      const kept = isKeyPair(other) ? other : (made as CryptoKeyPair);
      if (kept === made) await transaction.store.put(made, keyName);
      await transaction.done;
      return await createIdentity(kept);
    } finally {
      database.close();
    }
  } catch (cause) {
    const message = `identity cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new IsoquorumError('IDENTITY_UNAVAILABLE', message, {}, 'STOP', { cause });
  }
}

/** An identity over a WebCrypto Ed25519 key pair. */
export async function createIdentity(pair: CryptoKeyPair): Promise<BrowserIdentity> {
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  return {
    peerId: ed25519KeyToPeerId(publicKey),
    publicKey,
    sign: async (bytes) => new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, bytes.slice())),
  };
}

function isKeyPair(value: unknown): value is CryptoKeyPair {
  return typeof value === 'object' && value !== null && 'privateKey' in value && 'publicKey' in value;
}
