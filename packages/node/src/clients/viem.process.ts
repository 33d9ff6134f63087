import {
  createPublicClient,
  createTestClient,
  createWalletClient,
  defineChain,
  http,
  keccak256,
  toHex,
  webSocket,
  type Hex,
  type PublicClient,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { counterAbi, counterBytecode, encodeUint } from '../testing/contracts.ts';
import { startClientNetwork, type ClientNetwork } from '../testing/client-network.ts';

const bytecode = counterBytecode(keccak256(toHex('Changed(address,uint256)')).slice(2));
let clients: ClientNetwork;
let reader: PublicClient;

const chain = (url: string) =>
  defineChain({
    id: 1337,
    name: 'isoquorum',
    nativeCurrency: { name: 'ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  });

beforeAll(async () => {
  clients = await startClientNetwork();
  const [url = ''] = clients.network.http;
  reader = createPublicClient({ chain: chain(url), transport: http(url), pollingInterval: 200 });
}, 120_000);

afterAll(async () => {
  await clients?.stop();
});

function wallet() {
  const [url = ''] = clients.network.http;
  const account = privateKeyToAccount(clients.nextKey());
  return createWalletClient({ account, chain: chain(url), transport: http(url), pollingInterval: 200 });
}

async function deploy(initial = 42n): Promise<{ address: Hex; sender: ReturnType<typeof wallet> }> {
  const sender = wallet();
  const hash = await sender.deployContract({ abi: counterAbi, bytecode, args: [initial] });
  const receipt = await reader.waitForTransactionReceipt({ hash });
  expect(receipt.status).toBe('success');
  return { address: receipt.contractAddress!, sender };
}

describe('viem 2, unmodified', () => {
  test('reads the chain', async () => {
    expect(await reader.getChainId()).toBe(1337);
    const block = await reader.getBlock({ includeTransactions: true });
    expect(block.number).toBeGreaterThanOrEqual(0n);
    expect(await reader.getBlock({ blockNumber: 0n })).toMatchObject({ number: 0n, transactions: [] });
    await expect(reader.getBlock({ blockNumber: 99_999_999n })).rejects.toThrow(/could not be found/);
    expect(await reader.getGasPrice()).toBe(0n);
    const fees = await reader.getFeeHistory({ blockCount: 1, rewardPercentiles: [] });
    expect(fees).toMatchObject({ baseFeePerGas: [0n, 0n], gasUsedRatio: [expect.any(Number)] });
  });

  test('deploys, calls, writes with the library’s defaults', async () => {
    const { address, sender } = await deploy();
    expect(await reader.readContract({ address, abi: counterAbi, functionName: 'get' })).toBe(42n);
    const hash = await sender.writeContract({ address, abi: counterAbi, functionName: 'set', args: [7n] });
    const receipt = await reader.waitForTransactionReceipt({ hash });
    expect(receipt).toMatchObject({ status: 'success', type: 'legacy' });
    expect(receipt.logs).toHaveLength(1);
    expect(await reader.readContract({ address, abi: counterAbi, functionName: 'get' })).toBe(7n);
    const events = await reader.getContractEvents({ address, abi: counterAbi, eventName: 'Changed', fromBlock: 0n });
    expect(events.map(({ args }) => args)).toEqual([{ who: sender.account.address, newValue: 7n }]);
    expect(await reader.getTransaction({ hash })).toMatchObject({
      from: sender.account.address.toLowerCase(),
      type: 'legacy',
      blockNumber: receipt.blockNumber,
    });
    expect(BigInt((await reader.getStorageAt({ address, slot: '0x0' }))!)).toBe(7n);
    expect((await reader.getProof({ address, storageKeys: [`0x${'0'.repeat(64)}`] })).storageProof[0]!.value).toBe(7n);
  });

  test('reads the reason of a revert, estimates gas', async () => {
    const { address, sender } = await deploy();
    await expect(
      reader.simulateContract({ address, abi: counterAbi, functionName: 'set', args: [13n], account: sender.account }),
    ).rejects.toThrow(/unlucky number/);
    const gas = await reader.estimateContractGas({
      address,
      abi: counterAbi,
      functionName: 'set',
      args: [9n],
      account: sender.account,
    });
    expect(gas).toBeGreaterThan(21_000n);
    const hash = await sender.writeContract({
      address,
      abi: counterAbi,
      functionName: 'set',
      args: [13n],
      gas: 100_000n,
    });
    expect((await reader.waitForTransactionReceipt({ hash })).status).toBe('reverted');
  });

  test('watches events by polling filters over HTTP', async () => {
    const { address, sender } = await deploy();
    const seen: bigint[] = [];
    const stop = reader.watchContractEvent({
      address,
      abi: counterAbi,
      eventName: 'Changed',
      onLogs: (logs) => void seen.push(...logs.map(({ args }) => args.newValue!)),
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const hash = await sender.writeContract({ address, abi: counterAbi, functionName: 'set', args: [8n] });
    await reader.waitForTransactionReceipt({ hash });
    await expect.poll(() => seen, { timeout: 15_000 }).toEqual([8n]);
    stop();
  });

  test('watches blocks, events and pending transactions over WebSocket', async () => {
    const [, url = ''] = clients.network.ws;
    const socket = createPublicClient({ chain: chain(url), transport: webSocket(url) });
    const { address, sender } = await deploy();
    const numbers: bigint[] = [];
    const values: bigint[] = [];
    const pending: Hex[] = [];
    const stops = [
      socket.watchBlocks({ onBlock: ({ number }) => void numbers.push(number) }),
      socket.watchContractEvent({
        address,
        abi: counterAbi,
        eventName: 'Changed',
        onLogs: (logs) => void values.push(...logs.map(({ args }) => args.newValue!)),
      }),
      socket.watchPendingTransactions({ onTransactions: (hashes) => void pending.push(...hashes) }),
    ];
    await new Promise((resolve) => setTimeout(resolve, 500));
    const hash = await sender.writeContract({ address, abi: counterAbi, functionName: 'set', args: [21n] });
    await expect.poll(() => values, { timeout: 15_000 }).toEqual([21n]);
    await expect.poll(() => pending, { timeout: 15_000 }).toContain(hash);
    await expect.poll(() => numbers.length, { timeout: 15_000 }).toBeGreaterThan(1);
    for (const stop of stops) stop();
    (await socket.transport.getRpcClient()).close();
  });

  test('batches', async () => {
    const [url = ''] = clients.network.http;
    const batching = createPublicClient({
      chain: chain(url),
      transport: http(url, { batch: { batchSize: 100, wait: 5 } }),
    });
    const ids = await Promise.all(Array.from({ length: 50 }, () => batching.getChainId()));
    expect(new Set(ids)).toEqual(new Set([1337]));
  });

  test('knows the errors by their texts', async () => {
    const sender = wallet();
    await expect(
      sender.sendTransaction({
        to: sender.account.address,
        value: 0n,
        nonce: 0,
        gas: 21_000n,
        gasPrice: 1n,
        type: 'legacy',
      }),
    ).rejects.toThrow(/Gas price not 0/);
    const hash = await sender.sendTransaction({ to: sender.account.address, value: 1n });
    await reader.waitForTransactionReceipt({ hash });
    await expect(
      sender.sendTransaction({
        to: sender.account.address,
        value: 1n,
        nonce: 0,
        gas: 21_000n,
        gasPrice: 0n,
        type: 'legacy',
      }),
    ).rejects.toThrow(/nonce|lower than the current/i);
    await expect(reader.request({ method: 'eth_noSuchMethod' as never })).rejects.toThrow(/does not exist/);
  });

  test('a private contract by raw requests: parties read it, a stranger does not', async () => {
    const [party, , stranger] = clients.network.http.map((url) =>
      createTestClient({ chain: chain(url), mode: 'anvil', transport: http(url) }),
    );
    const [from] = (await party!.request({ method: 'eth_accounts' } as never)) as Hex[];
    const hash = await party!.request({
      method: 'eth_sendTransaction',
      params: [{ from, gas: '0x47b760', data: `${bytecode}${encodeUint(5)}`, privateFor: [clients.parties[1]] }],
    } as never);
    const receipt = await reader.waitForTransactionReceipt({ hash: hash as Hex });
    const address = receipt.contractAddress!;
    const get = { method: 'eth_call', params: [{ to: address, data: '0x6d4ce63c' }, 'latest'] } as never;
    await expect.poll(() => party!.request(get), { timeout: 15_000 }).toBe(`0x${encodeUint(5)}`);
    const other = createPublicClient({ chain: chain(''), transport: http(clients.network.http[1]) });
    await expect.poll(() => other.request(get), { timeout: 15_000 }).toBe(`0x${encodeUint(5)}`);
    await stranger!.request({ method: 'eth_getTransactionReceipt', params: [hash] } as never);
    expect(await stranger!.request(get)).toBe('0x');
    expect(await reader.getTransaction({ hash: hash as Hex })).toMatchObject({
      v: expect.toSatisfy((v: bigint) => v === 37n || v === 38n),
    });
    expect(
      await stranger!.request({
        method: 'eth_getQuorumPayload',
        params: [(await reader.getTransaction({ hash: hash as Hex })).input],
      } as never),
    ).toBe('0x');
    // A client that drops privateFor is caught: the call data would have been public.
    await expect(
      party!.request({
        method: 'eth_sendTransaction',
        params: [{ from, to: address, data: `0x60fe47b1${encodeUint(6)}` }],
      } as never),
    ).rejects.toThrow(/private contract/);
  });
});
