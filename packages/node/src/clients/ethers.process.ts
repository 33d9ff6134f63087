import {
  Contract,
  ContractFactory,
  id,
  JsonRpcProvider,
  Wallet,
  WebSocketProvider,
  type ContractTransactionResponse,
} from 'ethers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startClientNetwork, type ClientNetwork } from '../testing/client-network.ts';
import { counterAbi, counterBytecode, encodeUint } from '../testing/contracts.ts';

const bytecode = counterBytecode(id('Changed(address,uint256)').slice(2));
let clients: ClientNetwork;
let provider: JsonRpcProvider;

beforeAll(async () => {
  clients = await startClientNetwork();
  provider = new JsonRpcProvider(clients.network.http[0], undefined, { polling: true, pollingInterval: 200 });
}, 120_000);

afterAll(async () => {
  provider?.destroy();
  await clients?.stop();
});

async function deploy(initial = 42): Promise<{ readonly contract: Contract; readonly wallet: Wallet }> {
  const wallet = new Wallet(clients.nextKey(), provider);
  const deployed = await new ContractFactory(counterAbi, bytecode, wallet).deploy(initial);
  await deployed.waitForDeployment();
  return { contract: new Contract(await deployed.getAddress(), counterAbi, wallet), wallet };
}

async function set(contract: Contract, value: number): Promise<ContractTransactionResponse> {
  return (await contract.getFunction('set').send(value)) as ContractTransactionResponse;
}

describe('ethers 6, unmodified', () => {
  test('reads the chain', async () => {
    expect((await provider.getNetwork()).chainId).toBe(1337n);
    expect((await provider.getBlock(0))?.number).toBe(0);
    expect(await provider.getBlock(99_999_999)).toBeNull();
    expect(await provider.getTransaction(`0x${'11'.repeat(32)}`)).toBeNull();
    const fees = await provider.getFeeData();
    expect(fees.gasPrice).toBe(0n);
    expect(fees.maxFeePerGas).toBeNull();
    expect(await provider.listAccounts()).toHaveLength(3);
  });

  test('deploys, calls, sends with the library’s defaults', async () => {
    const { contract, wallet } = await deploy();
    expect(await contract.getFunction('get').staticCall()).toBe(42n);
    const receipt = await (await set(contract, 7)).wait();
    expect(receipt).toMatchObject({ status: 1, type: 0 });
    expect(receipt?.logs).toHaveLength(1);
    const events = await contract.queryFilter('Changed', 0);
    expect(events.map((event) => ('args' in event ? [...event.args] : []))).toEqual([[wallet.address, 7n]]);
    expect(BigInt(await provider.getStorage(await contract.getAddress(), 0))).toBe(7n);
    expect(await provider.getCode(await contract.getAddress())).toMatch(/^0x[0-9a-f]+$/);
  });

  test('reads the reason of a revert', async () => {
    const { contract } = await deploy();
    await expect(contract.getFunction('set').staticCall(13)).rejects.toMatchObject({
      code: 'CALL_EXCEPTION',
      reason: 'unlucky number',
    });
    await expect(contract.getFunction('set').estimateGas(13)).rejects.toMatchObject({ code: 'CALL_EXCEPTION' });
    const sent = (await contract.getFunction('set').send(13, { gasLimit: 100_000 })) as ContractTransactionResponse;
    await expect(sent.wait()).rejects.toMatchObject({ code: 'CALL_EXCEPTION' });
  });

  test('knows the errors by their texts', async () => {
    const { wallet } = await deploy();
    await expect(wallet.sendTransaction({ to: wallet.address, nonce: 0 })).rejects.toMatchObject({
      code: 'NONCE_EXPIRED',
    });
    await expect(
      wallet.sendTransaction({ to: wallet.address, value: 10n ** 40n, gasLimit: 21_000 }),
    ).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    await expect(provider.send('eth_noSuchMethod', [])).rejects.toMatchObject({ code: 'UNSUPPORTED_OPERATION' });
  });

  test('listens to events over HTTP by polling', async () => {
    const { contract, wallet } = await deploy();
    const seen: unknown[] = [];
    await contract.on('Changed', (who: unknown, value: unknown) => void seen.push([who, value]));
    await new Promise((resolve) => setTimeout(resolve, 500));
    await (await set(contract, 21)).wait();
    await expect.poll(() => seen, { timeout: 15_000 }).toEqual([[wallet.address, 21n]]);
    await contract.removeAllListeners();
  });

  test('listens to events and blocks over WebSocket', async () => {
    const socket = new WebSocketProvider(clients.network.ws[1] ?? '');
    const { contract } = await deploy();
    const values: unknown[] = [];
    const blocks: number[] = [];
    await new Contract(await contract.getAddress(), counterAbi, socket).on(
      'Changed',
      (_who: unknown, value: unknown) => void values.push(value),
    );
    await socket.on('block', (number: number) => void blocks.push(number));
    await new Promise((resolve) => setTimeout(resolve, 500));
    await (await set(contract, 34)).wait();
    await expect.poll(() => values, { timeout: 15_000 }).toEqual([34n]);
    await expect.poll(() => blocks.length, { timeout: 15_000 }).toBeGreaterThan(1);
    await socket.destroy();
  });

  test('a node’s account signs and sends', async () => {
    const signer = await provider.getSigner(0);
    const receipt = await (await signer.sendTransaction({ to: signer.address, value: 1n })).wait();
    expect(receipt?.status).toBe(1);
  });

  test('a private contract through send(), and the trap of a signer that drops privateFor', async () => {
    const signer = await provider.getSigner(0);
    const transaction = {
      from: signer.address,
      gas: '0x47b760',
      data: `${bytecode}${encodeUint(9)}`,
      privateFor: [clients.parties[1]],
    };
    const hash = (await provider.send('eth_sendTransaction', [transaction])) as string;
    const receipt = await provider.waitForTransaction(hash, 1, 20_000);
    const address = receipt?.contractAddress ?? '';
    const get = (url: string | undefined) => async (): Promise<unknown> => {
      const other = new JsonRpcProvider(url);
      try {
        return await other.send('eth_call', [{ to: address, data: '0x6d4ce63c' }, 'latest']);
      } finally {
        other.destroy();
      }
    };
    await expect.poll(get(clients.network.http[1]), { timeout: 15_000 }).toBe(`0x${encodeUint(9)}`);
    expect(await get(clients.network.http[2])()).toBe('0x');
    // ethers 6 leaves privateFor out without a word: the node refuses what would be public.
    const dropped = {
      to: address,
      data: `0x60fe47b1${encodeUint(6)}`,
      privateFor: [clients.parties[1]],
      gasLimit: 100_000,
    };
    await expect(signer.sendTransaction(dropped)).rejects.toThrow(/private contract/);
  });
});
