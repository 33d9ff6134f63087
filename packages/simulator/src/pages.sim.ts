import { afterEach, describe, expect, it } from 'vitest';
import { createTrieReader } from '@isoquorum/execution/state/trie-reader';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { emptyCodeHash } from '@isoquorum/primitives/header';
import { bytesEqual, bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { createContractAddress } from '@isoquorum/primitives/address';
import { base64ToBytes } from '@isoquorum/primitives/base64';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import { signTransaction, transactionHash } from '@isoquorum/primitives/transaction/transaction';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { readFileSync } from 'node:fs';
import { createPageNetwork, type PageNetwork, type SimulatedPage } from './testing/page-network.ts';

interface Compiled {
  readonly contracts: Readonly<Record<'SimpleStorage' | 'Reader', { readonly bytecode: string }>>;
}

const compiled = JSON.parse(
  readFileSync(new URL('../../../apps/playground/src/contracts/ready-made.json', import.meta.url), 'utf8'),
) as Compiled;
const word = (value: bigint): string => bytesToHex(bigintToFixedBytes(value, 32)).slice(2);
const deployStorage = (value: bigint): string => compiled.contracts.SimpleStorage.bytecode + word(value);
const setData = (value: bigint): string => `0x60fe47b1${word(value)}`;
const getData = '0x6d4ce63c';

interface Receipt {
  readonly status: string;
  readonly contractAddress: string | null;
  readonly blockNumber: string;
}

let running: PageNetwork | undefined;

afterEach(async () => {
  await running?.stopAll();
  running = undefined;
});

async function setUp(...names: readonly string[]) {
  const net = await createPageNetwork();
  running = net;
  const pages: SimulatedPage[] = [];
  for (const name of names) pages.push(await net.addPage(name));
  for (const page of pages)
    await net
      .runUntil(`${page.name} is ready`, () => page.participant.view().phase === 'ready')
      .catch((error: unknown) => {
        const { phase, activity, head, party, refusals } = page.participant.view();
        throw new Error(
          JSON.stringify({ phase, activity, head, home: party?.home, refusals, log: page.logger.lines.slice(-8) }),
          { cause: error },
        );
      });
  const send = async (page: SimulatedPage, transaction: Record<string, unknown>): Promise<Receipt> => {
    const sent = page.participant.request({ method: 'eth_sendTransaction', params: [transaction] }, 'operation');
    const hash = await net.until('the envelope is sent', sent);
    return (await net.until(
      'the receipt',
      page.participant.request({ method: 'isoquorum_waitForReceipt', params: [hash] }, 'operation'),
    )) as Receipt;
  };
  const call = async (page: SimulatedPage, to: string | null, data: string): Promise<string> =>
    (await net.until(
      'a call',
      page.participant.request({ method: 'eth_call', params: [{ to, data }, 'latest'] }),
    )) as string;
  return { net, pages, send, call };
}

describe('pages as parties', () => {
  it('deploys for a node’s party, which then reads it, and a stranger page reads nothing', async () => {
    const { net, pages, send, call } = await setUp('ada', 'eve');
    const [ada, eve] = pages as [SimulatedPage, SimulatedPage];
    const receipt = await send(ada, { data: deployStorage(42n), privateFor: [net.managerKeys[0]] });
    expect(receipt.status).toBe('0x1');
    expect(BigInt(await call(ada, receipt.contractAddress, getData))).toBe(42n);
    expect(await call(eve, receipt.contractAddress, getData)).toBe('0x');

    const node = nodeView(net, 0);
    const stranger = nodeView(net, 2);
    await net.runUntil('node1 has executed it', () => node.storageRoot(receipt.contractAddress) !== undefined);
    const root = await net.until(
      'root',
      ada.participant.request({ method: 'eth_storageRoot', params: [receipt.contractAddress] }),
    );
    expect(node.storageRoot(receipt.contractAddress)).toBe(root);
    expect(stranger.storageRoot(receipt.contractAddress)).not.toBe(root);
    const seenByEve = eve.participant.view().transactions.at(0);
    expect(seenByEve).toMatchObject({ readability: 'stranger', data: undefined });
  });

  it('sends straight to another page, and updates flow both ways', async () => {
    const { net, pages, send, call } = await setUp('ada', 'bob');
    const [ada, bob] = pages as [SimulatedPage, SimulatedPage];
    await net.runUntil('the pages found each other', () =>
      ada.participant.view().directory.some((entry) => entry.enclaveKey === bob.enclaveKey && entry.route === 'direct'),
    );
    const receipt = await send(ada, { data: deployStorage(7n), privateFor: [bob.enclaveKey] });
    await net.runUntil('bob knows the contract', () => bob.participant.view().contracts.length === 1);
    expect(BigInt(await call(bob, receipt.contractAddress, getData))).toBe(7n);
    await send(bob, { to: receipt.contractAddress, data: setData(8n), privateFor: [ada.enclaveKey] });
    await net.runUntil('ada has the update', () => ada.participant.view().transactions[0]?.status === 'success');
    expect(BigInt(await call(ada, receipt.contractAddress, getData))).toBe(8n);
    expect(bob.participant.view().party?.home?.received).toBe(0);
  });

  it('keeps a payload for a page that is closed, which catches up when it opens', async () => {
    const { net, pages, send, call } = await setUp('ada', 'bob');
    const [ada, bob] = pages as [SimulatedPage, SimulatedPage];
    await net.runUntil('ada knows bob', () =>
      ada.participant.view().directory.some((entry) => entry.enclaveKey === bob.enclaveKey),
    );
    await bob.close();
    await net.run(3000);
    const receipt = await send(ada, { data: deployStorage(9n), privateFor: [bob.enclaveKey] });
    await send(ada, { to: receipt.contractAddress, data: setData(10n), privateFor: [bob.enclaveKey] });
    await bob.open();
    await net.runUntil('bob is ready', () => bob.participant.view().phase === 'ready');
    await net.runUntil('bob knows the contract', () => bob.participant.view().contracts.length === 1);
    expect(BigInt(await call(bob, receipt.contractAddress, getData))).toBe(10n);
    const roots = [];
    for (const page of [ada, bob])
      roots.push(
        await net.until(
          'root',
          page.participant.request({ method: 'eth_storageRoot', params: [receipt.contractAddress] }),
        ),
      );
    expect(roots[0]).toBe(roots[1]);
  });

  it('reads public state inside the block, after the public write before it', async () => {
    const { net, pages, send, call } = await setUp('ada');
    const [ada] = pages as [SimulatedPage];
    const storage = await send(ada, { data: deployStorage(1n) });
    expect(storage.status).toBe('0x1');
    const readerCode = compiled.contracts.Reader.bytecode + word(BigInt(storage.contractAddress ?? '0x0'));
    const reader = await send(ada, { data: readerCode, privateFor: [net.managerKeys[0]] });
    // Both from one account, so that the order inside the block is that of the nonces.
    const write = ada.participant.request({
      method: 'eth_sendTransaction',
      params: [{ to: storage.contractAddress, data: setData(77n) }],
    });
    const writeHash = await net.until('write sent', write);
    // lastNoted() is 77 only if the private code saw the write before it in its block.
    const note = ada.participant.request({
      method: 'eth_sendTransaction',
      params: [{ to: reader.contractAddress, data: '0x26d111f5', privateFor: [net.managerKeys[0]] }],
    });
    const noteHash = await net.until('note sent', note).catch((error: unknown) => error);
    expect(noteHash).toEqual(expect.any(String));
    const receipts = [];
    for (const hash of [writeHash, noteHash])
      receipts.push(
        (await net.until(
          'receipt',
          ada.participant.request({ method: 'isoquorum_waitForReceipt', params: [hash] }),
        )) as Receipt,
      );
    expect(BigInt(await call(ada, storage.contractAddress, getData))).toBe(77n);
    expect(receipts[0]?.blockNumber).toBe(receipts[1]?.blockNumber);
    expect(BigInt(await call(ada, reader.contractAddress, '0x70159789'))).toBe(77n);
    const node = nodeView(net, 0);
    await net.runUntil('node1 agrees', () => node.storageRoot(reader.contractAddress) !== undefined);
    const root = await net.until(
      'root',
      ada.participant.request({ method: 'eth_storageRoot', params: [reader.contractAddress] }),
    );
    expect(node.storageRoot(reader.contractAddress)).toBe(root);
  });

  it('goes back and replays when a payload comes after its block', async () => {
    const { net, pages, call } = await setUp('carol');
    const [carol] = pages as [SimulatedPage];
    // node1's side stores the payload alone at first; its envelope goes on the chain.
    const manager = net.managers[0]!.running.q2t;
    const hash = await net.until('stored', manager.storeRaw(hexToBytes(deployStorage(31n))));
    await net.until('distributed to nobody', manager.sendSigned({ hash, to: [] }));
    const key = net.accountKeys[0]!;
    const unsigned = {
      type: 0,
      nonce: 0n,
      gasPrice: 0n,
      gasLimit: 5_000_000n,
      to: undefined,
      value: 0n,
      data: hash,
    } as const;
    const envelope = signTransaction(unsigned, key, { isPrivate: true });
    const txHash = bytesToHex(transactionHash(envelope));
    await net.until('pooled', Promise.resolve(net.nodes[0]!.running!.context.pool.add(envelope, 'local')));
    const find = () => carol.participant.view().transactions.find((transaction) => transaction.hash === txHash);
    await net.runUntil('carol is a stranger', () => find()?.readability === 'stranger');
    await net.run(3000);
    expect(carol.participant.view().contracts).toEqual([]);

    await net.until('distributed late', manager.sendSigned({ hash, to: [base64ToBytes(carol.enclaveKey)] }));
    await net.runUntil('carol is a party', () => find()?.readability === 'party');
    const contract = createContractAddress(privateKeyToAddress(key), 0n);
    expect(BigInt(await call(carol, bytesToHex(contract), getData))).toBe(31n);
    expect(carol.participant.view().contracts).toHaveLength(1);
  });

  it('stops its private state while its home is away, says so, and goes on when it is back', async () => {
    const { net, pages, send, call } = await setUp('ada', 'bob');
    const [ada, bob] = pages as [SimulatedPage, SimulatedPage];
    const homeId = bob.participant.view().party?.home?.peerId ?? '';
    await bob.participant.chooseHome(homeId);
    // Both pages use the first validator as home; ada keeps hers.
    net.network.cut(bob.peerId, homeId);
    net.network.cut(bob.peerId, ada.peerId);
    const receipt = await send(ada, { data: deployStorage(5n), privateFor: [bob.enclaveKey] });
    const height = Number(receipt.blockNumber);
    await net.runUntil('bob follows the chain', () => bob.participant.view().head.number > height);
    await net.runUntil('bob waits', () => bob.participant.view().privateHead?.state === 'waiting');
    expect(bob.participant.view().privateHead?.number).toBe(height - 1);
    const early = bob.participant.request({
      method: 'eth_call',
      params: [{ to: receipt.contractAddress, data: getData }],
    });
    await expect(net.until('a call that cannot be answered', early)).rejects.toMatchObject({
      data: { code: 'PRIVATE_STATE_BEHIND' },
    });
    net.network.heal(bob.peerId, homeId);
    await net.until('bob dials his home', bob.dial(homeId));
    await net.runUntil('bob is level', () => bob.participant.view().privateHead?.state === 'following');
    expect(BigInt(await call(bob, receipt.contractAddress, getData))).toBe(5n);
  });
});

/** What a node's own private state says, without its RPC. */
function nodeView(net: PageNetwork, index: number) {
  return {
    storageRoot(address: string | null): string | undefined {
      const context = net.nodes[index]?.running?.context;
      if (context === undefined || address === null) return undefined;
      return storageRootOf(context, hexToBytes(address));
    },
  };
}

type Context = NonNullable<PageNetwork['nodes'][number]['running']>['context'];

function storageRootOf({ chain, states, defaultPsi, database }: Context, address: Uint8Array): string | undefined {
  const hash = chain.head().hash;
  try {
    const { privateRoot } = states.at(hash, defaultPsi);
    const account = createTrieReader(database, privateRoot).account(address);
    return account === undefined || bytesEqual(account.codeHash, emptyCodeHash)
      ? undefined
      : bytesToHex(account.storageRoot);
  } catch (error) {
    if (isIsoquorumError(error, 'PRIVATE_STATE_BEHIND')) return undefined;
    throw error;
  }
}
