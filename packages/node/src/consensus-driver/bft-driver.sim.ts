import type { IbftMessage } from '@isoquorum/consensus/ibft/message';
import { ibftProtocol } from '@isoquorum/consensus/ibft/protocol';
import type { QbftMessage } from '@isoquorum/consensus/qbft/message';
import { qbftProtocol } from '@isoquorum/consensus/qbft/protocol';
import { recoverAddress } from '@isoquorum/consensus/recover-cache';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { blockHash } from '@isoquorum/primitives/block';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { nodeKeyToPeerId } from '@isoquorum/primitives/node-key';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import type { Store } from '@isoquorum/platform/store';
import { afterEach, describe, expect, it } from 'vitest';
import { createSimulatedNetwork, type SimulatedNetwork } from '../testing/simulated-network.ts';
import { consensusRecordKey, ibftRecordKey } from '../chain/keys.ts';
import type { ConsensusInput } from './driver.ts';

let simulation: SimulatedNetwork;

afterEach(async () => {
  await simulation.stop();
});

const running = () => simulation.nodes.flatMap((node) => node.running ?? []);
const lowest = (): number => Math.min(...running().map((node) => node.context.chain.headNumber()));

function expectOneChain(): void {
  for (let number = 0; number <= lowest(); number++) {
    const hashes = new Set(running().map((node) => bytesToHex(node.context.chain.hashByNumber(number)!)));
    expect(hashes.size).toBe(1);
  }
}

async function start(
  validators: number,
  observers = 0,
  options: Partial<Parameters<typeof createSimulatedNetwork>[0]> = {},
): Promise<void> {
  simulation = await createSimulatedNetwork({ validators, observers, ...options });
  for (const node of simulation.nodes.slice(0, validators)) await node.start();
  await simulation.runUntil('block 2', () => lowest() >= 2);
}

describe.each(['qbft', 'ibft'] as const)('faults under %s', (algorithm) => {
  const genesis = { algorithm };

  it('three of four validators go on without the fourth, which catches up', async () => {
    await start(4, 0, { genesis });
    await simulation.nodes[3]!.crash();
    const before = lowest();
    await simulation.runUntil('eight blocks by three', () => lowest() >= before + 8, 120_000);
    await simulation.nodes[3]!.start();
    await simulation.runUntil('level', () => running().length === 4 && lowest() >= before + 12, 120_000);
    expectOneChain();
  });

  it('two of four make no block; with the third they go on', async () => {
    await start(4, 0, { genesis });
    await simulation.nodes[2]!.crash();
    await simulation.nodes[3]!.crash();
    await simulation.run(2_000);
    const stood = lowest();
    await simulation.run(20_000);
    expect(lowest()).toBeLessThanOrEqual(stood + 1);
    await simulation.nodes[2]!.start();
    await simulation.runUntil('three more blocks', () => lowest() >= stood + 3, 200_000);
    expectOneChain();
  });

  it('crashes of each validator in turn leave one chain', async () => {
    await start(4, 0, { genesis });
    for (let turn = 0; turn < 6; turn++) {
      const node = simulation.nodes[turn % 4]!;
      await simulation.run(300 + 170 * turn);
      await node.crash();
      await simulation.run(700);
      await node.start();
    }
    const before = lowest();
    await simulation.runUntil('four more blocks', () => lowest() >= before + 4, 200_000);
    expectOneChain();
  });

  it('a node that is no validator follows, from an empty disk', async () => {
    await start(4, 1, { genesis });
    await simulation.run(10_000);
    await simulation.nodes[4]!.start();
    await simulation.runUntil('level', () => running().length === 5 && lowest() >= 12);
    expectOneChain();
    const observer = simulation.nodes[4]!.running!;
    expect(observer.context.syncStatus().syncing).toBe(false);
  });

  it('no block is executed twice by any node', async () => {
    await start(4, 0, { genesis });
    await simulation.run(5_000);
    for (const node of running())
      expect(node.executor.executions).toBeLessThanOrEqual(node.context.chain.headNumber() + 1);
  });

  it('a node whose consensus record cannot be written stops, and says nothing more', async () => {
    simulation = await createSimulatedNetwork({ validators: 4, genesis });
    for (const node of simulation.nodes.slice(0, 3)) await node.start();
    const node = simulation.nodes[3]!;
    const isRecord = (key: Uint8Array): boolean =>
      [consensusRecordKey, ibftRecordKey].some((one) => bytesToHex(key) === bytesToHex(one));
    const faulty: Store = {
      ...node.store,
      get: (key) => node.store.get(key),
      getSync: (key) => node.store.getSync(key),
      iterate: (range) => node.store.iterate(range),
      close: () => Promise.resolve(),
      batch: (operations) =>
        operations.some(({ key }) => isRecord(key))
          ? Promise.reject(new Error('disk is full'))
          : node.store.batch(operations),
    };
    const faults: unknown[] = [];
    const started = await node.start({ store: faulty, onFatal: (error) => void faults.push(error) });
    let isStopped = false;
    void started.stopped.then(() => {
      isStopped = true;
    });
    await simulation.runUntil('stopped', () => isStopped);
    expect(String(faults[0])).toContain('disk is full');
    node.running = undefined;
    const before = lowest();
    await simulation.runUntil('the others go on', () => lowest() >= before + 3, 120_000);
    expectOneChain();
  });

  it('a local transaction survives a crash of its node', async () => {
    await start(4, 0, { genesis });
    for (const node of simulation.nodes.slice(1)) await node.crash();
    const from = privateKeyToAddress(simulation.accountKeys[0]!);
    const hash = await simulation.nodes[0]!.running!.context.submitter.sendTransaction({
      from,
      to: from,
      gas: 21_000n,
    });
    await simulation.nodes[0]!.crash();
    for (const node of simulation.nodes) await node.start();
    await simulation.runUntil(
      'mined',
      () => running().every((node) => node.context.chain.transaction(hash) !== undefined),
      200_000,
    );
  });
});

