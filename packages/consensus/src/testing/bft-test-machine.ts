import type { Address } from '@isoquorum/primitives/bytes';
import { type Block, blockHash } from '@isoquorum/primitives/block';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import type { Header } from '@isoquorum/primitives/header';
import { bftHeightContext } from '../bft/height-context.ts';
import type { BftProtocol } from '../bft/protocol.ts';
import type { BftEffect, BftHeightContext, BftInput, BftMessage, BftRecord, BftState } from '../bft/types.ts';
import type { Profile } from '../profile.ts';
import { createFakeSigner, recoverFake } from './fake-signatures.ts';
import { createTestGenesis, type TestGenesisOptions } from './test-chain.ts';

/** Validators A to D (or more), with addresses of their letter's code. */
export function addressOf(letter: string): Address {
  return new Uint8Array(20).fill(letter.charCodeAt(0));
}

/** Whom a machine under test is, and among whom. */
export interface TestSeat {
  readonly self: string;
  readonly letters: string;
  readonly profile: Profile;
}

/** One machine among validators that the test plays. Effects are recorded; `persist` is unfolded. */
export abstract class BftTestMachine<
  S extends BftState<M, R>,
  M extends BftMessage,
  U extends BftMessage,
  R extends BftRecord,
> {
  readonly seat: TestSeat;
  readonly genesis: Header;
  protected readonly config: ChainConfig;
  context: BftHeightContext;
  state: S;
  /** Everything since the last `take`. */
  effects: BftEffect<M, U, R>[] = [];
  record: R | undefined;
  readonly protocol: BftProtocol<S, M, U, R>;

  /** @param options of the genesis, besides its algorithm */
  constructor(protocol: BftProtocol<S, M, U, R>, seat: TestSeat, options: Omit<TestGenesisOptions, 'algorithm'> = {}) {
    const { self, letters, profile } = seat;
    const { algorithm } = protocol;
    const { config, header } = createTestGenesis(letters.split('').map(addressOf), { ...options, algorithm });
    this.protocol = protocol;
    this.seat = seat;
    this.config = config;
    this.genesis = header;
    this.context = this.contextAfter(header);
    this.state = protocol.createState({ address: addressOf(self), profile, recover: recoverFake });
  }

  contextAfter(parent: Header): BftHeightContext {
    const { letters, profile } = this.seat;
    const validators = letters.split('').map(addressOf);
    return bftHeightContext({ config: this.config, profile, recover: recoverFake, parent, validators });
  }

  /** At the time of the parent: the next block is due in one second. */
  start(record?: R): this {
    const nowMs = Number(this.context.parent.timestamp) * 1000;
    return this.feed({ type: 'start', context: this.context, record, nowMs });
  }

  /** Starts with the disk of another, as a new process does. */
  protected startFrom(other: this): this {
    this.context = other.context;
    this.record = other.record && this.protocol.decodeRecord(this.protocol.encodeRecord(other.record));
    return this.start(this.record);
  }

  feed(input: BftInput<M, R>): this {
    const result = this.protocol.step(this.state, input);
    this.state = result.state;
    this.note(result.effects);
    return this;
  }

  private note(effects: readonly BftEffect<M, U, R>[]): void {
    for (const effect of effects) {
      this.effects.push(effect);
      if (effect.type !== 'persist') continue;
      this.record = effect.record;
      this.note(effect.then);
    }
  }

  /** The effects since the last call. */
  take(): readonly BftEffect<M, U, R>[] {
    const { effects } = this;
    this.effects = [];
    return effects;
  }

  /** What was broadcast since the last `take`, unsigned. */
  broadcasts(): readonly U[] {
    return this.effects.flatMap((effect) => (effect.type === 'broadcast' ? [effect.message] : []));
  }

  /** The same, as `kind round`. */
  said(): readonly string[] {
    return this.broadcasts().map(({ type, round }) => `${type} ${round}`);
  }

  refusals(): readonly string[] {
    return this.effects.flatMap((effect) => (effect.type === 'refused' ? [effect.refusal.code] : []));
  }

  sign(letter: string, message: U): M {
    return this.protocol.sign(message, createFakeSigner(addressOf(letter)));
  }

  hear(...messages: readonly M[]): this {
    for (const message of messages) this.feed({ type: 'message', message });
    return this;
  }

  /** A candidate on the head; `salt` makes it different from others. */
  abstract block(author: string, salt?: number): Block;

  /** Does what a driver does upon each effect since the last `take`, unless `isDone` says that it is lost. */
  drive(isDone: () => boolean): this {
    for (const effect of this.take()) {
      if (!isDone()) continue;
      if (effect.type === 'broadcast') this.hear(this.sign(this.seat.self, effect.message));
      else if (effect.type === 'verifyBlock') this.verified(effect.block);
      else if (effect.type === 'buildBlock') this.feed({ type: 'blockBuilt', block: this.block(this.seat.self) });
      else if (effect.type === 'commitBlock') this.moveTo(effect.block.header);
    }
    return this;
  }

  /** The chain has a new head. */
  moveTo(head: Header): this {
    this.context = this.contextAfter(head);
    return this.feed({ type: 'newHead', context: this.context, nowMs: Number(head.timestamp) * 1000 });
  }

  /** The answer to verifyBlock. */
  verified(block: Block): this {
    const { height } = this.context;
    return this.feed({ type: 'blockVerified', height, digest: blockHash(block), verdict: { type: 'valid' } });
  }

  /** The round timer of the current round elapses. */
  timeout(): this {
    const timer = { kind: 'round', height: this.context.height, round: this.state.round } as const;
    return this.feed({ type: 'timerElapsed', timer });
  }

  /** What was broadcast comes back signed, as it does from the driver. */
  loopBack(): this {
    return this.hear(...this.broadcasts().map((message) => this.sign(this.seat.self, message)));
  }
}
