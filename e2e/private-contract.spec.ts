import { callData, creation, decoded, type Receipt, sendFromNode, storedAt } from './contracts.ts';
import { expect, test } from './fixtures.ts';
import { rpc, until } from './network.ts';
import type { Party } from './party.ts';

async function storedInPage(party: Party, address: string): Promise<bigint | undefined> {
  const data = await party.request<string>(
    'eth_call',
    { to: address, data: callData('SimpleStorage', 'get') },
    'latest',
  );
  return data === '0x' ? undefined : (decoded('SimpleStorage', 'get', data) as bigint);
}

test('S-B28: a node and a page are parties to a contract, a third node reads nothing', async ({ network, party }) => {
  const { nodes } = network.file();
  const [node1, , node3] = nodes.map((node) => node.http) as [string, string, string, string];
  const page = await party();

  const deployed = await sendFromNode(node1, { data: creation('SimpleStorage', 42n), privateFor: [page.key] });
  const address = deployed.contractAddress ?? '';
  expect(deployed.status).toBe('0x1');
  expect(await storedAt(node1, address)).toBe(42n);
  await until(
    'the page reads 42',
    () => storedInPage(page, address),
    (value) => value === 42n,
  );

  const transaction = await rpc<{ input: string; v: string }>(node1, 'eth_getTransactionByHash', deployed.hash);
  expect(['0x25', '0x26']).toContain(transaction.v);
  expect(transaction.input).toHaveLength(2 + 128);
  expect(await rpc<string>(node1, 'eth_getQuorumPayload', transaction.input)).toBe(creation('SimpleStorage', 42n));
  expect(await page.request('eth_getQuorumPayload', transaction.input)).toBe(creation('SimpleStorage', 42n));
  await until(
    'node3 has the block',
    () => rpc<string>(node3, 'eth_blockNumber'),
    (number) => Number(number) >= Number(deployed.blockNumber),
  );
  expect(await rpc<string>(node3, 'eth_getQuorumPayload', transaction.input)).toBe('0x');
  expect(await storedAt(node3, address)).toBeUndefined();
  expect(await page.request('eth_storageRoot', address)).toBe(await rpc(node1, 'eth_storageRoot', address));
  await expect(rpc(node3, 'eth_storageRoot', address)).resolves.not.toBe(await rpc(node1, 'eth_storageRoot', address));

  const manager = network.file().managers.find((candidate) => candidate.name === nodes[0]?.manager);
  const [account] = await page.request<string[]>('eth_accounts');
  const hash = await page.request<string>('eth_sendTransaction', {
    from: account,
    to: address,
    data: callData('SimpleStorage', 'set', 5n),
    privateFor: manager?.publicKeys,
  });
  const receipt = await page.request<Receipt>('isoquorum_waitForReceipt', hash);
  expect(receipt.status).toBe('0x1');
  expect(receipt.logs).toHaveLength(1);
  await until(
    'the page reads 5',
    () => storedInPage(page, address),
    (value) => value === 5n,
  );
  await until(
    'node1 reads 5',
    () => storedAt(node1, address),
    (value) => value === 5n,
  );
  expect(await storedAt(node3, address)).toBeUndefined();
});

test('a page deploys for a node by hand: choose, deploy, call, send', async ({ network, party }) => {
  const { page } = await party();
  const [manager] = network.file().managers;
  await page.getByTestId('nav-contracts').click();
  const deployNew = page.getByTestId('deploy-new');
  if (await deployNew.isVisible()) await deployNew.click();
  await page.getByTestId('ready-storage').check();
  await page.getByTestId('argument-initial').fill('7');
  await page
    .locator(`[data-testid="party-option"][data-key="${manager?.publicKeys[0]}"]`)
    .getByTestId('party-check')
    .check();
  await page.getByTestId('deploy').click();
  await expect(page.getByTestId('contract-panel')).toBeVisible({ timeout: 30_000 });
  const address = (await page.getByTestId('contract-address').getAttribute('data-value')) ?? '';
  const get = page.locator('[data-testid="function"][data-name="get"]');
  await get.getByTestId('call').click();
  await expect(get.getByTestId('call-result')).toContainText('7');
  const url = network.file().nodes[0]?.http ?? '';
  await until(
    'node1 reads 7',
    () => storedAt(url, address),
    (value) => value === 7n,
  );

  const set = page.locator('[data-testid="function"][data-name="set"]');
  await set.getByTestId('argument-value').fill('8');
  await set.getByTestId('send').click();
  await expect(set.getByTestId('operation')).toHaveAttribute('data-step', 'done', { timeout: 30_000 });
  await get.getByTestId('call').click();
  await expect(get.getByTestId('call-result')).toContainText('8');
  await until(
    'node1 reads 8',
    () => storedAt(url, address),
    (value) => value === 8n,
  );
});

