import { creation, callData, decoded, type Receipt } from './contracts.ts';
import { expect, test } from './fixtures.ts';
import { reopenParty } from './party.ts';

test('a reload keeps keys and private state, and no private key can be exported', async ({ network, party }) => {
  const alice = await party();
  const [from] = await alice.request<string[]>('eth_accounts');
  const own = network.file().managers[0]?.publicKeys;
  const receipt = await alice.request<Receipt>(
    'isoquorum_waitForReceipt',
    await alice.request<string>('eth_sendTransaction', { from, data: creation('SimpleStorage', 77n), privateFor: own }),
  );
  const address = receipt.contractAddress ?? '';
  await alice.page.close();
  const again = await reopenParty(alice.context, network);
  expect(again.key).toBe(alice.key);
  expect(again.peerId).toBe(alice.peerId);
  expect(await again.request<string[]>('eth_accounts')).toContain(from);
  const data = await again.request<string>(
    'eth_call',
    { to: address, data: callData('SimpleStorage', 'get') },
    'latest',
  );
  expect(decoded('SimpleStorage', 'get', data)).toBe(77n);

  const keys = await again.page.evaluate(async () => {
    const found: { database: string; algorithm: string; type: string; extractable: boolean; exported: boolean }[] = [];
    const visit = async (database: string, value: unknown, depth: number): Promise<void> => {
      if (value instanceof CryptoKey) {
        const formats = value.type === 'private' ? (['pkcs8', 'jwk', 'raw'] as const) : (['raw', 'jwk'] as const);
        let exported = false;
        for (const format of formats)
          exported ||= await crypto.subtle.exportKey(format as 'jwk', value).then(
            () => true,
            () => false,
          );
        if (value.type !== 'public')
          found.push({
            database,
            algorithm: value.algorithm.name,
            type: value.type,
            extractable: value.extractable,
            exported,
          });
      } else if (value !== null && typeof value === 'object' && depth < 5 && !ArrayBuffer.isView(value)) {
        for (const inner of Object.values(value)) await visit(database, inner, depth + 1);
      }
    };
    for (const { name } of await indexedDB.databases()) {
      if (name === undefined || name.startsWith('isoquorum-participant')) continue;
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open(name);
        request.addEventListener('success', () => resolve(request.result));
        request.addEventListener('error', () => reject(request.error ?? new Error(name)));
      });
      for (const store of database.objectStoreNames) {
        const values = await new Promise<unknown[]>((resolve, reject) => {
          const request = database.transaction(store).objectStore(store).getAll();
          request.addEventListener('success', () => resolve(request.result));
          request.addEventListener('error', () => reject(request.error ?? new Error(store)));
        });
        for (const value of values) await visit(name, value, 0);
      }
      database.close();
    }
    return found;
  });
  expect(keys.map((key) => key.algorithm)).toEqual(expect.arrayContaining(['X25519', 'Ed25519']));
  for (const key of keys) expect(key).toMatchObject({ extractable: false, exported: false });
});
