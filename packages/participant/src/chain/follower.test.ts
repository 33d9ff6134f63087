import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryNetwork } from '@isoquorum/network/memory/network';
import { createChainIdentity } from '@isoquorum/network/session/chain-identity';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { createClock } from '@isoquorum/platform/node/clock';
import type { Block } from '@isoquorum/primitives/block';
import { headerHash } from '@isoquorum/primitives/header';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { withQbftSeals } from '@isoquorum/primitives/istanbul-seal';
import { decodeQbftExtra } from '@isoquorum/primitives/istanbul-extra';
import { signTransaction } from '@isoquorum/primitives/transaction/transaction';
import { serveChain } from '../testing/serve-chain.ts';
import { createTestChain, type TestChain } from '../testing/test-chain.ts';
import { waitFor } from '../testing/wait-for.ts';
import { openChainStore } from './chain-store.ts';
import { createHeaderVerifier } from './create-verifier.ts';
import { createFollower, type Follower, type Refusal } from './follower.ts';
import { createSyncClient } from './sync-client.ts';

const clock = createClock();
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

const payment = (nonce: bigint) =>
  signTransaction(
    {
      type: 0,
      nonce,
      gasPrice: 0n,
      gasLimit: 21_000n,
      to: new Uint8Array(20).fill(7),
      value: 0n,
      data: new Uint8Array(0),
    },
    keccak256(new Uint8Array([1])),
    { chainId: 1337n },
  );

async function setUp(chain: TestChain, nodes: readonly ((block: Block) => Block)[], store = createMemoryStore()) {
  const network = createMemoryNetwork({ clock });
  const genesisHash = headerHash(chain.genesisHeader);
  const identity = (role: 'node' | 'browser') =>
    createChainIdentity({ config: chain.config, genesisHash, networkId: 1337n, role, client: 'test' });
  const identify = (peerId: string) => ({
    role: peerId === 'page' ? ('browser' as const) : ('node' as const),
    name: peerId,
    address: undefined,
  });
  const servers = [];
  for (const [index, disguise] of nodes.entries()) {
    const host = network.createHost({ peerId: `node${index}`, chain: identity('node'), identify });
    servers.push(serveChain(host, chain, disguise));
    await host.start();
    stops.push(() => host.stop());
  }
  const host = network.createHost({ peerId: 'page', chain: identity('browser'), identify });
  const chainStore = await openChainStore(store);
  const { stored } = chainStore;
  const verifier = createHeaderVerifier({
    config: chain.config,
    genesisHeader: chain.genesisHeader,
    ...(stored === undefined ? {} : { resume: { header: stored.header, state: stored.verifierState } }),
  });
  const refusals: Refusal[] = [];
  const fatal: unknown[] = [];
  let transactions = 0;
  const follower: Follower = createFollower({
    host,
    sync: createSyncClient(host),
    verifier,
    readValidators: () => Promise.reject(new Error('no contract names validators here')),
    chainStore,
    store,
    clock,
    logger: silentLogger,
    blockPeriodSeconds: 1,
    operationsFor: () => [],
    onBlocks: (blocks) => {
      for (const block of blocks) transactions += block.transactions.length;
    },
    onFatal: (error) => fatal.push(error),
    onRefusal: (refusal) => refusals.push(refusal),
    onHeads: () => undefined,
  });
  follower.start();
  stops.push(() => follower.stop());
  await host.start();
  stops.push(() => host.stop());
  for (const index of nodes.keys()) await host.dial(network.multiaddr(`node${index}`));
  return { servers, refusals, fatal, verifier, store, follower, transactions: () => transactions };
}

const honest = (block: Block): Block => block;

describe('follower', () => {
  it('catches up from the genesis, bodies included, and takes announced blocks', async () => {
    const chain = createTestChain();
    for (let index = 0; index < 120; index++)
      chain.add(index % 40 === 7 ? { transactions: [payment(BigInt(index))] } : {});
    const { verifier, servers, transactions, refusals } = await setUp(chain, [honest, honest]);
    await waitFor(() => verifier.head.header.number === 120, 'block 120');
    expect(transactions()).toBe(3);
    await servers[0]!.announce(chain.add({ transactions: [payment(9n)] }));
    await waitFor(() => verifier.head.header.number === 121, 'block 121');
    expect(transactions()).toBe(4);
    expect(refusals).toEqual([]);
  });

  it('resumes where it was, without asking for what it has', async () => {
    const chain = createTestChain();
    for (let index = 0; index < 20; index++) chain.add();
    const first = await setUp(chain, [honest]);
    await waitFor(() => first.verifier.head.header.number === 20, 'block 20');
    for (const stop of stops.splice(0).toReversed()) await stop();
    chain.add();
    const second = await setUp(chain, [honest], first.store);
    expect(second.verifier.head.header.number).toBe(20);
    await waitFor(() => second.verifier.head.header.number === 21, 'block 21');
    expect(second.servers[0]!.requests()).toBe(1);
  });

  it('refuses headers with too few seals from one validator, says so, and goes on with the other', async () => {
    const chain = createTestChain();
    for (let index = 0; index < 5; index++) chain.add();
    const liar = (block: Block): Block => {
      if (block.header.number !== 3) return block;
      const seals = decodeQbftExtra(block.header.extraData).committedSeals.slice(0, 2);
      return { ...block, header: withQbftSeals(block.header, 0, seals) };
    };
    const { verifier, refusals } = await setUp(chain, [liar, honest]);
    await waitFor(() => verifier.head.header.number === 5, 'block 5');
    await waitFor(() => refusals.length > 0 || verifier.head.header.number === 5, 'refusal or head');
    for (const refusal of refusals)
      expect(refusal).toMatchObject({ number: 3, peerId: 'node0', code: 'SEALS_BELOW_QUORUM' });
  });

  it('stops at a failed write, so that what is stored has no gap', async () => {
    const chain = createTestChain();
    for (let index = 0; index < 3; index++) chain.add();
    const store = createMemoryStore();
    let writes = 0;
    const failing = {
      ...store,
      get: (key: Uint8Array) => store.get(key),
      iterate: store.iterate.bind(store),
      batch: async (operations: Parameters<typeof store.batch>[0]) => {
        writes++;
        if (writes === 2) throw new Error('disk full');
        await store.batch(operations);
      },
    } as typeof store;
    const { fatal, servers } = await setUp(chain, [honest], failing);
    await waitFor(() => writes === 1, 'the first write');
    await servers[0]!.announce(chain.add());
    await waitFor(() => fatal.length === 1, 'the failure');
    await servers[0]!.announce(chain.add());
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(writes).toBe(2);
    expect((await openChainStore(store)).stored?.header.number).toBe(3);
  });

  it('stays where it is when the only validator changes a body', async () => {
    const chain = createTestChain();
    chain.add();
    chain.add({ transactions: [payment(0n)] });
    const { verifier, refusals } = await setUp(chain, [
      (block) => (block.transactions.length === 0 ? block : { ...block, transactions: [payment(1n)] }),
    ]);
    await waitFor(() => refusals.length > 0, 'a refusal');
    expect(verifier.head.header.number).toBe(1);
    expect(refusals[0]).toMatchObject({ number: 2, code: 'BODY_MISMATCH', peerId: 'node0' });
  });
});
