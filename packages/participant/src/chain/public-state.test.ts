import { afterEach, describe, expect, it } from 'vitest';
import { createStateDatabase } from '@isoquorum/execution/state/database';
import { createGenesisState } from '@isoquorum/execution/state/genesis-state';
import { createMemoryNodeSource } from '@isoquorum/execution/state/node-source';
import { collectWitness } from '@isoquorum/execution/witness/witness';
import { createMemoryNetwork } from '@isoquorum/network/memory/network';
import { WITNESS_PROTOCOL } from '@isoquorum/network/protocols';
import { createChainIdentity } from '@isoquorum/network/session/chain-identity';
import { decodeWitnessRequest, encodeWitness, type Witness } from '@isoquorum/network/wire/witness';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { createClock } from '@isoquorum/platform/node/clock';
import { headerHash } from '@isoquorum/primitives/header';
import { bytesToBigint, bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { createTestChain } from '../testing/test-chain.ts';
import { createPublicState } from './public-state.ts';
import { createSyncClient } from './sync-client.ts';

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

const addressOf = (index: number): Uint8Array => keccak256(Uint8Array.of(index)).subarray(12);
const accounts = Array.from({ length: 200 }, (_, index) => ({
  address: addressOf(index),
  balance: BigInt(index + 1),
  nonce: 0n,
  code: new Uint8Array(0),
  storage: [],
}));

/** A page and validators, each with its own way to answer. */
async function setUp(answers: readonly ((witness: Witness) => Witness)[]) {
  const source = createMemoryNodeSource();
  const database = createStateDatabase(source);
  const { root, operations } = createGenesisState(accounts, database);
  source.apply(operations);
  const network = createMemoryNetwork({ clock: createClock() });
  const { config, genesisHeader } = createTestChain();
  const genesisHash = headerHash(genesisHeader);
  const chainOf = (role: 'node' | 'browser') =>
    createChainIdentity({ config, genesisHash, networkId: 1337n, role, client: 'test' });
  const identify = (peerId: string) => ({
    role: peerId === 'page' ? ('browser' as const) : ('node' as const),
    name: peerId,
    address: undefined,
  });
  const asked = answers.map(() => 0);
  for (const [index, answer] of answers.entries()) {
    const host = network.createHost({ peerId: `node${index}`, chain: chainOf('node'), identify });
    host.onRequest(WITNESS_PROTOCOL, async (_peer, bytes) => {
      asked[index] = (asked[index] ?? 0) + 1;
      const requests = decodeWitnessRequest(bytes).accounts.map(({ address, slots }) => ({
        address,
        slots: slots.map(bytesToBigint),
      }));
      return encodeWitness(answer(collectWitness(database, root, requests)));
    });
    await host.start();
    stops.push(() => host.stop());
  }
  const host = network.createHost({ peerId: 'page', chain: chainOf('browser'), identify });
  await host.start();
  stops.push(() => host.stop());
  for (const index of answers.keys()) await host.dial(network.multiaddr(`node${index}`));
  const state = createPublicState({ host, sync: createSyncClient(host), store: createMemoryStore() });
  return { state, anchor: { blockHash: genesisHash, stateRoot: root }, asked };
}

const honest = (witness: Witness): Witness => witness;
const silent = (): Witness => ({ nodes: [], codes: [] });
const cut = ({ nodes, codes }: Witness): Witness => ({ nodes: nodes.slice(0, -1), codes });
const changed = ({ nodes, codes }: Witness): Witness => ({
  nodes: nodes.map((node) => node.map((byte) => byte ^ 1)),
  codes,
});
let junk = 0n;
/** Never twice the same, so that it always looks like news. */
const noise = (): Witness => ({ nodes: [bigintToFixedBytes(++junk, 64)], codes: [] });

describe('public state from validators of whom one lies', () => {
  it.each([
    ['says nothing', silent],
    ['leaves a node out', cut],
    ['changes nodes', changed],
    ['sends other nodes each time', noise],
  ])('another one is asked when it %s', async (_what, lie) => {
    const { state, anchor, asked } = await setUp([lie, honest]);
    for (const index of [3, 150, 77, 12]) {
      const account = await state.account(anchor, addressOf(index));
      expect(account?.balance).toBe(BigInt(index + 1));
    }
    expect(asked[0]).toBeGreaterThan(0);
    expect(asked[0]).toBeLessThan(20);
    expect(await state.account(anchor, addressOf(201))).toBeUndefined();
  });

  it('says so when nobody gives what is needed', async () => {
    const { state, anchor } = await setUp([silent, changed]);
    await expect(state.account(anchor, addressOf(3))).rejects.toMatchObject({ code: /WITNESS_INCOMPLETE|NOT_SERVED/ });
  });
});
