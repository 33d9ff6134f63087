import { type Block, blockHash } from '@isoquorum/primitives/block';
import { type Header, zeroHash } from '@isoquorum/primitives/header';
import { ibftCommitDigest, ibftProposerDigest, withIbftProposerSeal } from '@isoquorum/primitives/istanbul-seal';
import { bftHeightContext } from '../bft/height-context.ts';
import { prepareIbftHeader } from '../bft/prepare-header.ts';
import { proposerAt } from '../bft/turn.ts';
import type { BftHeightContext } from '../bft/types.ts';
import { decodeIbftRecord, encodeIbftRecord } from '../ibft/durable-record.ts';
import type { IbftMessage, UnsignedIbftMessage } from '../ibft/message.ts';
import { signIbftMessage } from '../ibft/signing.ts';
import { createIbftState, step } from '../ibft/step.ts';
import type { IbftEffect, IbftInput, IbftRecord, IbftState } from '../ibft/types.ts';
import type { Profile } from '../profile.ts';
import { createFakeSigner, recoverFake } from './fake-signatures.ts';
import { addressOf } from './machine.ts';
import { createTestGenesis } from './test-chain.ts';

/** One IBFT machine among validators that the test plays. Effects are recorded; `persist` is unfolded. */
export class IbftTestMachine {
  readonly self: string;
  readonly letters: string;
  readonly profile: Profile;
  readonly context: BftHeightContext;
  state: IbftState;
  effects: IbftEffect[] = [];
  record: IbftRecord | undefined;

  constructor(self: string, profile: Profile = 'strict', letters = 'ABCD', isTwoFPlus1 = false) {
    this.self = self;
    this.letters = letters;
    this.profile = profile;
    const validators = letters.split('').map(addressOf);
    const { config, header } = createTestGenesis(validators, { algorithm: 'ibft', isTwoFPlus1 });
    this.context = bftHeightContext({ config, profile, recover: recoverFake, parent: header, validators });
    this.state = createIbftState({ address: addressOf(self), profile, recover: recoverFake });
    this.makeHeader = (author, salt) => {
      const vanity = Uint8Array.of(salt);
      const now = { parent: header, validators, config, nowSeconds: 0n };
      const prepared = prepareIbftHeader({ ...now, author: addressOf(author), vanity });
      return withIbftProposerSeal(prepared, createFakeSigner(addressOf(author))(ibftProposerDigest(prepared)));
    };
  }

  private readonly makeHeader: (author: string, salt: number) => Header;

  start(record?: IbftRecord): this {
    return this.feed({
      type: 'start',
      context: this.context,
      record,
      nowMs: Number(this.context.parent.timestamp) * 1000,
    });
  }

  /** A new process with the disk of this one. */
  restarted(): IbftTestMachine {
    const next = new IbftTestMachine(this.self, this.profile, this.letters);
    next.record = this.record && decodeIbftRecord(encodeIbftRecord(this.record));
    return next.start(next.record);
  }

  feed(input: IbftInput): this {
    const result = step(this.state, input);
    this.state = result.state;
    this.note(result.effects);
    return this;
  }

  private note(effects: readonly IbftEffect[]): void {
    for (const effect of effects) {
      this.effects.push(effect);
      if (effect.type !== 'persist') continue;
      this.record = effect.record;
      this.note(effect.then);
    }
  }

  take(): readonly IbftEffect[] {
    const { effects } = this;
    this.effects = [];
    return effects;
  }

  /** What was broadcast since the last `take`, as `kind round`. */
  said(): readonly string[] {
    return this.effects.flatMap((effect) =>
      effect.type === 'broadcast' ? [`${effect.message.type} ${effect.message.round}`] : [],
    );
  }

  /** Who proposes in a round. */
  proposer(round: number): string {
    const proposer = proposerAt(this.context, round);
    return String.fromCharCode(proposer?.[0] ?? 0);
  }

  block(author: string, salt = 0): Block {
    return { header: this.makeHeader(author, salt), transactions: [], uncles: [] };
  }

  sign(letter: string, message: UnsignedIbftMessage): IbftMessage {
    return signIbftMessage(message, createFakeSigner(addressOf(letter)));
  }

  propose(round: number, block: Block): IbftMessage {
    const letter = this.proposer(round);
    const { height } = this.context;
    return this.sign(letter, { type: 'prePrepare', height, round, sender: addressOf(letter), block });
  }

  vote(type: 'prepare' | 'commit', letter: string, round: number, block: Block): IbftMessage {
    const digest = blockHash(block);
    const sealDigest = type === 'commit' ? ibftCommitDigest(digest) : undefined;
    const { height } = this.context;
    return this.sign(letter, { type, height, round, sender: addressOf(letter), digest, sealDigest });
  }

  roundChange(letter: string, round: number): IbftMessage {
    const { height } = this.context;
    return this.sign(letter, { type: 'roundChange', height, round, sender: addressOf(letter), digest: zeroHash });
  }

  hear(...messages: readonly IbftMessage[]): this {
    for (const message of messages) this.feed({ type: 'message', message });
    return this;
  }

  /** Votes of several, `ABD`. */
  hearVotes(type: 'prepare' | 'commit', letters: string, round: number, block: Block): this {
    return this.hear(...letters.split('').map((letter) => this.vote(type, letter, round, block)));
  }

  hearRoundChanges(letters: string, round: number): this {
    return this.hear(...letters.split('').map((letter) => this.roundChange(letter, round)));
  }

  /** A proposal that is found valid. */
  accept(round: number, block: Block): this {
    const { height } = this.context;
    return this.hear(this.propose(round, block)).feed({
      type: 'blockVerified',
      height,
      digest: blockHash(block),
      verdict: { type: 'valid' },
    });
  }

  timeout(): this {
    const timer = { kind: 'round', height: this.context.height, round: this.state.round } as const;
    return this.feed({ type: 'timerElapsed', timer });
  }

  /** What was broadcast comes back signed, as it does from the driver. */
  loopBack(): this {
    for (const effect of this.take()) {
      if (effect.type === 'broadcast') this.hear(this.sign(this.self, effect.message));
    }
    return this;
  }
}
