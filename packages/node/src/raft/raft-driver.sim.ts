import { encodeRaftFrame } from '@isoquorum/consensus/raft/frame';
import { decodeRaftExtra } from '@isoquorum/consensus/raft/header';
import { createMessage } from '@isoquorum/consensus/raft/message';
import { RAFT_PROTOCOL } from '@isoquorum/network/protocols';
import { bytesToHex } from '@isoquorum/primitives/hex';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import { createMemoryLogger } from '@isoquorum/platform/memory/logger';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunningNode } from '../create-node.ts';
import {
  createSimulatedNetwork,
  raftMember,
  type SimulatedNetwork,
  type SimulatedNetworkOptions,
  type SimulatedNode,
} from '../testing/simulated-network.ts';

let simulation: SimulatedNetwork;

afterEach(async () => {
  await simulation.stop();
});

const running = (): RunningNode[] => simulation.nodes.flatMap((node) => node.running ?? []);
const heights = (): number[] => running().map((node) => node.context.chain.headNumber());
const lowest = (): number => Math.min(...heights());
const isLeader = ({ running: node }: SimulatedNode): boolean =>
  node?.context.raft?.raftStatus()?.softState.role === 'StateLeader';
const leaderOf = (): SimulatedNode | undefined => simulation.nodes.find(isLeader);

function expectOneChain(): void {
  for (let number = 0; number <= lowest(); number++) {
    const hashes = new Set(running().map((node) => bytesToHex(node.context.chain.hashByNumber(number)!)));
    expect([number, hashes.size]).toEqual([number, 1]);
  }
}

async function start(validators: number, options: Partial<SimulatedNetworkOptions> = {}): Promise<void> {
  simulation = await createSimulatedNetwork({ validators, consensus: 'raft', ...options });
  for (const node of simulation.nodes.slice(0, validators)) await node.start();
  await simulation.runUntil('a leader', () => leaderOf() !== undefined, 20_000);
}

async function send(node: SimulatedNode, account = 0): Promise<Hash32> {
  const from = privateKeyToAddress(simulation.accountKeys[account]!);
  const to = new Uint8Array(20).fill(9);
  return node.running!.context.submitter.sendTransaction({ from, to, value: 1n, gas: 21_000n });
}

const isMined = (hash: Hash32): boolean =>
  running().every((node) => node.context.chain.transaction(hash) !== undefined);

async function mine(node: SimulatedNode, account = 0, limitMs = 20_000): Promise<Hash32> {
  const hash = await send(node, account);
  await simulation.runUntil('mined everywhere', () => isMined(hash), limitMs);
  return hash;
}