describe.each(['qbft', 'ibft'] as const)('restarts under %s', (algorithm) => {
  it('never sign twice for one height, round and kind', async () => {
    /** Digests by kind, height and round, whoever signed: more than one is a double proposal or a double vote. */
    const digests = new Map<string, Set<string>>();
    simulation = await createSimulatedNetwork({ validators: 4, genesis: { algorithm } });
    const consensusLog = ({ input }: ConsensusInput): void => {
      if (input.type !== 'message' || input.message.type === 'roundChange') return;
      const { message } = input;
      const digest = message.type === 'prePrepare' ? blockHash(message.block) : message.digest;
      const view = `${message.type} ${message.height} ${message.round}`;
      const known = digests.get(view) ?? new Set();
      digests.set(view, known.add(bytesToHex(digest)));
    };
    for (const node of simulation.nodes) await node.start({ consensusLog });
    for (let turn = 0; turn < 8; turn++) {
      await simulation.run(450 + 90 * turn);
      const node = simulation.nodes[turn % 4]!;
      await node.crash();
      await node.start({ consensusLog });
    }
    await simulation.run(3_000);
    expect(digests.size).toBeGreaterThan(10);
    for (const [view, found] of digests) expect([view, found.size]).toEqual([view, 1]);
    expectOneChain();
  });
});

