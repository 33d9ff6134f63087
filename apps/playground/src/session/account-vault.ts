import type { AccountVault } from '@isoquorum/participant/account/account-vault';
import { openDB } from 'idb';

interface Sealed {
  readonly nonce: Uint8Array<ArrayBuffer>;
  readonly sealed: Uint8Array<ArrayBuffer>;
}

const databaseName = 'isoquorum-accounts';
const wrapKey = 'wrap';

/**
 * Keeps account keys in IndexedDB, each sealed by AES-GCM under a key that cannot be exported. Whoever reads the files of this
 * browser does not get them; a script that runs in this page while they are in use could.
 */
export async function openBrowserVault(): Promise<AccountVault> {
  const database = await openDB(databaseName, 1, {
    upgrade(fresh) {
      fresh.createObjectStore('keys');
      fresh.createObjectStore('accounts', { autoIncrement: true });
    },
  });
  let wrap = (await database.get('keys', wrapKey)) as CryptoKey | undefined;
  if (wrap === undefined) {
    wrap = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
    await database.put('keys', wrap, wrapKey);
  }
  const held = wrap;
  return {
    async load() {
      const all = (await database.getAll('accounts')) as Sealed[];
      return Promise.all(
        all.map(
          async ({ nonce, sealed }) =>
            new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: nonce }, held, sealed)),
        ),
      );
    },
    async add(privateKey) {
      const nonce = crypto.getRandomValues(new Uint8Array(12));
      const sealed = new Uint8Array(
        await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce }, held, privateKey.slice()),
      );
      const transaction = database.transaction('accounts', 'readwrite', { durability: 'strict' });
      await Promise.all([transaction.store.add({ nonce, sealed }), transaction.done]);
    },
  };
}
