import { type Block, blockHash, decodeBlock, encodeBlock } from '@isoquorum/primitives/block';
import type { Address } from '@isoquorum/primitives/bytes';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import type { Header } from '@isoquorum/primitives/header';
import { bytesEqual, bytesToBareHex } from '@isoquorum/primitives/hex';
import { verifyBftHeader } from '../header.ts';
import type { HeaderErrorCode } from '../header-error.ts';
import type { HeaderRules } from '../header-rules.ts';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { decodeDurableRecord, encodeDurableRecord } from '../qbft/durable-record.ts';
import { verifyQbftProposal } from '../qbft/header.ts';
import { bftHeightContext } from '../bft/height-context.ts';
import { QBFT_CODE, type QbftMessage, type UnsignedQbftMessage } from '../qbft/message.ts';
import { decodeQbftMessage, encodeQbftMessage } from '../qbft/message-codec.ts';
import { signQbftMessage } from '../qbft/signing.ts';
import { createQbftState, step as productStep } from '../qbft/step.ts';
import type { Timer } from '../bft/types.ts';
import type { QbftEffect, QbftInput, QbftState, QbftStep } from '../qbft/types.ts';
import { createTestBlock, createTestGenesis } from './test-chain.ts';
import { EventQueue } from './event-queue.ts';
import { createFakeSigner, recoverFake } from './fake-signatures.ts';
import { createSeededRandom, type SeededRandom } from './random.ts';
import { betray, echo } from './traitor.ts';

/** Settings of one run; percentages of messages. */
export interface ClusterOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly traitors?: number;
  readonly lossPercent?: number;
  readonly duplicatePercent?: number;
  readonly latencyMsMax?: number;
  readonly skewMsMax?: number;
  /** Chance per second and node of a crash. */
  readonly crashPercent?: number;
  readonly isTwoFPlus1?: boolean;
  /** For planted faults. */
  readonly step?: (state: QbftState, input: QbftInput) => QbftStep;
  readonly forgetRecords?: boolean;
}

/** One machine with its disk and its links. */
export interface Node {
  readonly index: number;
  readonly address: Address;
  readonly skewMs: number;
  readonly isTraitor: boolean;
  state: QbftState;
  chain: Block[];
  record: Uint8Array | undefined;
  isUp: boolean;
  /** Incremented at each crash: what was under way before is void. */
  life: number;
  timers: Map<Timer['kind'], number>;
}

const startMs = 1_700_000_000_000;

/** A cluster of step functions over a simulated network and clock; one seed decides everything. */
export class Cluster {
  readonly options: ClusterOptions;
  readonly random: SeededRandom;
  readonly config: ChainConfig;
  readonly nodes: Node[] = [];
  readonly violations: string[] = [];
  /** The first final block at each height. */
  readonly finals = new Map<number, string>();
  nowMs: number = startMs;
  areFaultsOn = true;
  /** Those inside and those outside cannot hear each other, but traitors hear all. */
  partition: ReadonlySet<number> = new Set();
  private readonly queue = new EventQueue();
  private token = 0;
  private readonly signed = new Map<string, string>();
  /** The last messages of correct nodes, for traitors to abuse. */
  readonly seen: QbftMessage[] = [];
  private blockCounter = 0;

  constructor(options: ClusterOptions) {
    this.options = options;
    this.random = createSeededRandom(options.seed);
    const addresses = Array.from({ length: options.nodes }, (_, index) => new Uint8Array(20).fill(index + 1));
    const { config, header } = createTestGenesis(addresses, { isTwoFPlus1: options.isTwoFPlus1 === true });
    this.config = config;
    for (const [index, address] of addresses.entries()) {
      const skewMs = this.random.below((options.skewMsMax ?? 0) + 1);
      const isTraitor = index < (options.traitors ?? 0);
      const state = this.freshState(address);
      const chain = [{ header, transactions: [], uncles: [] }];
      this.nodes.push({
        index,
        address,
        skewMs,
        isTraitor,
        state,
        chain,
        record: undefined,
        isUp: false,
        life: 0,
        timers: new Map(),
      });
    }
    for (const node of this.nodes) this.schedule(this.random.below(500), () => this.start(node));
    this.schedule(1000, () => this.everySecond());
  }

  private freshState(address: Address): QbftState {
    return createQbftState({ address, profile: 'strict', recover: recoverFake });
  }

  schedule(delayMs: number, run: () => void): void {
    this.queue.push(this.nowMs + delayMs, run);
  }

  /** Runs until the given time after the start, or until a violation. */
  run(untilMs: number): void {
    while (this.violations.length === 0) {
      const next = this.queue.shift(startMs + untilMs);
      if (next === undefined) break;
      this.nowMs = next.atMs;
      next.run();
    }
    this.nowMs = Math.max(this.nowMs, startMs + untilMs);
  }

  heights(): readonly number[] {
    return this.nodes.filter(({ isTraitor }) => !isTraitor).map(({ chain }) => chain.length - 1);
  }