describe.each(['qbft', 'ibft'] as const)('a lost disk under %s', (algorithm) => {
  it.each([
    ['that sees the others at once', 0],
    ['that sees nobody for a minute', 60_000],
  ])('%s signs nothing for a height for which it may have signed before', async (_, aloneMs) => {
    await start(4, 0, { genesis: { algorithm } });
    // Who proposed block 1 would propose it once more.
    const { chain, author } = running()[0]!.context;
    const self = bytesToHex(author(chain.headerByNumber(1)!));
    const victim = simulation.nodes.find((node) => bytesToHex(node.running!.address) === self)!;
    /** Heights of its messages by signature: others give back what it said before. */
    const said = new Map<string, number>();
    const consensusLog = ({ engine, input }: ConsensusInput): void => {
      if (input.type !== 'message' || (engine !== 'qbft' && engine !== 'ibft')) return;
      const signer =
        engine === 'qbft'
          ? qbftProtocol.signer(input.message as QbftMessage, recoverAddress)
          : ibftProtocol.signer(input.message as IbftMessage, recoverAddress);
      if (signer === undefined || bytesToHex(signer) !== self) return;
      said.set(bytesToHex((input.message as { signature: Uint8Array }).signature), input.message.height);
    };
    await victim.crash();
    await victim.start({ consensusLog });
    await simulation.run(3_300);
    await victim.crash();
    const before = new Set(said.keys());
    const highest = Math.max(...said.values());
    expect(highest).toBeGreaterThan(3);
    const others = simulation.nodes.filter((node) => node !== victim).map(({ nodeKey }) => nodeKeyToPeerId(nodeKey));
    const victimId = nodeKeyToPeerId(victim.nodeKey);
    if (aloneMs > 0) for (const other of others) simulation.network.cut(victimId, other);
    await victim.start({ store: createMemoryStore(), consensusLog });
    await simulation.run(aloneMs);
    for (const other of others) simulation.network.heal(victimId, other);
    const fresh = (): number[] => [...said].flatMap(([signature, height]) => (before.has(signature) ? [] : [height]));
    await simulation.runUntil('it signs again', () => fresh().length > 3, 30_000);
    expect(Math.min(...fresh())).toBeGreaterThan(highest);
  });

  it('signs all the same when the others cannot make the block that it waits for', async () => {
    simulation = await createSimulatedNetwork({ validators: 4, genesis: { algorithm } });
    const [first, second, late, lost] = simulation.nodes;
    for (const node of [first!, second!, lost!]) await node.start();
    await simulation.runUntil('two blocks by three', () => lowest() >= 2, 30_000);
    await late!.start();
    await simulation.runUntil('it has their blocks', () => running().length === 4 && lowest() >= 2, 5_000);
    expect(late!.running!.context.consensusStatus()).toMatchObject({ isValidator: true, isSigning: false });
    await lost!.crash();
    await simulation.runUntil('three more blocks', () => lowest() >= 6, 90_000);
    expect(late!.running!.context.consensusStatus().isSigning).toBe(true);
    expectOneChain();
  });
});

describe('a validator that sees nobody', () => {
  it('signs nothing without a record, unless its operator knows that it never did', async () => {
    simulation = await createSimulatedNetwork({ validators: 4 });
    const [first, second] = simulation.nodes;
    await first!.start();
    await second!.start({ neverSigned: true });
    await simulation.run(120_000);
    expect(first!.running!.context.consensusStatus()).toMatchObject({ isValidator: true, isSigning: false, round: 0 });
    expect(second!.running!.context.consensusStatus()).toMatchObject({ isValidator: true, isSigning: true });
    expect(second!.running!.context.consensusStatus().round).toBeGreaterThan(0);
  });
});

describe('from IBFT to QBFT', () => {
  it('goes on without a pause, and a node from an empty disk follows across the switch', async () => {
    const transitions = [{ block: 6, algorithm: 'qbft' }];
    await start(4, 1, { genesis: { algorithm: 'ibft', transitions } });
    const beganMs = simulation.clock.nowMs();
    await simulation.runUntil('block 12', () => lowest() >= 12, 30_000);
    expect(simulation.clock.nowMs() - beganMs).toBeLessThan(12_000);
    for (const node of running()) {
      expect(node.context.consensusStatus()).toMatchObject({ algorithm: 'qbft', round: 0, failed: undefined });
      expect(node.context.chain.config.ibft).toBeDefined();
    }
    await simulation.nodes[4]!.start();
    await simulation.runUntil('level', () => running().length === 5 && lowest() >= 14, 60_000);
    expectOneChain();
  });

  it('a validator that restarts at the switch takes part again', async () => {
    const transitions = [{ block: 5, algorithm: 'qbft' }];
    await start(4, 0, { genesis: { algorithm: 'ibft', transitions } });
    for (const node of simulation.nodes) {
      await simulation.run(700);
      await node.crash();
      await simulation.run(150);
      await node.start();
    }
    await simulation.runUntil('block 12', () => lowest() >= 12, 120_000);
    expectOneChain();
  });
});

