import type { Block } from '@isoquorum/primitives/block';
import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { Header } from '@isoquorum/primitives/header';
import type { Profile } from '../profile.ts';
import type { ProposerPolicy } from '../proposer.ts';
import type { RecoverAddress } from '../recover.ts';
import type { BftRefusal } from './refusal.ts';

/** What stays the same while the node runs. */
export interface BftMachineConfig {
  /** Address of the node key. */
  readonly address: Address;
  readonly profile: Profile;
  /** Recovers signers; see `createRecoverCache`. */
  readonly recover: RecoverAddress;
}

/** Everything that the rules at one height depend on; made by `bftHeightContext` from the head of the chain. */
export interface BftHeightContext {
  /** Number of the block to agree on: head + 1. */
  readonly height: number;
  /** Header of the head. */
  readonly parent: Header;
  readonly parentHash: Hash32;
  /** Author of the head, the zero address for the genesis block. */
  readonly parentAuthor: Address;
  /** Validators of this height in the engine's order (QBFT: by bytes; IBFT: by checksummed text). */
  readonly validators: readonly Address[];
  /** Messages that make a quorum, by the chain's rule at this height. */
  readonly quorum: number;
  /** F: how many validators may be faulty. */
  readonly faults: number;
  readonly policy: ProposerPolicy;
  /** Seconds between blocks (0: on demand), and between empty blocks (the greater counts; IBFT has no period for empty ones). */
  readonly blockPeriodSeconds: number;
  readonly emptyBlockPeriodSeconds: number;
  /** How long round 0 lasts; later rounds last longer, up to the maximum. */
  readonly requestTimeoutMs: number;
  /** 0: no maximum (profile `goquorum`); see `bftHeightContext` for the default of `strict`. */
  readonly requestTimeoutMsMax: number;
}

/** The four kinds of message that both engines have. */
export type BftMessageType = 'prePrepare' | 'prepare' | 'commit' | 'roundChange';

/** What the common parts look at in a message. */
export interface BftMessage {
  readonly type: BftMessageType;
  readonly height: number;
  readonly round: number;
}

/** What the common parts look at in a durable record. */
export interface BftRecord {
  readonly height: number;
  readonly round: number;
}

/** States of a round, with the names of the original (goquorum.md 9.4). */
export type BftPhase = 'acceptRequest' | 'preprepared' | 'prepared' | 'committed';

/** A timer of a machine. At most one of each kind runs: setting one replaces the earlier of its kind. */
export type Timer =
  | { readonly kind: 'round'; readonly height: number; readonly round: number }
  /** Looks again at a proposal whose time stamp was in the future. */
  | { readonly kind: 'proposal'; readonly height: number; readonly round: number; readonly digest: Hash32 };

/** Result of `verifyBlock`. `future`: valid so far, but its time stamp is ahead by `retryInMs`. */
export type BlockVerdict =
  | { readonly type: 'valid' }
  | { readonly type: 'invalid'; readonly reason: string }
  | { readonly type: 'future'; readonly retryInMs: number };

/** Everything that can happen to a machine. */
export type BftInput<Message, Record> =
  /** Feed once, first. `record` is what was persisted last (undefined on an empty disk). */
  | {
      readonly type: 'start';
      readonly context: BftHeightContext;
      readonly record: Record | undefined;
      readonly nowMs: number;
    }
  /** The chain has a new head (own commit, import, sync, import by command): the context of the height after it. */
  | { readonly type: 'newHead'; readonly context: BftHeightContext; readonly nowMs: number }
  /** Answer to `buildBlock`: a candidate, executed, its header prepared and sealed by the engine and its roots filled in. */
  | { readonly type: 'blockBuilt'; readonly block: Block }
  /** A message of a peer or one's own (every `broadcast` comes back as this input). */
  | { readonly type: 'message'; readonly message: Message }
  /** Answer to `verifyBlock`. */
  | { readonly type: 'blockVerified'; readonly height: number; readonly digest: Hash32; readonly verdict: BlockVerdict }
  | { readonly type: 'timerElapsed'; readonly timer: Timer }
  /** `commitBlock` could not be carried out (success is a `newHead`). */
  | { readonly type: 'commitFailed'; readonly height: number; readonly reason: string }
  /** The pool has transactions for a block: it is due by the period for full blocks, and the round's time runs from there. */
  | { readonly type: 'workPending'; readonly nowMs: number }
  /** A validator is connected (again): it may have missed messages. */
  | { readonly type: 'peerConnected'; readonly address: Address };

