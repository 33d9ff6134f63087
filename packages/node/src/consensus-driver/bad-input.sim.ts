import {
  QBFT_CODE,
  type QbftMessage,
  type RoundChangeMessage,
  type UnsignedQbftMessage,
} from '@isoquorum/consensus/qbft/message';
import { encodeQbftMessage } from '@isoquorum/consensus/qbft/message-codec';
import { signQbftMessage } from '@isoquorum/consensus/qbft/signing';
import type { MemoryHost } from '@isoquorum/network/memory/host';
import { BLOCKS_PROTOCOL, CONSENSUS_PROTOCOL } from '@isoquorum/network/protocols';
import { encodeConsensusFrame } from '@isoquorum/network/wire/consensus';
import type { Logger } from '@isoquorum/platform/logger';
import { createMemoryLogger, type MemoryLogger, silentLogger } from '@isoquorum/platform/memory/logger';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { signDigestBytes } from '@isoquorum/primitives/secp256k1';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSimulatedNetwork, type SimulatedNetwork, type SimulatedNode } from '../testing/simulated-network.ts';

let simulation: SimulatedNetwork;
/** Of the first node, which hears the others' bad input. */
let logs: MemoryLogger;
/** Frames of blocks that the first node sent, by peer. */
let blocksSent: Map<string, number>;

beforeEach(() => {
  logs = createMemoryLogger();
  blocksSent = new Map();
});

afterEach(async () => {
  await simulation.stop();
});

const running = () => simulation.nodes.flatMap((node) => node.running ?? []);
const lowest = (): number => Math.min(...running().map((node) => node.context.chain.headNumber()));
const firstHost = (): MemoryHost => running()[0]!.context.host as MemoryHost;
const isConnected = (peerId: string): boolean =>
  firstHost()
    .peers()
    .some(({ id }) => id === peerId);

function expectOneChain(): void {
  for (let number = 0; number <= lowest(); number++)
    expect(new Set(running().map((node) => bytesToHex(node.context.chain.hashByNumber(number)!))).size).toBe(1);
}

/** Four validators, and a fifth node that is none. */
async function start(options: Partial<Parameters<typeof createSimulatedNetwork>[0]> = {}): Promise<void> {
  const logger = (name: string): Logger => (name === 'node1' ? logs : silentLogger);
  simulation = await createSimulatedNetwork({
    validators: 4,
    observers: 1,
    logger,
    drop(from, to, protocol) {
      if (protocol === BLOCKS_PROTOCOL && from === simulation.nodes[0]!.running?.context.host.peerId)
        blocksSent.set(to, (blocksSent.get(to) ?? 0) + 1);
      return false;
    },
    ...options,
  });
  for (const node of simulation.nodes) await node.start();
  await simulation.runUntil('block 4', () => lowest() >= 4);
}

async function tell(node: SimulatedNode, message: QbftMessage): Promise<void> {
  const frame = encodeConsensusFrame(QBFT_CODE[message.type], encodeQbftMessage(message));
  await node.running!.context.host.send(firstHost().peerId, CONSENSUS_PROTOCOL, frame).catch(() => undefined);
}

function signed(node: SimulatedNode, message: UnsignedQbftMessage): QbftMessage {
  return signQbftMessage(message, (digest) => signDigestBytes(digest, node.nodeKey));
}

function roundChange(node: SimulatedNode, height: number, round: number): QbftMessage {
  return signed(node, { type: 'roundChange', height, round, prepared: undefined, block: undefined, prepares: [] });
}

/** How often the first node recovered a signer that has no say. */
const strangersSeen = (): number => logs.lines.filter(({ fields }) => fields?.['code'] === 'SIGNER_UNKNOWN').length;

async function expectProgress(): Promise<void> {
  const before = lowest();
  await simulation.runUntil('three more blocks', () => lowest() >= before + 3, 60_000);
  expectOneChain();
}