describe('blocks on demand', () => {
  it.each(['qbft', 'ibft'] as const)(
    '%s makes none without transactions and one at once for each',
    async (algorithm) => {
      simulation = await createSimulatedNetwork({ validators: 4, blockPeriodSeconds: 0, genesis: { algorithm } });
      for (const node of simulation.nodes) await node.start();
      await simulation.run(120_000);
      expect(lowest()).toBe(0);
      const from = privateKeyToAddress(simulation.accountKeys[0]!);
      for (let number = 1; number <= 5; number++) {
        const { submitter } = simulation.nodes[number % 4]!.running!.context;
        await submitter.sendTransaction({ from, to: from, gas: 21_000n });
        const sentMs = simulation.clock.nowMs();
        await simulation.runUntil(`block ${number}`, () => lowest() >= number, 5_000);
        expect(simulation.clock.nowMs() - sentMs).toBeLessThanOrEqual(200);
      }
      await simulation.run(60_000);
      expect(lowest()).toBe(5);
      expectOneChain();
    },
  );

  it('goes on without the proposer', async () => {
    simulation = await createSimulatedNetwork({ validators: 4, blockPeriodSeconds: 0 });
    for (const node of simulation.nodes) await node.start();
    await simulation.run(2_000);
    const proposer = running()[0]!.context.consensusStatus().proposer!;
    const dead = simulation.nodes.find((node) => bytesToHex(node.running!.address) === bytesToHex(proposer))!;
    await dead.crash();
    const from = privateKeyToAddress(simulation.accountKeys[0]!);
    await running()[0]!.context.submitter.sendTransaction({ from, to: from, gas: 21_000n });
    await simulation.runUntil('block 1', () => lowest() >= 1, 20_000);
    expectOneChain();
  });
});

describe('a long period for empty blocks', () => {
  it('does not hold up a transaction whose proposer is dead', async () => {
    simulation = await createSimulatedNetwork({ validators: 4, genesis: { emptyBlockPeriodSeconds: 60 } });
    for (const node of simulation.nodes) await node.start();
    await simulation.run(500);
    const proposer = running()[0]!.context.consensusStatus().proposer!;
    const dead = simulation.nodes.find((node) => bytesToHex(node.running!.address) === bytesToHex(proposer))!;
    await dead.crash();
    const from = privateKeyToAddress(simulation.accountKeys[0]!);
    await running()[0]!.context.submitter.sendTransaction({ from, to: from, gas: 21_000n });
    // One round of four seconds, and the next proposer's turn.
    await simulation.runUntil('block 1', () => lowest() >= 1, 8_000);
  });
});

describe('status', () => {
  it('says who is missing, and in which round, when there is no progress', async () => {
    await start(4);
    const [, , third, fourth] = simulation.nodes;
    const missing = [third!, fourth!].map((node) => bytesToHex(node.running!.address));
    await third!.crash();
    await fourth!.crash();
    await simulation.run(30_000);
    const status = running()[0]!.context.consensusStatus();
    expect(status.round).toBeGreaterThan(0);
    expect(status.failed?.round).toBe(status.round - 1);
    expect(status.missing.map(bytesToHex).toSorted()).toEqual(missing.toSorted());
    expect(status.failed?.missing.map(bytesToHex).toSorted()).toEqual(missing.toSorted());
    expect(status.disconnected.map(bytesToHex).toSorted()).toEqual(missing.toSorted());
  });
});
