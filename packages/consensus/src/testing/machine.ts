import { type Block, blockHash } from '@isoquorum/primitives/block';
import type { Address } from '@isoquorum/primitives/bytes';
import type { Header } from '@isoquorum/primitives/header';
import { qbftCommitDigest } from '@isoquorum/primitives/istanbul-seal';
import { decodeDurableRecord, encodeDurableRecord } from '../qbft/durable-record.ts';
import { bftHeightContext } from '../bft/height-context.ts';
import type {
  CommitMessage,
  PrepareMessage,
  PrePrepareMessage,
  QbftMessage,
  RoundChangeMessage,
  UnsignedQbftMessage,
} from '../qbft/message.ts';
import { roundChangePayloadOf } from '../qbft/message-codec.ts';
import { signQbftMessage } from '../qbft/signing.ts';
import { createQbftState, step } from '../qbft/step.ts';
import type { BftHeightContext } from '../bft/types.ts';
import type { DurableRecord, QbftEffect, QbftInput, QbftState } from '../qbft/types.ts';
import type { Profile } from '../profile.ts';
import { createFakeSigner, recoverFake } from './fake-signatures.ts';
import { createTestBlock, createTestGenesis } from './test-chain.ts';

/** Validators A to D (or more), with addresses of their letter's code. At height 1, A proposes in round 0, B in round 1 … */
export function addressOf(letter: string): Address {
  return new Uint8Array(20).fill(letter.charCodeAt(0));
}

/** One machine among validators that the test plays. Effects are recorded; `persist` is unfolded. */
export class TestMachine {
  readonly letters: readonly string[];
  readonly self: string;
  readonly profile: Profile;
  readonly genesis: Header;
  state: QbftState;
  context: BftHeightContext;
  /** Everything since the last `take`. */
  effects: QbftEffect[] = [];
  record: DurableRecord | undefined;
  private readonly chain: ReturnType<typeof createTestGenesis>;

  constructor(self: string, letters = 'ABCD', profile: Profile = 'strict') {
    this.self = self;
    this.profile = profile;
    this.letters = letters.split('');
    this.chain = createTestGenesis(this.letters.map(addressOf));
    this.genesis = this.chain.header;
    this.state = createQbftState({ address: addressOf(self), profile, recover: recoverFake });
    this.context = this.contextAfter(this.genesis);
  }

  contextAfter(parent: Header): BftHeightContext {
    const validators = this.letters.map(addressOf);
    return bftHeightContext({
      config: this.chain.config,
      profile: this.profile,
      recover: recoverFake,
      parent,
      validators,
    });
  }

  /** At the time of the parent: the next block is due in one second. */
  start(record?: DurableRecord): this {
    const nowMs = Number(this.context.parent.timestamp) * 1000;
    return this.feed({ type: 'start', context: this.context, record, nowMs });
  }

  /** A new process with the disk of this one. */
  restarted(): TestMachine {
    const next = new TestMachine(this.self, this.letters.join(''), this.profile);
    next.context = this.context;
    const record = this.record && decodeDurableRecord(encodeDurableRecord(this.record));
    next.record = record;
    return next.start(record);
  }

  feed(input: QbftInput): this {
    const result = step(this.state, input);
    this.state = result.state;
    this.note(result.effects);
    return this;
  }

  private note(effects: readonly QbftEffect[]): void {
    for (const effect of effects) {
      this.effects.push(effect);
      if (effect.type !== 'persist') continue;
      this.record = effect.record;
      this.note(effect.then);
    }
  }

  /** The effects since the last call. */
  take(): readonly QbftEffect[] {
    const { effects } = this;
    this.effects = [];
    return effects;
  }

  /** What was broadcast since the last `take`, unsigned. */
  broadcasts(): readonly UnsignedQbftMessage[] {
    return this.effects.flatMap((effect) => (effect.type === 'broadcast' ? [effect.message] : []));
  }

  refusals(): readonly string[] {
    return this.effects.flatMap((effect) => (effect.type === 'refused' ? [effect.refusal.code] : []));
  }

  block(author = 'A', salt = 0): Block {
    const { parent } = this.context;
    const validators = this.letters.map(addressOf);
    return createTestBlock(
      { parent, validators, config: this.chain.config, author: addressOf(author), nowSeconds: 0n },
      salt,
    );
  }

