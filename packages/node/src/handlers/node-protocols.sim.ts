import { afterEach, expect, it } from 'vitest';
import {
  createSimulatedNetwork,
  type SimulatedNetwork,
  type SimulatedNetworkOptions,
} from '../testing/simulated-network.ts';
import { protocolsJson } from './node-protocols.ts';

let simulation: SimulatedNetwork;

afterEach(async () => {
  await simulation.stop();
});

async function start(options: SimulatedNetworkOptions): Promise<void> {
  simulation = await createSimulatedNetwork(options);
  for (const node of simulation.nodes) await node.start();
}

type Shown = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
const shown = (): Shown => protocolsJson(simulation.nodes[0]!.running!.context) as Shown;
const height = (): number => simulation.nodes[0]!.running!.context.chain.headNumber();

const ofChain = ['network', 'difficulty', 'genesis', 'head', 'consensus', 'engine'];

it('admin_nodeInfo names eth and istanbul on IBFT and QBFT chains, and what decides the next block', async () => {
  const transitions = [{ block: 3, algorithm: 'qbft' }];
  await start({ validators: 1, genesis: { algorithm: 'ibft', transitions } });
  expect(Object.keys(shown())).toEqual(['eth', 'istanbul']);
  expect(Object.keys(shown()['eth']!)).toEqual(ofChain);
  expect(shown()['istanbul']).toMatchObject({ network: 1337, consensus: 'istanbul', engine: 'ibft' });
  await simulation.runUntil('block 2', () => height() >= 2);
  expect(shown()['eth']).toMatchObject({ consensus: 'istanbul', engine: 'qbft' });
});

it('admin_nodeInfo names eth alone on a Clique chain', async () => {
  await start({ validators: 1, consensus: 'clique' });
  expect(Object.keys(shown())).toEqual(['eth']);
  expect(shown()['eth']).toMatchObject({ consensus: 'clique', engine: 'clique' });
});

it('admin_nodeInfo tells the cluster on a Raft chain', async () => {
  await start({ validators: 3, consensus: 'raft' });
  const role = (): unknown => shown()['raft']?.['role'];
  await simulation.runUntil('a leader', () => role() !== '', 20_000);
  expect(Object.keys(shown())).toEqual(['eth', 'raft']);
  expect(shown()['eth']).toMatchObject({ consensus: 'raft', engine: 'raft' });
  const { peerAddresses, address, ...rest } = shown()['raft']!;
  expect(rest).toMatchObject({ clusterSize: 3, removedPeerIds: [], snapshotIndex: 1 });
  expect(['minter', 'verifier']).toContain(rest['role']);
  expect(address).toMatchObject({ raftId: 1, p2pPort: 30_303, raftPort: 50_401, hostname: '127.0.0.1' });
  expect((peerAddresses as { raftId: number }[]).map(({ raftId }) => raftId)).toEqual([2, 3]);
});
