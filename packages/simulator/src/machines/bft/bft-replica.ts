import type { BftProtocol } from '@isoquorum/consensus/bft/protocol';
import { bftHeightContext } from '@isoquorum/consensus/bft/height-context';
import type {
  BftEffect,
  BftHeightContext,
  BftInput,
  BftMessage,
  BftRecord,
  BftState,
  BlockVerdict,
  Timer,
} from '@isoquorum/consensus/bft/types';
import { isVoteUseful } from '@isoquorum/consensus/vote-tally';
import type { Block } from '@isoquorum/primitives/block';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import type { Header } from '@isoquorum/primitives/header';
import { bytesToNumber, numberToBytes } from '@isoquorum/primitives/integer';
import { type QbftVote, qbftVoteAdd, qbftVoteDrop } from '@isoquorum/primitives/istanbul-extra';
import { addressOf, createFakeSigner, indexOf, recoverFake } from '../fake-signatures.ts';
import type { HeadPoint, Packet, Replica, ReplicaEnvironment, Standing } from '../replica.ts';
import { blockOf, ChainOfHeaders, nextStateRoot } from './chain-of-headers.ts';
import type { FrameReader } from './frame-reader.ts';

/** Judges a proposal; throws what is wrong. Another than the product's makes a planted fault. */
export type VerifyProposal = (chain: ChainOfHeaders, block: Block, nowSeconds: bigint) => void;

export interface BftReplicaOptions<
  State extends BftState<Message, Record>,
  Message extends BftMessage,
  Unsigned,
  Record extends BftRecord,
> {
  readonly protocol: BftProtocol<State, Message, Unsigned, Record>;
  readonly frames: FrameReader<Message>;
  readonly genesis: { readonly config: ChainConfig; readonly header: Header };
  /** Whether accepted messages are passed on, as nodes do; costs the cube of the number of nodes. */
  readonly isRelaying: boolean;
  readonly verify?: VerifyProposal | undefined;
}

const recordKey = 'record';
/** Blocks that are given at one request. */
const blocksPerAnswer = 16;
const askEveryMs = 2_000;

/** A BFT machine under its driver's contract, with a chain of empty blocks. */
export class BftReplica<
  State extends BftState<Message, Record>,
  Message extends BftMessage,
  Unsigned,
  Record extends BftRecord,
