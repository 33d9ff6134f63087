import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { callData, creation, decoded, type Receipt, storedAt } from './contracts.ts';
import { expect, test } from './fixtures.ts';
import { rpc, until } from './network.ts';
import { findInMemory, plaintextForms } from './plaintext.ts';
import { type Party, reopenParty } from './party.ts';

async function stored(party: Party, address: string): Promise<bigint | undefined> {
  const data = await party.request<string>(
    'eth_call',
    { to: address, data: callData('SimpleStorage', 'get') },
    'latest',
  );
  return data === '0x' ? undefined : (decoded('SimpleStorage', 'get', data) as bigint);
}

function* filesBelow(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* filesBelow(path);
    else yield path;
  }
}

/** A number that nothing else in the world contains, so that finding it means finding the plaintext. */
const SECRET = 0x5ec2e7c0ffee15c0ffee5ec2e7d15c105edn * 0x10001n + 0x1d0c5a17f00dn;

test('two pages and no node: no server ever holds the plaintext', async ({ network, party }) => {
  test.setTimeout(240_000);
  const alice = await party();
  const bob = await party();
  const [from] = await alice.request<string[]>('eth_accounts');
  await until(
    'alice knows bob',
    () => alice.request<readonly { enclaveKey: string }[]>('isoquorum_parties'),
    (parties) => parties.some((known) => known.enclaveKey === bob.key),
  );

  const hash = await alice.request<string>('eth_sendTransaction', {
    from,
    data: creation('SimpleStorage', SECRET),
    privateFor: [bob.key],
  });
  const receipt = await alice.request<Receipt>('isoquorum_waitForReceipt', hash);
  const address = receipt.contractAddress ?? '';
  expect(await stored(alice, address)).toBe(SECRET);
  await until(
    'bob reads the secret',
    () => stored(bob, address),
    (value) => value === SECRET,
  );
  for (const node of network.file().nodes) expect(await storedAt(node.http, address), node.name).toBeUndefined();
  expect(await bob.request('eth_storageRoot', address)).toBe(await alice.request('eth_storageRoot', address));

  const forms = plaintextForms(SECRET);
  // The search itself must be able to find: the ciphertext's hash is on every node.
  const sent = await rpc<{ input: string }>(network.file().nodes[0]?.http ?? '', 'eth_getTransactionByHash', hash);
  const control = Uint8Array.from(Buffer.from(sent.input.slice(2), 'hex'));
  const processes = [...network.file().nodes, ...network.file().managers];
  expect(await findInMemory(network.file().nodes[0]?.pid ?? 0, [{ name: 'control', bytes: control }])).toEqual([
    'control',
  ]);
  for (const { name, pid } of processes) expect(await findInMemory(pid, forms), `memory of ${name}`).toEqual([]);
  for (const path of filesBelow(network.dataDir)) {
    const content = readFileSync(path);
    for (const form of forms) expect(content.includes(Buffer.from(form.bytes)), `${form.name} in ${path}`).toBe(false);
  }
});

test('a page that was closed while a payload was sent catches up when it is opened', async ({ network, party }) => {
  const alice = await party();
  const bob = await party();
  const [from] = await alice.request<string[]>('eth_accounts');
  await until(
    'alice knows bob',
    () => alice.request<readonly { enclaveKey: string }[]>('isoquorum_parties'),
    (parties) => parties.some((known) => known.enclaveKey === bob.key),
  );
  const first = await alice.request<Receipt>(
    'isoquorum_waitForReceipt',
    await alice.request<string>('eth_sendTransaction', {
      from,
      data: creation('SimpleStorage', 1n),
      privateFor: [bob.key],
    }),
  );
  const address = first.contractAddress ?? '';
  await until(
    'bob reads 1',
    () => stored(bob, address),
    (value) => value === 1n,
  );
  await bob.page.close();
  const second = await alice.request<Receipt>(
    'isoquorum_waitForReceipt',
    await alice.request<string>('eth_sendTransaction', {
      from,
      to: address,
      data: callData('SimpleStorage', 'set', 2n),
      privateFor: [bob.key],
    }),
  );
  expect(second.status).toBe('0x1');
  const again = await reopenParty(bob.context, network);
  expect(again.key).toBe(bob.key);
  expect(again.peerId).toBe(bob.peerId);
  await until(
    'bob reads 2',
    () => stored(again, address),
    (value) => value === 2n,
    60_000,
  );
});

test('two open pages talk by WebRTC', async ({ party }) => {
  const alice = await party();
  const bob = await party();
  for (const [one, other] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    await one.page.getByTestId('nav-party').click();
    await expect(one.page.locator(`[data-testid="peer"][data-peer="${other.peerId}"]`)).toHaveAttribute(
      'data-transport',
      'webrtc',
      { timeout: 60_000 },
    );
  }
});
