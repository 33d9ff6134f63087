import { bytesToHex, compareBytes } from '@isoquorum/primitives/hex';
import { nodeKeyToAddress, nodeKeyToPeerId } from '@isoquorum/primitives/node-key';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { createMemoryLogger, silentLogger } from '@isoquorum/platform/memory/logger';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunningNode } from '../create-node.ts';
import { testKey } from '../testing/genesis.ts';
import {
  createSimulatedNetwork,
  type SimulatedNetwork,
  type SimulatedNetworkOptions,
  type SimulatedNode,
} from '../testing/simulated-network.ts';

let simulation: SimulatedNetwork;

afterEach(async () => {
  await simulation.stop();
});

const running = (): RunningNode[] => simulation.nodes.flatMap((node) => node.running ?? []);
const chainOf = (index: number) => simulation.nodes[index]!.running!.context.chain;
const lowest = (): number => Math.min(...running().map((node) => node.context.chain.headNumber()));
const agreed = (number: number): boolean =>
  new Set(running().map((node) => bytesToHex(node.context.chain.hashByNumber(number) ?? new Uint8Array()))).size === 1;

async function start(validators: number, options: Partial<SimulatedNetworkOptions> = {}): Promise<void> {
  simulation = await createSimulatedNetwork({ validators, consensus: 'clique', ...options });
  for (const node of simulation.nodes.slice(0, validators)) await node.start();
}

async function send(index: number): Promise<Hash32> {
  const from = privateKeyToAddress(simulation.accountKeys[0]!);
  const to = new Uint8Array(20).fill(9);
  return simulation.nodes[index]!.running!.context.submitter.sendTransaction({ from, to, value: 1n, gas: 21_000n });
}

/** Whoever may sign a block twice within the limit, or seals two at a height on one branch, breaks the header rules; heads agree a few blocks below. */
function expectOneChain(depth = 3): void {
  for (let number = 0; number <= lowest() - depth; number++) expect([number, agreed(number)]).toEqual([number, true]);
}