  sign<T extends QbftMessage>(letter: string, message: UnsignedQbftMessage): T {
    return signQbftMessage(message, createFakeSigner(addressOf(letter))) as T;
  }

  prePrepare(
    letter: string,
    round: number,
    block: Block,
    changes: readonly RoundChangeMessage[] = [],
    prepares: readonly PrepareMessage[] = [],
  ): PrePrepareMessage {
    const roundChanges = changes.map(roundChangePayloadOf);
    return this.sign(letter, { type: 'prePrepare', height: this.context.height, round, block, roundChanges, prepares });
  }

  prepare(letter: string, round: number, block: Block): PrepareMessage {
    return this.sign(letter, { type: 'prepare', height: this.context.height, round, digest: blockHash(block) });
  }

  commit(letter: string, round: number, block: Block): CommitMessage {
    const sealDigest = qbftCommitDigest(block.header, round);
    return this.sign(letter, {
      type: 'commit',
      height: this.context.height,
      round,
      digest: blockHash(block),
      sealDigest,
    });
  }

  roundChange(
    letter: string,
    round: number,
    prepared?: { round: number; block: Block; by: string },
  ): RoundChangeMessage {
    const claim = prepared && { round: prepared.round, digest: blockHash(prepared.block) };
    const prepares =
      prepared === undefined ? [] : prepared.by.split('').map((by) => this.prepare(by, prepared.round, prepared.block));
    const { height } = this.context;
    return this.sign(letter, { type: 'roundChange', height, round, prepared: claim, block: prepared?.block, prepares });
  }

  hear(...messages: readonly QbftMessage[]): this {
    for (const message of messages) this.feed({ type: 'message', message });
    return this;
  }

  /** The answer to verifyBlock. */
  verified(block: Block): this {
    return this.feed({
      type: 'blockVerified',
      height: this.context.height,
      digest: blockHash(block),
      verdict: { type: 'valid' },
    });
  }

  /** The round timer of the current round elapses. */
  timeout(): this {
    const timer = { kind: 'round', height: this.context.height, round: this.state.round } as const;
    return this.feed({ type: 'timerElapsed', timer });
  }

  /** What was broadcast comes back signed, as it does from the driver. */
  loopBack(): this {
    for (const message of this.broadcasts()) this.hear(this.sign(this.self, message));
    return this;
  }
}

/** One line per effect, for transcripts. */
export function describeEffect(effect: QbftEffect): string {
  switch (effect.type) {
    case 'persist':
      return `persist height ${effect.record.height} round ${effect.record.round}, then:`;
    case 'broadcast':
      return `  broadcast ${effect.message.type} round ${effect.message.round}`;
    case 'relay':
      return `relay ${effect.message.type}`;
    case 'sendTo':
      return `send ${effect.messages.map(({ type }) => type).join('+')} to ${String.fromCharCode(effect.to[0] ?? 0)}`;
    case 'announceHead':
      return `announce head to ${String.fromCharCode(effect.to[0] ?? 0)}`;
    case 'setTimer':
      return `timer ${effect.timer.kind} round ${effect.timer.round}: ${effect.durationMs} ms`;
    case 'cancelTimer':
      return `cancel timer ${effect.kind}`;
    case 'buildBlock':
      return `build block ${effect.height} ${effect.deadlineMs === undefined ? 'at once' : `by ${effect.deadlineMs}`}`;
    case 'verifyBlock':
      return `verify block ${effect.height}`;
    case 'commitBlock':
      return `commit block in round ${effect.round}`;
    case 'requestSync':
      return `sync to ${effect.height} from ${String.fromCharCode(effect.from[0] ?? 0)}`;
    case 'roundStarted':
      return `round ${effect.height}/${effect.round} begins, proposer ${String.fromCharCode(effect.proposer?.[0] ?? 0)}${effect.isProposer ? ' (self)' : ''}`;
    case 'misbehaviour':
      return `misbehaviour of ${String.fromCharCode(effect.validator[0] ?? 0)}: ${effect.refusal.code}`;
    case 'refused':
      return `refused: ${effect.refusal.code}`;
    case 'repost':
      return 'repost';
  }
}
