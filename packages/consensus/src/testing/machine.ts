import { type Block, blockHash } from '@isoquorum/primitives/block';
import { qbftCommitDigest } from '@isoquorum/primitives/istanbul-seal';
import type { Profile } from '../profile.ts';
import type {
  CommitMessage,
  PrepareMessage,
  PrePrepareMessage,
  QbftMessage,
  RoundChangeMessage,
  UnsignedQbftMessage,
} from '../qbft/message.ts';
import { roundChangePayloadOf } from '../qbft/message-codec.ts';
import { qbftProtocol } from '../qbft/protocol.ts';
import type { DurableRecord, QbftEffect, QbftState } from '../qbft/types.ts';
import { addressOf, BftTestMachine } from './bft-test-machine.ts';
import { createTestBlock } from './test-chain.ts';

/** One QBFT machine. At height 1, A proposes in round 0, B in round 1 … */
export class TestMachine extends BftTestMachine<QbftState, QbftMessage, UnsignedQbftMessage, DurableRecord> {
  constructor(self: string, letters = 'ABCD', profile: Profile = 'strict') {
    super(qbftProtocol, { self, letters, profile });
  }

  /** A new process with the disk of this one. */
  restarted(): TestMachine {
    const { self, letters, profile } = this.seat;
    return new TestMachine(self, letters, profile).startFrom(this);
  }

  /** As `sign`, with the kind of message known. */
  private signed<T extends QbftMessage>(letter: string, message: UnsignedQbftMessage): T {
    return this.sign(letter, message) as T;
  }

  block(author = 'A', salt = 0): Block {
    const { parent, validators } = this.context;
    const { config } = this;
    return createTestBlock({ parent, validators, config, author: addressOf(author), nowSeconds: 0n }, salt);
  }

  prePrepare(
    letter: string,
    round: number,
    block: Block,
    changes: readonly RoundChangeMessage[] = [],
    prepares: readonly PrepareMessage[] = [],
  ): PrePrepareMessage {
    const roundChanges = changes.map(roundChangePayloadOf);
    return this.signed(letter, {
      type: 'prePrepare',
      height: this.context.height,
      round,
      block,
      roundChanges,
      prepares,
    });
  }

  prepare(letter: string, round: number, block: Block): PrepareMessage {
    return this.signed(letter, { type: 'prepare', height: this.context.height, round, digest: blockHash(block) });
  }

  commit(letter: string, round: number, block: Block): CommitMessage {
    const sealDigest = qbftCommitDigest(block.header, round);
    return this.signed(letter, {
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
    return this.signed(letter, {
      type: 'roundChange',
      height,
      round,
      prepared: claim,
      block: prepared?.block,
      prepares,
    });
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
