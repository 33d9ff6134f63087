import type {
  BftEffect,
  BftHeightContext,
  BftInput,
  BftMessage,
  BftRecord,
  BftState,
} from '@isoquorum/consensus/bft/types';
import type { BftProtocol } from '@isoquorum/consensus/bft/protocol';
import { proposerOf } from '@isoquorum/consensus/proposer';
import type { Address } from '@isoquorum/primitives/bytes';
import { bytesEqual, bytesToBareHex } from '@isoquorum/primitives/hex';
import type { BftKind } from '../machines/bft/bft-kind.ts';
import { type BftNetworkOptions, createBftNetwork } from '../machines/bft/bft-network.ts';
import { recoverFake } from '../machines/fake-signatures.ts';
import type { MachineNetwork } from '../machines/replica.ts';

/** The product with one fault, made by wrapping what it is given and what it gives back: nothing in the product knows of it. */
export interface Plant {
  readonly name: string;
  readonly createNetwork: (options: BftNetworkOptions) => MachineNetwork;
}

/** What both protocols count by signer. */
interface Counted<Message> {
  readonly prepares: ReadonlyMap<string, unknown>;
  readonly commits: ReadonlyMap<string, unknown>;
  readonly roundChanges: ReadonlyMap<number, ReadonlyMap<string, unknown>>;
  readonly proposal: { readonly digest: Uint8Array } | undefined;
  readonly ownMessages: readonly Message[];
}

export const isValidator = (context: BftHeightContext | undefined, signer: Address): boolean =>
  context?.validators.some((validator) => bytesEqual(validator, signer)) === true;

/** Ways to plant faults in one protocol. */
export class Planter<
  State extends BftState<Message, Record> & Counted<Message>,
  Message extends BftMessage,
  Unsigned,
  Record extends BftRecord,
