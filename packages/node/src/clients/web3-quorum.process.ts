import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startClientNetwork, type ClientNetwork } from '../testing/client-network.ts';
import { counterAbi, counterBytecode, encodeUint } from '../testing/contracts.ts';

// web3 1.x and web3js-quorum are CommonJS, the latter without types: only what is used here is declared.
interface Receipt {
  readonly status: boolean | string;
  readonly contractAddress: string;
  readonly events?: Readonly<Record<string, { readonly returnValues: Readonly<Record<string, string>> }>>;
  readonly logs: readonly unknown[];
}
interface Sending {
  send(options: object): Promise<{ readonly options: { readonly address: string } } & Receipt>;
  call(options?: object): Promise<string>;
  encodeABI(): string;
}
interface Web3Contract {
  readonly methods: { get(): Sending; set(value: number): Sending };
  readonly events: {
    Changed(options: object): {
      on(event: 'data', listener: (event: { readonly returnValues: Readonly<Record<string, string>> }) => void): void;
    };
  };
  deploy(options: object): Sending;
  getPastEvents(
    name: string,
    options: object,
  ): Promise<readonly { readonly returnValues: Readonly<Record<string, string>> }[]>;
}
interface Web3 {
  readonly eth: {
    readonly Contract: new (abi: unknown, address?: string) => Web3Contract;
    readonly accounts: {
      wallet: { add(key: string): { readonly address: string } };
      privateKeyToAccount(key: string): { readonly address: string; readonly privateKey: string };
    };
    getAccounts(): Promise<readonly string[]>;
    getBlock(number: number | 'latest'): Promise<{ readonly number: number; readonly hash: string }>;
    getChainId(): Promise<number>;
    getTransactionCount(address: string, block: string): Promise<number>;
    getTransaction(hash: string): Promise<{ readonly v: string; readonly input: string }>;
  };
  readonly currentProvider: { disconnect?(code: number, reason: string): void };
  readonly BatchRequest: new () => { add(request: unknown): void; execute(): void };
}
interface Web3Quorum {
  readonly ptm: {
    upCheck(): Promise<string>;
    keys(): Promise<string | { readonly keys: readonly { readonly key: string }[] }>;
    storeRaw(options: object): Promise<string>;
  };
  readonly priv: {
    generateAndSendRawTransaction(options: object): Promise<Receipt & { readonly transactionHash: string }>;
  };
  readonly eth: {
    storageRoot(address: string, block?: string): Promise<string>;
    getQuorumPayload(digest: string): Promise<string>;
    getPSI(): Promise<string>;
  };
  readonly istanbul: {
    getValidators(block: string): Promise<readonly string[]>;
    nodeAddress(): Promise<string>;
    getSnapshot(): Promise<{ readonly epoch: number; readonly validators: readonly string[] }>;
  };
}

const require = createRequire(import.meta.url);
const Web3Class = require('web3') as new (url: string) => Web3;
const Web3QuorumClass = require('web3js-quorum') as new (web3: Web3, options: object, isQuorum: boolean) => Web3Quorum;
const web3Utils = require('web3-utils') as { keccak256(text: string): string };

const bytecode = counterBytecode(web3Utils.keccak256('Changed(address,uint256)').slice(2));
let clients: ClientNetwork;

beforeAll(async () => {
  clients = await startClientNetwork();
}, 120_000);

afterAll(async () => {
  await clients?.stop();
});

function connect(index: number): Web3 {
  return new Web3Class(clients.network.http[index] ?? '');
}

async function deploy(
  web3: Web3,
): Promise<{ readonly contract: Web3Contract; readonly from: string; readonly address: string }> {
  const from = web3.eth.accounts.wallet.add(clients.nextKey()).address;
  const deployed = await new web3.eth.Contract(counterAbi)
    .deploy({ data: bytecode, arguments: [42] })
    .send({ from, gas: 1_000_000, gasPrice: '0' });
  const { address } = deployed.options;
  return { contract: new web3.eth.Contract(counterAbi, address), from, address };
}