  start(node: Node): void {
    node.isUp = true;
    const record = node.record === undefined ? undefined : decodeDurableRecord(node.record);
    this.feed(node, { type: 'start', context: this.contextOf(node), record, nowMs: this.clock(node) });
    for (const other of this.nodes) {
      if (other === node || !other.isUp) continue;
      this.feed(other, { type: 'peerConnected', address: node.address });
      this.feed(node, { type: 'peerConnected', address: other.address });
    }
  }

  crash(node: Node, downMs: number): void {
    if (!node.isUp) return;
    node.isUp = false;
    node.life++;
    node.timers = new Map();
    node.state = this.freshState(node.address);
    if (this.options.forgetRecords === true) node.record = undefined;
    this.schedule(downMs, () => this.start(node));
  }

  private everySecond(): void {
    this.schedule(1000, () => this.everySecond());
    for (const node of this.nodes) {
      if (this.areFaultsOn && this.random.chance(this.options.crashPercent ?? 0))
        this.crash(node, 200 + this.random.below(8000));
      if (node.isUp) this.syncFrom(node, this.random.pick(this.nodes));
    }
  }

  private get rules(): HeaderRules {
    return { profile: 'strict', config: this.config, recover: recoverFake, nowSeconds: undefined, seals: 'checked' };
  }

  private clock(node: Node): number {
    return this.nowMs + node.skewMs;
  }

  headOf(node: Node): Header {
    return (node.chain.at(-1) as Block).header;
  }

  private contextOf(node: Node): ReturnType<typeof bftHeightContext> {
    const validators = this.nodes.map(({ address }) => address);
    return bftHeightContext({
      config: this.config,
      profile: 'strict',
      recover: recoverFake,
      parent: this.headOf(node),
      validators,
    });
  }

  feed(node: Node, input: QbftInput): void {
    if (!node.isUp) return;
    const { state, effects } = (this.options.step ?? productStep)(node.state, input);
    node.state = state;
    this.perform(node, effects);
  }

  private later(node: Node, delayMs: number, input: QbftInput): void {
    const { life } = node;
    this.schedule(delayMs, () => {
      if (node.life === life) this.feed(node, input);
    });
  }