test('a public write and a private read of it in one block: page and node agree', async ({ network, party }) => {
  const page = await party();
  const url = network.file().nodes[0]?.http ?? '';
  const storage = (await sendFromNode(url, { data: creation('SimpleStorage', 1n) })).contractAddress ?? '';
  const reader =
    (await sendFromNode(url, { data: creation('Reader', storage), privateFor: [page.key] })).contractAddress ?? '';
  const [from] = await rpc<string[]>(url, 'eth_accounts');
  let together: { readonly value: bigint } | undefined;
  for (let attempt = 1; attempt <= 10 && together === undefined; attempt += 1) {
    const value = BigInt(100 + attempt);
    const head = await rpc<string>(url, 'eth_blockNumber');
    await until(
      'a new block',
      () => rpc<string>(url, 'eth_blockNumber'),
      (number) => number !== head,
    );
    const set = await rpc<string>(url, 'eth_sendTransaction', {
      from,
      to: storage,
      gas: '0x186a0',
      data: callData('SimpleStorage', 'set', value),
    });
    const note = await rpc<string>(url, 'eth_sendTransaction', {
      from,
      to: reader,
      gas: '0x30d40',
      data: callData('Reader', 'note'),
      privateFor: [page.key],
    });
    const receipts = await Promise.all(
      [set, note].map((hash) =>
        until(
          'receipt',
          () => rpc<Receipt | null>(url, 'eth_getTransactionReceipt', hash),
          (found) => found !== null,
        ),
      ),
    );
    if (receipts[0]?.blockNumber !== receipts[1]?.blockNumber) continue;
    together = { value };
    const lastNoted = callData('Reader', 'lastNoted');
    const atNode = decoded(
      'Reader',
      'lastNoted',
      await rpc<string>(url, 'eth_call', { to: reader, data: lastNoted }, 'latest'),
    );
    expect(atNode).toBe(value);
    await until(
      'the page has noted the same',
      async () =>
        decoded(
          'Reader',
          'lastNoted',
          await page.request<string>('eth_call', { to: reader, data: lastNoted }, 'latest'),
        ),
      (noted) => noted === value,
    );
    expect(await page.request('eth_storageRoot', reader)).toBe(await rpc(url, 'eth_storageRoot', reader));
    const read = callData('Reader', 'read');
    expect(
      decoded('Reader', 'read', await page.request<string>('eth_call', { to: reader, data: read }, 'latest')),
    ).toBe(value);
  }
  expect(together, 'both transactions in one block within ten attempts').toBeDefined();
});

test('the first receipt a party sees is the private one, and its logs come through a filter', async ({ network }) => {
  const { nodes, managers } = network.file();
  const url = nodes[0]?.http ?? '';
  const privateFor = managers[1]?.publicKeys;
  for (let attempt = 0; attempt < 3; attempt += 1) {
    // Creation code that reverts at once: PUSH1 0, PUSH1 0, REVERT.
    expect((await sendFromNode(url, { data: '0x60006000fd', privateFor })).status).toBe('0x0');
  }
  const address = (await sendFromNode(url, { data: creation('SimpleStorage', 1n), privateFor })).contractAddress ?? '';
  const filters = [];
  for (const node of nodes.slice(0, 3))
    filters.push({ http: node.http, id: await rpc<string>(node.http, 'eth_newFilter', { address }) });
  const set = await sendFromNode(url, { to: address, data: callData('SimpleStorage', 'set', 9n), privateFor });
  expect(set.logs).toHaveLength(1);
  const [own, other, strange] = filters;
  for (const filter of [own, other]) {
    const found: unknown[] = [];
    await until(
      `private log by filter at ${filter?.http}`,
      async () => found.push(...(await rpc<unknown[]>(filter?.http ?? '', 'eth_getFilterChanges', filter?.id))),
      (count) => count === 1,
      10_000,
    );
  }
  expect(await rpc(strange?.http ?? '', 'eth_getFilterChanges', strange?.id)).toEqual([]);
});