describe('web3 1.10.4, unmodified', () => {
  test('deploys, calls, sends, finds past events', async () => {
    const web3 = connect(0);
    expect(await web3.eth.getChainId()).toBe(1337);
    expect((await web3.eth.getBlock(0)).number).toBe(0);
    const { contract, from } = await deploy(web3);
    expect(await contract.methods.get().call()).toBe('42');
    const receipt = await contract.methods.set(5).send({ from, gas: 100_000, gasPrice: '0' });
    expect(receipt.events?.['Changed']?.returnValues['newValue']).toBe('5');
    const events = await contract.getPastEvents('Changed', { fromBlock: 0 });
    expect(events.map(({ returnValues }) => returnValues['newValue'])).toEqual(['5']);
    await expect(contract.methods.set(13).call({ from })).rejects.toThrow(/unlucky number/);
  });

  test('subscribes to events over WebSocket', async () => {
    const web3 = connect(0);
    const { contract, from, address } = await deploy(web3);
    const socket = new Web3Class(clients.network.ws[1] ?? '');
    const values: (string | undefined)[] = [];
    new socket.eth.Contract(counterAbi, address).events
      .Changed({ fromBlock: 0 })
      .on('data', ({ returnValues }) => void values.push(returnValues['newValue']));
    await new Promise((resolve) => setTimeout(resolve, 500));
    await contract.methods.set(8).send({ from, gas: 100_000, gasPrice: '0' });
    await expect.poll(() => values, { timeout: 15_000 }).toEqual(['8']);
    socket.currentProvider.disconnect?.(1000, 'done');
  });

  test('a node’s account sends with privateFor', async () => {
    const web3 = connect(0);
    const [from = ''] = await web3.eth.getAccounts();
    const privateFor = [clients.parties[1]];
    const deployed = await new web3.eth.Contract(counterAbi)
      .deploy({ data: bytecode, arguments: [11] })
      .send({ from, gas: 4_700_000, privateFor });
    const { address } = deployed.options;
    expect(await new web3.eth.Contract(counterAbi, address).methods.get().call()).toBe('11');
    const receipt = await new web3.eth.Contract(counterAbi, address).methods
      .set(12)
      .send({ from, gas: 4_700_000, privateFor });
    expect(receipt.events?.['Changed']?.returnValues['newValue']).toBe('12');
    const other = new (connect(1).eth.Contract)(counterAbi, address);
    await expect.poll(() => other.methods.get().call(), { timeout: 15_000 }).toBe('12');
    await expect(
      new web3.eth.Contract(counterAbi, address).methods.set(1).send({ from, gas: 4_700_000, value: 1, privateFor }),
    ).rejects.toThrow(/ether value is not supported for private transactions/);
    await expect(
      new web3.eth.Contract(counterAbi, address).methods
        .set(1)
        .send({ from, gas: 4_700_000, privateFor: ['AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='] }),
    ).rejects.toThrow(/not found/);
    await expect(
      new web3.eth.Contract(counterAbi, address).methods
        .set(1)
        .send({ from, gas: 4_700_000, privateFor, privacyFlag: 9 }),
    ).rejects.toThrow(/invalid privacy flag/);
  });
});

describe('web3js-quorum 22.4.0, unmodified', () => {
  test('sends a raw private transaction through the manager’s third-party server', async () => {
    const web3 = connect(0);
    const quorum = new Web3QuorumClass(web3, { privateUrl: clients.thirdParty[0] }, true);
    expect(await quorum.ptm.upCheck()).toBe("I'm up!");
    const account = web3.eth.accounts.privateKeyToAccount(clients.nextKey());
    const common = {
      from: account,
      gasLimit: 4_300_000,
      gasPrice: 0,
      value: 0,
      isPrivate: true,
      privateFrom: clients.parties[0],
      privateFor: [clients.parties[1]],
    };
    const deployed = await quorum.priv.generateAndSendRawTransaction({
      ...common,
      nonce: 0,
      data: `${bytecode}${encodeUint(42)}`,
    });
    expect(deployed.status).toSatisfy((status: unknown) => status === true || status === '0x1');
    const address = deployed.contractAddress;
    const contract = new web3.eth.Contract(counterAbi, address);
    expect(await contract.methods.get().call()).toBe('42');
    const receipt = await quorum.priv.generateAndSendRawTransaction({
      ...common,
      to: address,
      nonce: 1,
      data: contract.methods.set(5).encodeABI(),
    });
    expect(receipt.logs).toHaveLength(1);
    const party = new (connect(1).eth.Contract)(counterAbi, address);
    await expect.poll(() => party.methods.get().call(), { timeout: 15_000 }).toBe('5');
    const { v, input } = await web3.eth.getTransaction(receipt.transactionHash);
    expect(['0x25', '0x26']).toContain(v);
    expect(await quorum.eth.getQuorumPayload(input)).toBe(contract.methods.set(5).encodeABI());
    expect(
      await new Web3QuorumClass(connect(2), { privateUrl: clients.thirdParty[2] }, true).eth.getQuorumPayload(input),
    ).toBe('0x');
    expect(await quorum.eth.storageRoot(address)).toMatch(/^0x[0-9a-f]{64}$/);
    expect(await quorum.eth.getPSI()).toBe('private');
  });

  test('asks for validators', async () => {
    const quorum = new Web3QuorumClass(connect(0), { privateUrl: clients.thirdParty[0] }, true);
    const validators = await quorum.istanbul.getValidators('latest');
    expect(validators).toHaveLength(3);
    expect(validators).toContain(await quorum.istanbul.nodeAddress());
    expect((await quorum.istanbul.getSnapshot()).validators).toEqual(validators);
  });
});