  private perform(node: Node, effects: readonly QbftEffect[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case 'persist':
          node.record = encodeDurableRecord(effect.record);
          // A crash between the write and the send loses the message.
          if (this.areFaultsOn && this.random.chance((this.options.crashPercent ?? 0) / 10)) {
            this.crash(node, 500 + this.random.below(3000));
            return;
          }
          this.perform(node, effect.then);
          break;
        case 'broadcast':
          this.broadcast(node, effect.message);
          break;
        case 'relay':
          break;
        case 'sendTo':
          for (const message of effect.messages) this.send(node, this.byAddress(effect.to), message);
          break;
        case 'announceHead':
          this.sendBlock(node, this.byAddress(effect.to), node.chain.at(-1) as Block);
          break;
        case 'setTimer': {
          const token = this.token++;
          node.timers.set(effect.timer.kind, token);
          const { life } = node;
          this.schedule(effect.durationMs, () => {
            if (node.life === life && node.timers.get(effect.timer.kind) === token)
              this.feed(node, { type: 'timerElapsed', timer: effect.timer });
          });
          break;
        }
        case 'cancelTimer':
          node.timers.delete(effect.kind);
          break;
        case 'buildBlock':
          this.build(node, effect.deadlineMs ?? 0);
          break;
        case 'verifyBlock':
          this.verify(node, effect.block, effect.height, effect.digest);
          break;
        case 'commitBlock':
          this.commit(node, effect.block);
          break;
        case 'requestSync':
          this.syncFrom(node, this.byAddress(effect.from));
          break;
        default:
          break;
      }
    }
  }

  private byAddress(address: Address): Node {
    return this.nodes.find((node) => bytesEqual(node.address, address)) as Node;
  }

  makeBlock(node: Node): Block {
    const nowSeconds = BigInt(Math.floor(this.clock(node) / 1000));
    const validators = this.nodes.map(({ address }) => address);
    const { config } = this;
    return createTestBlock(
      { config, validators, nowSeconds, author: node.address, parent: this.headOf(node) },
      ++this.blockCounter,
    );
  }

  private build(node: Node, deadlineMs: number): void {
    const parent = this.headOf(node);
    const { life } = node;
    this.schedule(Math.max(deadlineMs - this.clock(node), 0) + 5, () => {
      if (node.life === life && this.headOf(node) === parent)
        this.feed(node, { type: 'blockBuilt', block: this.makeBlock(node) });
    });
  }

  private verify(node: Node, block: Block, height: number, digest: Uint8Array): void {
    const validators = this.nodes.map(({ address }) => address);
    const nowSeconds = BigInt(Math.floor(this.clock(node) / 1000));
    try {
      verifyQbftProposal(block.header, this.headOf(node), validators, { ...this.rules, nowSeconds });
      const delayMs = 1 + this.random.below(10);
      this.later(node, delayMs, { type: 'blockVerified', height, digest, verdict: { type: 'valid' } });
    } catch (error) {
      const retryInMs = Number(block.header.timestamp) * 1000 - this.clock(node);
      const isFuture = isIsoquorumError(error, 'BLOCK_IN_FUTURE' satisfies HeaderErrorCode);
      const verdict = isFuture
        ? ({ type: 'future', retryInMs } as const)
        : ({ type: 'invalid', reason: String(error) } as const);
      this.later(node, 1, { type: 'blockVerified', height, digest, verdict });
    }
  }

  /** Imports a final block with all checks; false when it does not fit. */
  private importBlock(node: Node, block: Block): boolean {
    const validators = this.nodes.map(({ address }) => address);
    try {
      verifyBftHeader(block.header, this.headOf(node), validators, this.rules);
    } catch {
      return false;
    }
    node.chain.push(block);
    const { number } = block.header;
    const hash = bytesToBareHex(blockHash(block));
    const final = this.finals.get(number);
    if (final === undefined) this.finals.set(number, hash);
    else if (final !== hash && !node.isTraitor) this.violations.push(`two final blocks at height ${number}`);
    this.feed(node, { type: 'newHead', context: this.contextOf(node), nowMs: this.clock(node) });
    return true;
  }

  private commit(node: Node, block: Block): void {
    const { life } = node;
    this.schedule(1 + this.random.below(20), () => {
      if (node.life !== life) return;
      if (this.headOf(node).number >= block.header.number) return;
      if (!this.importBlock(node, block)) {
        if (!node.isTraitor) this.violations.push(`node ${node.index} decided on a block that does not import`);
        this.feed(node, { type: 'commitFailed', height: block.header.number, reason: 'import' });
        return;
      }
      for (const other of this.nodes) if (other !== node) this.sendBlock(node, other, block);
    });
  }

  private canHear(from: Node, to: Node): boolean {
    const isSplit = this.partition.has(from.index) !== this.partition.has(to.index);
    return from.isUp && to.isUp && (!isSplit || from.isTraitor || to.isTraitor);
  }

  private deliver(from: Node, to: Node, run: () => void): void {
    const lossPercent = this.areFaultsOn ? (this.options.lossPercent ?? 0) : 0;
    if (!this.canHear(from, to) || this.random.chance(lossPercent)) return;
    const { life } = to;
    const once = (): void =>
      this.schedule(1 + this.random.below(this.options.latencyMsMax ?? 30), () => {
        if (to.life === life) run();
      });
    once();
    if (this.areFaultsOn && this.random.chance(this.options.duplicatePercent ?? 0)) once();
  }

  private sendBlock(from: Node, to: Node, block: Block): void {
    const bytes = encodeBlock(block);
    this.deliver(from, to, () => {
      const received = decodeBlock(bytes);
      if (received.header.number === this.headOf(to).number + 1) this.importBlock(to, received);
    });
  }

  private syncFrom(node: Node, from: Node): void {
    if (node === from) return;
    this.deliver(node, from, () => {
      for (const block of from.chain.slice(node.chain.length, node.chain.length + 16)) {
        this.deliver(from, node, () => {
          if (block.header.number === this.headOf(node).number + 1) this.importBlock(node, block);
        });
      }
    });
  }

  send(from: Node, to: Node, message: QbftMessage): void {
    const bytes = encodeQbftMessage(message);
    const code = QBFT_CODE[message.type];
    if (from === to) {
      this.later(to, 0, { type: 'message', message: decodeQbftMessage(code, bytes) });
      return;
    }
    this.deliver(from, to, () => {
      const received = decodeQbftMessage(code, bytes);
      if (to.isTraitor && !from.isTraitor) echo(this, to, from, received);
      this.feed(to, { type: 'message', message: received });
    });
  }

  private broadcast(node: Node, unsigned: UnsignedQbftMessage): void {
    const message = signQbftMessage(unsigned, createFakeSigner(node.address));
    if (node.isTraitor) {
      betray(this, node, unsigned, message);
      return;
    }
    this.checkSignedOnce(node, message);
    for (const other of this.nodes) this.send(node, other, message);
  }

  /** No correct node may ever sign two different things for one view. */
  private checkSignedOnce(node: Node, message: QbftMessage): void {
    const what =
      message.type === 'prePrepare'
        ? bytesToBareHex(blockHash(message.block))
        : message.type === 'roundChange'
          ? `${message.prepared?.round ?? '-'} ${message.prepared ? bytesToBareHex(message.prepared.digest) : ''}`
          : bytesToBareHex(message.digest);
    const key = `${node.index} ${message.type} ${message.height} ${message.round}`;
    const before = this.signed.get(key);
    if (before !== undefined && before !== what) this.violations.push(`node ${key} signed twice`);
    this.signed.set(key, what);
    this.seen.push(message);
    if (this.seen.length > 400) this.seen.splice(0, 200);
  }
}