/** Everything that a machine asks for. Carry them out in order; `then` only after the record is durable. */
export type BftEffect<Message, Unsigned, Record> =
  /** Write the record (one key, replacing), then carry out `then`. If the write fails, the node must stop. */
  | {
      readonly type: 'persist';
      readonly record: Record;
      readonly then: readonly BftEffect<Message, Unsigned, Record>[];
    }
  /** Sign, send to all validators, and feed back as a `message` input. */
  | { readonly type: 'broadcast'; readonly message: Unsigned }
  /** Pass an accepted message of another on to validators that have not seen it. */
  | { readonly type: 'relay'; readonly message: Message }
  /** Send signed messages to one validator, if it is connected. */
  | { readonly type: 'sendTo'; readonly to: Address; readonly messages: readonly Message[] }
  /** A validator is behind: send it the head block (NewBlock), if it is connected. */
  | { readonly type: 'announceHead'; readonly to: Address }
  | { readonly type: 'setTimer'; readonly timer: Timer; readonly durationMs: number }
  | { readonly type: 'cancelTimer'; readonly kind: Timer['kind'] }
  /**
   * Build a candidate on the parent. Time stamp = max(minTimestamp, now in seconds). Fill it until `deadlineMs` (Unix time;
   * undefined: at once) and answer then, not before. If it has no transactions then, wait for the first one, at
   * longest until `emptyDeadlineMs` (infinite: on demand). Drop the build when the head changes.
   */
  | {
      readonly type: 'buildBlock';
      readonly height: number;
      readonly parentHash: Hash32;
      /** Seconds. */
      readonly minTimestamp: bigint;
      readonly deadlineMs: number | undefined;
      readonly emptyDeadlineMs: number | undefined;
    }
  /** Check a proposal (header by the engine's rules, body, execution) and answer `blockVerified`. */
  | { readonly type: 'verifyBlock'; readonly height: number; readonly digest: Hash32; readonly block: Block }
  /** The block is final: its header carries the seals (and QBFT's round). Import it and feed `newHead`, or `commitFailed`. */
  | { readonly type: 'commitBlock'; readonly round: number; readonly digest: Hash32; readonly block: Block }
  /** `from` speaks of a height above ours: fetch blocks up to `height` (from any peer). A hint, one for each height of each validator. */
  | { readonly type: 'requestSync'; readonly from: Address; readonly height: number }
  /** A round began (for log, RPC, metrics). */
  | {
      readonly type: 'roundStarted';
      readonly height: number;
      readonly round: number;
      readonly proposer: Address | undefined;
      readonly isProposer: boolean;
      readonly roundChange: boolean;
    }
  /** Proof or strong sign that a validator breaks the rules: log it, count it. */
  | {
      readonly type: 'misbehaviour';
      readonly validator: Address;
      readonly refusal: BftRefusal;
      readonly evidence: readonly Message[];
    }
  /** An input was not accepted (for log at debug level, and for the peer's score if `reaction` is REJECT). */
  | { readonly type: 'refused'; readonly refusal: BftRefusal; readonly input: BftInput<Message, Record> }
  /** Internal: a stored message whose time has come. `step` consumes it; only `stepOnce` lets it out. */
  | { readonly type: 'repost'; readonly input: BftInput<Message, Record> };

/** A message kept by the address of its signer (hex). */
export type BySigner<T> = ReadonlyMap<string, T>;

/** A proposal of a round. */
export interface Proposal {
  readonly block: Block;
  readonly digest: Hash32;
  /** What a COMMIT for it seals in this round. */
  readonly sealDigest: Hash32;
  /** Who proposed it. */
  readonly signer: Address;
}

/** What both machines keep. Values are never changed in place. */
export interface BftState<Message, Record> {
  readonly config: BftMachineConfig;
  /** Undefined before `start`. */
  readonly context: BftHeightContext | undefined;
  readonly round: number;
  readonly phase: BftPhase;
  /** The node's own candidate for this height. */
  readonly candidate: Block | undefined;
  /** A candidate for a later height (profile `goquorum`). */
  readonly futureCandidate: Block | undefined;
  /** A buildBlock for this height is under way. */
  readonly building: boolean;
  /** An empty block is due later than a full one (on demand: never), and nothing is known to be waiting for this height. */
  readonly idle: boolean;
  /** What was persisted last. */
  readonly record: Record | undefined;
  /** The chain is behind the durable record: this node may not sign before it is there again. */
  readonly passive: boolean;
  /** The digest for which a PREPARE, and a COMMIT, was signed in this round (mirrors the durable record). */
  readonly prepareDigest: Hash32 | undefined;
  readonly commitDigest: Hash32 | undefined;
  /** Own signed messages of this height and round, to be sent again to who missed them. */
  readonly ownMessages: readonly Message[];
  /** Messages whose time has not come, by signer. */
  readonly backlog: BySigner<readonly Message[]>;
  /** The greatest height of which each validator has spoken, and for which a sync was asked. */
  readonly syncHeights: BySigner<number>;
}

/** What one step gives back. */
export interface BftStep<State, Effect> {
  readonly state: State;
  readonly effects: readonly Effect[];
}