describe('bad input', () => {
  it('a peer that sends what nobody can have signed is dropped and noted; the network goes on', async () => {
    await start();
    const fourth = simulation.nodes[3]!;
    const { peerId } = fourth.running!.context.host;
    const { height } = running()[0]!.context.consensusStatus();
    const digest = new Uint8Array(32);
    await tell(fourth, { type: 'prepare', height, round: 0, digest, signature: new Uint8Array(65) });
    await simulation.run(1_000);
    expect(isConnected(peerId)).toBe(false);
    expect(firstHost().notes()).toContainEqual(expect.objectContaining({ peerId, code: 'SIGNATURE_INVALID' }));
    await expectProgress();
  });

  it('a stranger that signs messages of the height under way is dropped and noted before long', async () => {
    await start();
    const stranger = simulation.nodes[4]!;
    const { peerId } = stranger.running!.context.host;
    for (let round = 1; round < 2_000 && isConnected(peerId); round++) {
      const { height } = running()[0]!.context.consensusStatus();
      await tell(stranger, roundChange(stranger, height, round));
      if (round % 10 === 0) await simulation.run(10);
    }
    expect(isConnected(peerId)).toBe(false);
    expect(firstHost().notes()).toContainEqual(expect.objectContaining({ peerId, code: 'SIGNER_UNKNOWN' }));
    expect(strangersSeen()).toBeLessThan(200);
    await expectProgress();
  });

  it.each([
    ['below', -1],
    ['above', 2],
  ])('a stranger that signs messages of heights %s is not listened to for long', async (_, ahead) => {
    await start();
    const stranger = simulation.nodes[4]!;
    for (let round = 1; round < 1_500; round++) {
      const { height } = running()[0]!.context.consensusStatus();
      await tell(stranger, roundChange(stranger, height + ahead, round));
      if (round % 100 === 0) await simulation.run(10);
    }
    await simulation.run(100);
    // A burst, and what comes again with time.
    expect(strangersSeen()).toBeGreaterThan(200);
    expect(strangersSeen()).toBeLessThan(300);
    await expectProgress();
  });

  it('a validator that breaks the rules all the time fills no log', async () => {
    await start();
    const fourth = simulation.nodes[3]!;
    const digest = new Uint8Array(32);
    for (let round = 1; round < 90; round++) {
      const { height } = running()[0]!.context.consensusStatus();
      const { block } = running()[0]!.context.chain.head();
      const claim = {
        type: 'roundChange',
        height,
        round,
        prepared: { round: 0, digest },
        block,
        prepares: [],
      } as const;
      await tell(fourth, signed(fourth, claim));
      await simulation.run(10);
    }
    const lines = logs.lines.filter(({ message }) => message === 'A validator breaks the rules');
    expect(lines.length).toBeGreaterThan(4);
    expect(lines.length).toBeLessThan(12);
    await simulation.run(30_000);
    const { height } = running()[0]!.context.consensusStatus();
    const { block } = running()[0]!.context.chain.head();
    const claim = {
      type: 'roundChange',
      height,
      round: 1,
      prepared: { round: 0, digest },
      block,
      prepares: [],
    } as const;
    await tell(fourth, signed(fourth, claim));
    await simulation.run(100);
    const last = logs.lines.filter(({ message }) => message === 'A validator breaks the rules').at(-1);
    expect(last?.fields?.['untold']).toBeGreaterThan(50);
    await expectProgress();
  });

  it('a validator that asks for old heights again and again is answered now and then', async () => {
    await start();
    const fourth = simulation.nodes[3]!;
    const { peerId } = fourth.running!.context.host;
    const before = blocksSent.get(peerId) ?? 0;
    for (let round = 1; round < 400; round++) await tell(fourth, roundChange(fourth, 1 + (round % 3), round));
    await simulation.run(2_000);
    const answered = (blocksSent.get(peerId) ?? 0) - before;
    expect(answered).toBeGreaterThan(4);
    expect(answered).toBeLessThan(16);
    await expectProgress();
  });

  it('a peer that brings again what a validator said does not use up what that one is answered', async () => {
    await start();
    const [, , , fourth, stranger] = simulation.nodes;
    const { peerId } = fourth!.running!.context.host;
    const said = roundChange(fourth!, 1, 1) as RoundChangeMessage;
    const { block } = running()[0]!.context.chain.head();
    const answered = (): number => blocksSent.get(peerId) ?? 0;
    for (let turn = 0; turn < 100; turn++) {
      // Not signed: any bytes do.
      const header = { ...block.header, gasUsed: BigInt(turn) };
      await tell(stranger!, { ...said, block: { ...block, header } });
    }
    await simulation.run(200);
    const before = answered();
    expect(before).toBeGreaterThan(4);
    expect(before).toBeLessThan(16);
    await tell(fourth!, roundChange(fourth!, 1, 2));
    await simulation.run(100);
    expect(answered()).toBe(before + 1);
    await expectProgress();
  });

  it('frames that are no messages cost a peer its connection', async () => {
    await start();
    const { host } = simulation.nodes[3]!.running!.context;
    for (let turn = 0; turn < 200 && isConnected(host.peerId); turn++) {
      const frame = encodeConsensusFrame(QBFT_CODE.commit, Uint8Array.of(0xc2, turn & 0x7f, turn >> 7));
      await host.send(firstHost().peerId, CONSENSUS_PROTOCOL, frame).catch(() => undefined);
      await simulation.run(20);
    }
    expect(isConnected(host.peerId)).toBe(false);
    await expectProgress();
  });

  it('what is no message of the algorithm to come does not end the node at the switch', async () => {
    await start({ genesis: { algorithm: 'ibft', transitions: [{ block: 6, algorithm: 'qbft' }] } });
    const frame = encodeConsensusFrame(QBFT_CODE.commit, Uint8Array.of(0xc0));
    await simulation.nodes[3]!.running!.context.host.send(firstHost().peerId, CONSENSUS_PROTOCOL, frame);
    await simulation.runUntil('blocks of QBFT', () => lowest() >= 8, 60_000);
    expect(running()[0]!.context.consensusStatus()).toMatchObject({ algorithm: 'qbft' });
    expectOneChain();
  });
});