> implements Replica
{
  private readonly environment: ReplicaEnvironment;
  private readonly options: BftReplicaOptions<State, Message, Unsigned, Record>;
  private readonly chain: ChainOfHeaders;
  private state: State;
  private readonly inputs: BftInput<Message, Record>[] = [];
  private effects: BftEffect<Message, Unsigned, Record>[] = [];
  private isWaiting = false;
  private isPumping = false;
  private readonly timers = new Map<Timer['kind'], () => void>();
  private readonly relayed = new WeakMap<Message, Set<number>>();
  private buildId = 0;

  constructor(environment: ReplicaEnvironment, options: BftReplicaOptions<State, Message, Unsigned, Record>) {
    this.environment = environment;
    this.options = options;
    const { protocol, genesis } = options;
    this.chain = new ChainOfHeaders(genesis.config, genesis.header);
    this.state = protocol.createState({
      address: addressOf(environment.index),
      profile: 'strict',
      recover: recoverFake,
    });
  }

  start(): HeadPoint {
    const { environment, chain } = this;
    chain.load(environment.disk);
    const bytes = environment.disk.get(recordKey);
    const record = bytes === undefined ? undefined : this.options.protocol.decodeRecord(bytes);
    this.push({ type: 'start', context: this.contextOf(), record, nowMs: environment.nowMs() });
    this.askLater();
    const { number } = chain.head.header;
    return { number, hash: chain.headHash, block: number === 0 ? undefined : chain.bytesAt(number) };
  }

  receive(from: number, packet: Packet): void {
    switch (packet.channel) {
      case 'consensus': {
        const message = this.options.frames.messageOf(packet.bytes);
        if (message === undefined) return;
        this.mark(message, from);
        this.push({ type: 'message', message });
        return;
      }
      case 'block': {
        const block = blockOf(packet.bytes);
        if (block !== undefined) this.importForeign(block, from);
        return;
      }
      case 'ask': {
        const number = bytesToNumber(packet.bytes);
        for (let next = number; next < number + blocksPerAnswer; next++) {
          const bytes = this.chain.bytesAt(next);
          if (bytes === undefined) return;
          this.environment.send(from, { channel: 'block', bytes });
        }
      }
    }
  }

  peerConnected(index: number): void {
    this.push({ type: 'peerConnected', address: addressOf(index) });
  }

  standing(): Standing {
    return { progress: this.chain.head.header.number, members: this.chain.validators.map(indexOf) };
  }

  private contextOf(): BftHeightContext {
    const { chain, options } = this;
    const { validators } = chain;
    return bftHeightContext({
      config: options.genesis.config,
      profile: 'strict',
      recover: recoverFake,
      parent: chain.head.header,
      validators,
    });
  }

  private push(input: BftInput<Message, Record>): void {
    this.inputs.push(input);
    this.pump();
  }

  /** Effects of one input are carried out to their end before the next input is taken; a write holds everything up. */
  private pump(): void {
    if (this.isPumping) return;
    this.isPumping = true;
    while (!this.isWaiting) {
      const effect = this.effects.shift();
      if (effect !== undefined) {
        this.interpret(effect);
        continue;
      }
      const input = this.inputs.shift();
      if (input === undefined) break;
      const result = this.options.protocol.step(this.state, input);
      this.state = result.state;
      this.effects = [...result.effects];
    }
    this.isPumping = false;
  }

  private interpret(effect: BftEffect<Message, Unsigned, Record>): void {
    const { environment } = this;
    switch (effect.type) {
      case 'persist':
        this.isWaiting = true;
        environment.disk.write([[recordKey, this.options.protocol.encodeRecord(effect.record)]], () => {
          this.isWaiting = false;
          this.effects.unshift(...effect.then);
          this.pump();
        });
        return;
      case 'broadcast': {
        const message = this.options.protocol.sign(effect.message, createFakeSigner(addressOf(environment.index)));
        this.sendToAll(message);
        this.inputs.push({ type: 'message', message });
        return;
      }
      case 'relay':
        if (this.options.isRelaying) this.sendToAll(effect.message);
        return;
      case 'sendTo':
        for (const message of effect.messages) this.sendTo(indexOf(effect.to), message);
        return;
      case 'announceHead':
        this.sendBlock(indexOf(effect.to), this.chain.head.header.number);
        return;
      case 'setTimer':
        this.timers.get(effect.timer.kind)?.();
        this.timers.set(
          effect.timer.kind,
          environment.after(effect.durationMs, () => this.push({ type: 'timerElapsed', timer: effect.timer })),
        );
        return;
      case 'cancelTimer':
        this.timers.get(effect.kind)?.();
        return;
      case 'buildBlock':
        this.build(effect.deadlineMs ?? 0);
        return;
      case 'verifyBlock':
        environment.after(1 + environment.chance.below(8), () => {
          const verdict = this.judge(effect.block);
          this.push({ type: 'blockVerified', height: effect.height, digest: effect.digest, verdict });
        });
        return;
      case 'commitBlock':
        this.commit(effect.block);
        return;
      case 'requestSync':
        this.ask(indexOf(effect.from));
        return;
      default:
        return;
    }
  }

  /** Notes that a peer has a message; false when it had it before. */
  private mark(message: Message, peer: number): boolean {
    const known = this.relayed.get(message) ?? new Set();
    this.relayed.set(message, known);
    if (known.has(peer)) return false;
    known.add(peer);
    return true;
  }

  private sendToAll(message: Message): void {
    const frame = this.options.frames.frameOf(message);
    for (const address of this.state.context?.validators ?? []) {
      const to = indexOf(address);
      if (to !== this.environment.index && this.mark(message, to))
        this.environment.send(to, { channel: 'consensus', bytes: frame });
    }
  }

  private sendTo(to: number, message: Message): void {
    this.mark(message, to);
    this.environment.send(to, { channel: 'consensus', bytes: this.options.frames.frameOf(message) });
  }

  private build(deadlineMs: number): void {
    const { environment, chain } = this;
    const parent = chain.head;
    const { nodes, index, chance } = environment;
    const id = chance.below(0x100_0000);
    environment.after(Math.max(deadlineMs - environment.nowMs(), 0) + 5, () => {
      if (chain.head !== parent) return;
      const vanity = new Uint8Array(32);
      new DataView(vanity.buffer).setUint32(0, ++this.buildId);
      new DataView(vanity.buffer).setUint32(4, nodes * id + index);
      const { protocol, genesis } = this.options;
      const header = protocol.prepareHeader({
        parent: parent.header,
        validators: chain.validators,
        config: genesis.config,
        author: addressOf(index),
        nowSeconds: this.nowSeconds(),
        vote: this.vote(),
        vanity,
      });
      const stateRoot = nextStateRoot(parent.header.stateRoot);
      const sealed = protocol.sealHeader({ ...header, stateRoot }, createFakeSigner(addressOf(index)));
      this.push({ type: 'blockBuilt', block: { header: sealed, transactions: [], uncles: [] } });
    });
  }

  /** What the operator wants, if it would change something. */
  private vote(): QbftVote | undefined {
    const wish = this.environment.wish();
    if (wish === undefined) return undefined;
    const candidate = addressOf(wish.node);
    if (!isVoteUseful(this.chain.validators, { candidate, authorize: wish.isAdd })) return undefined;
    return { recipient: candidate, voteType: wish.isAdd ? qbftVoteAdd : qbftVoteDrop };
  }

  private nowSeconds(): bigint {
    return BigInt(Math.floor(this.environment.nowMs() / 1000));
  }

  private judge(block: Block): BlockVerdict {
    try {
      const { verify } = this.options;
      if (verify === undefined) this.chain.verify(block, this.nowSeconds(), 'unchecked');
      else verify(this.chain, block, this.nowSeconds());
      return { type: 'valid' };
    } catch (error) {
      if (!isIsoquorumError(error)) throw error;
      if (error.code !== 'BLOCK_IN_FUTURE') return { type: 'invalid', reason: error.message };
      const aheadMs = Number(block.header.timestamp) * 1000 - this.environment.nowMs();
      return { type: 'future', retryInMs: Math.max(1, aheadMs) };
    }
  }

  private commit(block: Block): void {
    const { environment, chain } = this;
    environment.after(1 + environment.chance.below(10), () => {
      if (chain.head.header.number >= block.header.number) return;
      try {
        chain.verify(block, undefined, 'checked');
      } catch (error) {
        if (!isIsoquorumError(error)) throw error;
        environment.onViolation(`decided on a block that nobody can import: ${error.message}`);
        this.push({ type: 'commitFailed', height: block.header.number, reason: error.message });
        return;
      }
      this.import(block);
    });
  }

  private import(block: Block, from?: number): void {
    const { environment, chain } = this;
    chain.import(block, environment.disk, (bytes) => {
      environment.onHead(chain.head.header.number, chain.headHash, bytes);
      this.push({ type: 'newHead', context: this.contextOf(), nowMs: environment.nowMs() });
      if (from !== undefined) this.ask(from);
    });
  }

  /** A block of a peer: imported with all checks if it is the next one. */
  private importForeign(block: Block, from: number): void {
    if (block.header.number !== this.chain.head.header.number + 1) return;
    try {
      this.chain.verify(block, undefined, 'checked');
    } catch (error) {
      if (!isIsoquorumError(error)) throw error;
      return;
    }
    this.import(block, from);
  }

  private sendBlock(to: number, number: number): void {
    const bytes = this.chain.bytesAt(number);
    if (bytes !== undefined && number > 0) this.environment.send(to, { channel: 'block', bytes });
  }

  private ask(from: number): void {
    if (from === this.environment.index || from < 0 || from >= this.environment.nodes) return;
    this.environment.send(from, { channel: 'ask', bytes: numberToBytes(this.chain.head.header.number + 1) });
  }

  /** Every node asks somebody now and then whether there is more, as one does after a connection is made. */
  private askLater(): void {
    const { environment } = this;
    environment.after(askEveryMs + environment.chance.below(500), () => {
      this.ask(environment.chance.below(environment.nodes));
      this.askLater();
    });
  }
}