describe('signers', () => {
  it('take turns, a block a period', async () => {
    await start(4);
    await simulation.run(20_500);
    expect(lowest()).toBeGreaterThanOrEqual(19);
    expectOneChain(1);
    for (let number = 1; number <= lowest(); number++) expect(chainOf(0).headerByNumber(number)!.difficulty).toBe(2n);
  });

  it('take a transaction into the block of the period in which it comes', async () => {
    await start(4);
    await simulation.runUntil('block 3', () => lowest() >= 3);
    for (const part of [100, 400, 700, 850]) {
      const at = chainOf(0).headNumber();
      await simulation.runUntil('the next block', () => lowest() > at);
      const before = lowest();
      await simulation.run(part);
      const hash = await send(part % 4);
      await simulation.runUntil('mined', () => chainOf(0).transaction(hash) !== undefined, 3_000);
      expect([part, chainOf(0).transaction(hash)!.blockNumber]).toEqual([part, before + 1]);
    }
  });

  it('go on without one of them, which catches up', async () => {
    await start(4);
    await simulation.runUntil('block 2', () => lowest() >= 2);
    await simulation.nodes[3]!.crash();
    const before = lowest();
    await simulation.runUntil('eight blocks by three', () => lowest() >= before + 8, 60_000);
    await simulation.nodes[3]!.start();
    await simulation.runUntil('level', () => running().length === 4 && lowest() >= before + 14, 60_000);
    expectOneChain();
  });

  it('stop without two of them, tell for whom they wait and who has signed lately, and go on with the third', async () => {
    const logger = createMemoryLogger();
    await start(4, { logger: (name) => (name === 'node1' ? logger : silentLogger) });
    await simulation.runUntil('block 2', () => lowest() >= 2);
    expect(running()[0]!.context.consensusStatus().missing).toEqual([]);
    const gone = [2, 3].map((index) => bytesToHex(simulation.nodes[index]!.running!.address)).toSorted();
    await simulation.nodes[2]!.crash();
    await simulation.nodes[3]!.crash();
    await simulation.run(10_000);
    const stood = lowest();
    await simulation.run(20_000);
    expect(lowest()).toBe(stood);
    for (const node of running()) {
      const { phase, missing, resting = [], height } = node.context.consensusStatus();
      expect([phase, missing.map(bytesToHex)]).toEqual(['resting', gone]);
      const alive = resting.map(({ address }) => bytesToHex(address));
      expect(alive).toEqual(
        running()
          .map(({ address }) => bytesToHex(address))
          .toSorted(),
      );
      // Each signs one of three blocks in a row: theirs are the last two.
      expect(new Set(resting.map(({ maySignFrom }) => maySignFrom))).toEqual(new Set([height + 1, height + 2]));
    }
    const lines = logger.lines.filter(({ message }) => message === 'No block from those that may sign');
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.length).toBeLessThan(6);
    expect(lines.at(-1)).toMatchObject({
      level: 'warn',
      fields: { height: stood + 1, phase: 'resting', missing: gone.join(' '), limit: 3, signers: 4 },
    });
    await simulation.nodes[2]!.start();
    await simulation.runUntil('five more blocks', () => lowest() >= stood + 5, 60_000);
    expectOneChain();
  });

  it('parted, leave the lighter branch when they meet again, and no transaction is lost', async () => {
    await start(5);
    // Nodes in the order of turns: the last and the first can make blocks 4 and 5 among themselves, and nothing after.
    const inOrder = simulation.nodes.toSorted((left, right) =>
      compareBytes(nodeKeyToAddress(left.nodeKey), nodeKeyToAddress(right.nodeKey)),
    );
    const peerOf = (node: SimulatedNode): string => nodeKeyToPeerId(node.nodeKey);
    const few = [inOrder[4]!, inOrder[0]!];
    const many = inOrder.slice(1, 4);
    const pairs = few.flatMap((one) => many.map((other) => [peerOf(one), peerOf(other)] as const));
    await simulation.runUntil('block 3', () => lowest() >= 3);
    for (const [one, other] of pairs) simulation.network.cut(one, other);
    const hash = await send(simulation.nodes.indexOf(few[0]!));
    await simulation.runUntil('blocks of the few', () => few[0]!.running!.context.chain.headNumber() >= 5);
    await simulation.run(15_000);
    expect(few.map((node) => node.running!.context.chain.headNumber())).toEqual([5, 5]);
    expect(many.every((node) => node.running!.context.chain.headNumber() > 8)).toBe(true);
    expect(agreed(5)).toBe(false);
    expect(few[0]!.running!.context.chain.transaction(hash)).toBeDefined();
    for (const [one, other] of pairs) simulation.network.heal(one, other);
    const number = many[0]!.running!.context.chain.headNumber();
    await simulation.runUntil('five more blocks', () => lowest() >= number + 5, 60_000);
    const isMined = (): boolean => running().every((node) => node.context.chain.transaction(hash) !== undefined);
    await simulation.runUntil('mined on the other branch', isMined);
    expectOneChain();
  });

  it('let in a node that is voted in, which then signs; one that is voted out stops', async () => {
    await start(4, { observers: 1 });
    // It signs with the key of an account, as signers of GoQuorum do.
    const signerKey = testKey('account of the fifth');
    await simulation.nodes[4]!.start({ signerKey });
    await simulation.runUntil('block 2', () => lowest() >= 2);
    const fifth = privateKeyToAddress(signerKey);
    const signs = (): boolean => {
      const { context } = simulation.nodes[0]!.running!;
      const { header } = context.chain.head().block;
      return bytesToHex(context.author(header)) === bytesToHex(fifth);
    };
    for (const index of [0, 1, 2]) simulation.nodes[index]!.running!.context.validators.propose(fifth, true);
    await simulation.runUntil('the fifth signs', signs, 60_000);
    for (const index of [0, 1, 2]) simulation.nodes[index]!.running!.context.validators.propose(fifth, false);
    const isIn = (): boolean => {
      const { chain, validators } = simulation.nodes[0]!.running!.context;
      const { block, hash } = chain.head();
      return validators.validatorsAfter(block.header, hash).length === 5;
    };
    await simulation.runUntil('it is out', () => !isIn(), 60_000);
    const before = lowest();
    await simulation.runUntil('ten more blocks', () => lowest() >= before + 10, 60_000);
    expect(simulation.nodes[4]!.running!.context.consensusStatus().phase).toBe('out');
    expectOneChain();
  });

  it('on demand make a block when there is a transaction, and none without', async () => {
    await start(4, { blockPeriodSeconds: 0 });
    await simulation.run(5_000);
    expect(lowest()).toBe(0);
    const hash = await send(1);
    await simulation.runUntil(
      'mined',
      () => running().every((node) => node.context.chain.transaction(hash) !== undefined),
      5_000,
    );
    await simulation.run(5_000);
    expect(lowest()).toBe(1);
    expect(running()[0]!.context.consensusStatus().missing).toEqual([]);
  });

  it('on demand miss nobody before a transaction waits', async () => {
    await start(4, { blockPeriodSeconds: 0 });
    const gone = [2, 3].map((index) => bytesToHex(simulation.nodes[index]!.running!.address)).toSorted();
    await simulation.nodes[2]!.crash();
    await simulation.nodes[3]!.crash();
    const missing = (): string[] => running()[0]!.context.consensusStatus().missing.map(bytesToHex);
    for (let count = 0; count < 3; count++) {
      await simulation.run(10_000);
      if (count < 2) expect(missing()).toEqual([]);
      await send(count % 2);
      await simulation.run(1_000);
    }
    expect(lowest()).toBe(2);
    await simulation.run(10_000);
    expect(missing()).toEqual(gone);
  });

  it('bring a node with an empty disk to their head', async () => {
    await start(4, { observers: 1 });
    await simulation.run(15_000);
    await simulation.nodes[4]!.start();
    await simulation.runUntil('level', () => chainOf(4).headNumber() >= 14, 20_000);
    expectOneChain();
  });
});