describe('a Raft network', () => {
  it('mints on demand, at any member, with nanoseconds and the seal of the leader', async () => {
    await start(3);
    await simulation.run(3_000);
    expect(heights()).toEqual([0, 0, 0]);
    for (const node of simulation.nodes) await mine(node);
    expect(lowest()).toBe(3);
    const header = running()[0]!.context.chain.headerByNumber(3)!;
    expect(header.timestamp).toBeGreaterThan(1_800_000_000_000_000_000n);
    expect(decodeRaftExtra(header).raftId).toBe(simulation.nodes.indexOf(leaderOf()!) + 1);
    expectOneChain();
  });

  it('takes a lone transaction of a follower to a block and back in the trips that it needs: nothing waits for a timer', async () => {
    await start(3, { latencyMs: () => 1 });
    const { clock } = simulation;
    const node = simulation.nodes.find((one) => !isLeader(one))!;
    await mine(node);
    for (const pauseMs of [137, 1_000]) {
      await simulation.run(pauseMs);
      const hash = await send(node);
      const sentMs = clock.nowMs();
      while (node.running!.context.chain.transaction(hash) === undefined) {
        await clock.advance(1);
        for (let turn = 0; turn < 6; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
      }
      // To the minter, the entry to the members, their word back, and what is agreed on to them.
      expect(clock.nowMs() - sentMs).toBeLessThanOrEqual(4);
    }
  });

  it('writes seconds where it is told to', async () => {
    simulation = await createSimulatedNetwork({ validators: 1, consensus: 'raft' });
    const [node] = simulation.nodes as [SimulatedNode];
    await node.start({ raft: { raftId: 1, members: [raftMember(node.nodeKey, 1)], isInSeconds: true } });
    await simulation.runUntil('a leader', () => leaderOf() !== undefined, 20_000);
    await mine(node);
    await mine(node);
    const { timestamp } = running()[0]!.context.chain.headerByNumber(2)!;
    expect(timestamp).toBeGreaterThan(1_800_000_000n);
    expect(timestamp).toBeLessThan(1_800_001_000n);
  });

  it('a minter that dies under load is followed by another within three seconds, and nothing is lost', async () => {
    await start(3);
    const [other] = simulation.nodes.filter((node) => !isLeader(node)) as [SimulatedNode];
    const hashes: Hash32[] = [];
    for (let count = 0; count < 12; count++) {
      hashes.push(await send(other, count % 3));
      await simulation.run(20);
    }
    await leaderOf()!.crash();
    hashes.push(await send(other));
    await simulation.runUntil('the next minter', () => hashes.every(isMined), 3_000);
    expectOneChain();
  });

  it('without a majority nothing is minted, and status and log tell who is missing', async () => {
    const logger = createMemoryLogger();
    simulation = await createSimulatedNetwork({ validators: 4, consensus: 'raft', logger: () => logger });
    for (const node of simulation.nodes) await node.start();
    await simulation.runUntil('a leader', () => leaderOf() !== undefined, 20_000);
    await mine(simulation.nodes[0]!);
    const victims = [leaderOf()!, simulation.nodes.find((node) => !isLeader(node))!];
    const gone = victims.map((node) => bytesToHex(node.running!.address));
    const wasSilent = !logger.lines.some(({ message }) => message.startsWith('No leader'));
    for (const node of victims) await node.crash();
    await send(simulation.nodes.find(({ running: node }) => node !== undefined)!);
    await simulation.run(30_000);
    expect([heights(), wasSilent]).toEqual([[1, 1], true]);
    for (const node of running()) {
      const { missing, quorum, proposer, phase } = node.context.consensusStatus();
      expect(new Set(missing.map(bytesToHex))).toEqual(new Set(gone));
      expect([quorum, proposer, phase]).toEqual([3, undefined, 'precandidate']);
    }
    const told = logger.lines.filter(({ message }) => message === 'No leader: too few members are there');
    expect(told.length).toBeGreaterThan(2);
    expect(told.length).toBeLessThan(12);
    for (const address of gone) expect(String(told.at(-1)?.fields?.['missing'])).toContain(address);
    await victims[1]!.start();
    await simulation.runUntil('it goes on', () => lowest() === 2, 20_000);
    await victims[0]!.start();
    await simulation.runUntil('level', () => running().length === 4 && lowest() === 2, 20_000);
    expect(running()[0]!.context.consensusStatus().missing).toEqual([]);
    expectOneChain();
  });

  it('its status counts from the last block on, whoever leads', async () => {
    await start(3);
    await mine(simulation.nodes[0]!);
    const minedMs = simulation.clock.nowMs();
    const since = (): number[] => running().map((node) => node.context.consensusStatus().sinceMs);
    for (const atMs of since()) expect(Math.abs(atMs - minedMs)).toBeLessThan(1_000);
    const before = since();
    await simulation.run(5_000);
    const dead = leaderOf()!;
    const others = simulation.nodes.filter((node) => node !== dead);
    await dead.crash();
    await simulation.runUntil('another leader', () => others.some(isLeader), 20_000);
    await dead.start();
    expect(since().filter((atMs) => before.includes(atMs)).length).toBeGreaterThanOrEqual(2);
  });

  it('restarts of all, in any order, leave one chain that goes on', async () => {
    await start(3);
    for (let turn = 0; turn < 9; turn++) {
      const node = simulation.nodes[turn % 3]!;
      await send(simulation.nodes[(turn + 1) % 3]!, turn % 3);
      await simulation.run(turn * 7);
      await node.crash();
      await simulation.run(turn % 2 === 0 ? 100 : 2_500);
      await node.start();
      await simulation.run(500);
    }
    for (const node of simulation.nodes) await node.crash();
    for (const node of simulation.nodes) await node.start();
    await simulation.runUntil('a leader', () => leaderOf() !== undefined, 20_000);
    await mine(simulation.nodes[0]!);
    expectOneChain();
    expect(lowest()).toBeGreaterThan(3);
  });

  it('a member whose disk was lost comes back from nothing, and gives no vote before', async () => {
    await start(3);
    for (let count = 0; count < 3; count++) await mine(simulation.nodes[count]!);
    const victim = simulation.nodes.find((node) => !isLeader(node))!;
    await victim.crash();
    await mine(leaderOf()!);
    // The others go too: the empty one alone must not elect itself, nor help one that lags.
    await victim.start({ store: createMemoryStore() });
    await simulation.runUntil('caught up', () => lowest() === 4, 20_000);
    await mine(victim);
    expectOneChain();
  });

  it('a late member gets a snapshot when the log is cut, and its chain from peers', async () => {
    const logger = createMemoryLogger();
    const hasRestored = (): boolean => logger.lines.some(({ message }) => message.startsWith('A Raft snapshot came'));
    simulation = await createSimulatedNetwork({ validators: 3, consensus: 'raft', logger: () => logger });
    const members = simulation.nodes.map((node, index) => raftMember(node.nodeKey, index + 1));
    const raftOf = (index: number) => ({ raft: { raftId: index + 1, members, snapshotEvery: 5 } });
    for (const [index, node] of simulation.nodes.entries()) await node.start(raftOf(index));
    await simulation.runUntil('a leader', () => leaderOf() !== undefined, 20_000);
    const victim = simulation.nodes.find((node) => !isLeader(node))!;
    await victim.crash();
    for (let count = 0; count < 25; count++) await mine(leaderOf()!, count % 3);
    const hadBefore = hasRestored();
    await victim.start(raftOf(simulation.nodes.indexOf(victim)));
    await simulation.runUntil('caught up', () => running().length === 3 && lowest() >= 25, 60_000);
    await mine(victim);
    expect([hadBefore, hasRestored()]).toEqual([false, true]);
    await victim.crash();
    await victim.start(raftOf(simulation.nodes.indexOf(victim)));
    await mine(victim);
    expectOneChain();
  });

  it('a new member joins as learner, is promoted, and one is removed', async () => {
    await start(3, { observers: 1 });
    await mine(simulation.nodes[0]!);
    const joiner = simulation.nodes[3]!;
    const address = raftMember(joiner.nodeKey, 4);
    const { raft } = simulation.nodes[1]!.running!.context;
    expect(raft!.members.nextId()).toBe(4);
    expect(raft!.changeMember('add-learner', 4, address)).toBeUndefined();
    await simulation.run(500);
    await joiner.start({ raft: { raftId: 4, members: [] } });
    await simulation.runUntil('the learner is there', () => lowest() === 1, 20_000);
    expect(joiner.running!.context.raft!.raftStatus()!.confState.learners).toEqual([4]);
    await mine(joiner);
    raft!.changeMember('add-node', 4, undefined);
    await simulation.runUntil(
      'promoted',
      () => running().every((node) => node.context.raft!.raftStatus()!.confState.voters.includes(4)),
      20_000,
    );
    await joiner.crash();
    await mine(simulation.nodes[0]!);
    await joiner.start({ raft: { raftId: 4, members: [] } });
    await simulation.runUntil('back', () => running().length === 4 && lowest() === 3, 20_000);
    leaderOf()!.running!.context.raft!.changeMember('remove-node', 4, undefined);
    await simulation.runUntil(
      'removed',
      () => simulation.nodes.slice(0, 3).every((node) => node.running!.context.raft!.members.byId(4) === undefined),
      20_000,
    );
    await send(simulation.nodes[0]!);
    await simulation.run(3_000);
    expect(simulation.nodes.slice(0, 3).map((node) => node.running!.context.chain.headNumber())).toEqual([4, 4, 4]);
    expect(simulation.nodes[0]!.running!.context.raft!.members.nextId()).toBe(5);
  });

  it('a leader that is removed makes way for another', async () => {
    await start(4);
    await mine(simulation.nodes[0]!);
    const gone = leaderOf()!;
    const id = simulation.nodes.indexOf(gone) + 1;
    expect(gone.running!.context.raft!.changeMember('remove-node', id, undefined)).toBeUndefined();
    const others = simulation.nodes.filter((node) => node !== gone);
    await simulation.runUntil('another leader', () => others.some(isLeader), 10_000);
    const hash = await send(others[0]!);
    const has = ({ running: node }: SimulatedNode): boolean => node!.context.chain.transaction(hash) !== undefined;
    await simulation.runUntil('mined by the others', () => others.every(has), 10_000);
    expect(isLeader(gone)).toBe(false);
  });

  it('goes over to QBFT at a block, with its history', async () => {
    await start(4, { qbftBlock: 4 });
    for (let count = 0; count < 3; count++) await mine(simulation.nodes[count]!);
    await simulation.runUntil('QBFT blocks', () => lowest() >= 8, 60_000);
    const { chain } = running()[0]!.context;
    expect(chain.headerByNumber(3)!.timestamp).toBeGreaterThan(1_800_000_000_000_000_000n);
    expect(chain.headerByNumber(4)!.timestamp).toBeLessThan(2_000_000_000n);
    expect(running()[0]!.context.consensusStatus().algorithm).toBe('qbft');
    await mine(simulation.nodes[1]!);
    expectOneChain();
    await simulation.nodes[2]!.crash();
    await simulation.nodes[2]!.start();
    const before = lowest();
    await simulation.runUntil('on', () => running().length === 4 && lowest() > before + 3, 60_000);
    expectOneChain();
  });

  it('a snapshot that nobody can read does not end the member that it is sent to', async () => {
    await start(3);
    await mine(simulation.nodes[0]!);
    const [from, to] = simulation.nodes.filter((node) => !isLeader(node));
    const idOf = (node: SimulatedNode): number => simulation.nodes.indexOf(node) + 1;
    const { term } = from!.running!.context.raft!.raftStatus()!.hardState;
    const confState = { voters: [1, 2, 3], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };
    const snapshot = { index: 1_000, term, confState, data: Uint8Array.of(1) };
    const message = createMessage({ type: 'MsgSnap', from: idOf(from!), to: idOf(to!), term, snapshot });
    const frame = encodeRaftFrame({ type: 'message', message });
    await from!.running!.context.host.send(to!.running!.context.host.peerId, RAFT_PROTOCOL, frame);
    await simulation.run(2_000);
    expect(to!.running!.context.raft!.raftStatus()!.hardState.commit).toBeLessThan(1_000);
    await mine(to!);
    expectOneChain();
  });
});