> {
  private readonly kind: BftKind<State, Message, Unsigned, Record>;

  constructor(kind: BftKind<State, Message, Unsigned, Record>) {
    this.kind = kind;
  }

  protocol(name: string, change: Partial<BftProtocol<State, Message, Unsigned, Record>>): Plant {
    const { kind } = this;
    const protocol = { ...kind.protocol, ...change };
    return { name, createNetwork: (options) => createBftNetwork({ ...kind, protocol }, options) };
  }

  /** The machine sees every context changed. */
  context(name: string, change: (context: BftHeightContext) => BftHeightContext): Plant {
    const { protocol } = this.kind;
    return this.protocol(name, {
      step: (state, input) =>
        protocol.step(
          state,
          input.type === 'start' || input.type === 'newHead' ? { ...input, context: change(input.context) } : input,
        ),
    });
  }

  /** The record that a start is given, changed. */
  record(name: string, change: (record: Record) => Record | undefined): Plant {
    const { protocol } = this.kind;
    return this.protocol(name, {
      step(state, input) {
        if (input.type !== 'start' || input.record === undefined) return protocol.step(state, input);
        return protocol.step(state, { ...input, record: change(input.record) });
      },
    });
  }

  /** The machine's state is damaged after each step. */
  damage(name: string, damage: (before: State, after: State) => State): Plant {
    const { protocol } = this.kind;
    return this.protocol(name, {
      step(state, input) {
        const result = protocol.step(state, input);
        return { ...result, state: damage(state, result.state) };
      },
    });
  }

  /** For one kind of message the machine goes by another context. */
  contextFor(
    name: string,
    type: BftMessage['type'],
    change: (context: BftHeightContext, message: Message, signer: Address) => BftHeightContext,
  ): Plant {
    const { protocol } = this.kind;
    return this.protocol(name, {
      step(state, input) {
        const from = input.type === 'message' ? protocol.signer(input.message, recoverFake) : undefined;
        if (
          input.type !== 'message' ||
          from === undefined ||
          input.message.type !== type ||
          state.context === undefined
        )
          return protocol.step(state, input);
        const { context } = state;
        const result = protocol.step({ ...state, context: change(context, input.message, from) }, input);
        return { ...result, state: { ...result.state, context } };
      },
    });
  }

  /** A message is put where the machine keeps those that it counts, whatever the machine made of it. */
  message(name: string, put: (state: State, message: Message, signer: Address) => State | undefined): Plant {
    const { protocol } = this.kind;
    return this.protocol(name, {
      step(state, input) {
        const result = protocol.step(state, input);
        if (input.type !== 'message' || result.state.context === undefined) return result;
        const from = protocol.signer(input.message, recoverFake);
        const changed = from && put(result.state, input.message, from);
        return changed === undefined ? result : { ...result, state: changed };
      },
    });
  }

  private isForProposal(state: State, message: Message): boolean {
    const digest = this.kind.forger.digestIn(message);
    return (
      message.height === state.context?.height &&
      digest !== undefined &&
      state.proposal !== undefined &&
      bytesEqual(digest, state.proposal.digest)
    );
  }

  /** Those that can be planted in both protocols. */
  common(): readonly Plant[] {
    const { kind } = this;
    const { protocol } = kind;
    return [
      this.context('a quorum off by one', (context) => ({ ...context, quorum: context.quorum - 1 })),
      this.record('a record forgotten at a restart', () => undefined),
      this.damage('a vote given again after it was given', (_, after) => ({
        ...after,
        prepareDigest: undefined,
        phase: after.phase === 'preprepared' ? 'acceptRequest' : after.phase,
      })),
      this.message('a PREPARE counted twice', (state, message, signer) => {
        if (message.type !== 'prepare' || message.round !== state.round || !this.isForProposal(state, message))
          return undefined;
        return { ...state, prepares: new Map(state.prepares).set(`${bytesToBareHex(signer)} again`, message) };
      }),
      this.message('a COMMIT counted twice', (state, message, signer) => {
        if (message.type !== 'commit' || message.round !== state.round || !this.isForProposal(state, message))
          return undefined;
        return { ...state, commits: new Map(state.commits).set(`${bytesToBareHex(signer)} again`, message) };
      }),
      this.message('seals of a previous round accepted', (state, message, signer) => {
        if (message.type !== 'commit' || message.round >= state.round || !this.isForProposal(state, message))
          return undefined;
        return { ...state, commits: new Map(state.commits).set(bytesToBareHex(signer), message) };
      }),
      this.message('a ROUND-CHANGE of a stranger counted', (state, message, signer) => {
        if (message.type !== 'roundChange' || message.height !== state.context?.height) return undefined;
        if (isValidator(state.context, signer)) return undefined;
        const ofRound = new Map(state.roundChanges.get(message.round)).set(bytesToBareHex(signer), message);
        return { ...state, roundChanges: new Map(state.roundChanges).set(message.round, ofRound) };
      }),
      this.protocol('a record written after the send', {
        step(state, input) {
          const result = protocol.step(state, input);
          return { ...result, effects: sendFirst(result.effects) };
        },
      }),
      this.contextFor('a proposer not checked', 'prePrepare', (context, message, signer) => {
        const proposer = proposerOf(context.validators, context.parentAuthor, message.round, context.policy);
        if (proposer === undefined) return context;
        const swap = (one: Address): Address =>
          bytesEqual(one, signer) ? proposer : bytesEqual(one, proposer) ? signer : one;
        return { ...context, validators: context.validators.map(swap) };
      }),
      {
        name: 'a proposal taken without a look',
        createNetwork: (options) => createBftNetwork(kind, { ...options, verify: () => undefined }),
      },
      this.protocol('a seal inside a COMMIT believed', {
        step(state, input: BftInput<Message, Record>) {
          const from = input.type === 'message' ? kind.protocol.signer(input.message, recoverFake) : undefined;
          if (input.type !== 'message' || input.message.type !== 'commit' || from === undefined)
            return protocol.step(state, input);
          const { config } = state;
          const result = protocol.step({ ...state, config: { ...config, recover: () => from } }, input);
          return { ...result, state: { ...result.state, config } };
        },
      }),
    ];
  }
}

/** The record is written without what must wait for it, which goes out at once. */
function sendFirst<Message, Unsigned, Record>(
  effects: readonly BftEffect<Message, Unsigned, Record>[],
): readonly BftEffect<Message, Unsigned, Record>[] {
  return effects.flatMap((effect): readonly BftEffect<Message, Unsigned, Record>[] =>
    // oxlint-disable-next-line unicorn/no-thenable -- an effect is data and is never awaited
    effect.type === 'persist' ? [...effect.then, { ...effect, then: [] }] : [effect],
  );
}
