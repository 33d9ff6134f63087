import type { Block } from '@isoquorum/primitives/block';
import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { CliqueSnapshot } from './snapshot.ts';

/** What the machine has to know of the head. */
export interface CliqueContext {
  /** Number of the block that comes next. */
  readonly height: number;
  readonly parentHash: Hash32;
  /** Seconds. */
  readonly parentTimestamp: bigint;
  /** That of the head. */
  readonly snapshot: CliqueSnapshot;
  /** 0: blocks are made when there are transactions. */
  readonly periodSeconds: number;
}

/** Everything that happens to a signer, in order. */
export type CliqueInput =
  /** The node starts, or the head has changed. `random` is in [0, 1): how long to let others go first. */
  | {
      readonly type: 'head';
      readonly context: CliqueContext;
      readonly nowMs: number;
      readonly random: number;
      /** Transactions wait. */
      readonly isPending: boolean;
    }
  /** Transactions have come. */
  | { readonly type: 'pending'; readonly nowMs: number }
  /** The candidate that was asked for, when its time has come. */
  | { readonly type: 'built'; readonly block: Block }
  /** The sealed block could not be imported here. */
  | { readonly type: 'sealFailed'; readonly height: number; readonly nowMs: number };

export type CliqueEffect =
  /**
   * Build a candidate on the parent for this signer; time stamp = max(minTimestamp, now in seconds). Fill it until `deadlineMs` (Unix
   * time) and answer `built` then, not before. Drop the build when the head changes.
   */
  | {
      readonly type: 'buildBlock';
      readonly height: number;
      readonly parentHash: Hash32;
      readonly signer: Address;
      /** Seconds. */
      readonly minTimestamp: bigint;
      readonly deadlineMs: number;
      /** Else the signer in turn may come first: nothing need be executed before the deadline. */
      readonly isInTurn: boolean;
    }
  /** Drop what is being built. */
  | { readonly type: 'cancelBuild' }
  /** Seal with the signer's key and import; only what is durable here is announced. */
  | { readonly type: 'sealBlock'; readonly signer: Address; readonly block: Block };

/**
 * What a signer does: `out` it may not sign; `resting` it has signed lately; `waiting` for transactions; `building` for its turn.
 */
export type CliquePhase = 'starting' | 'out' | 'resting' | 'waiting' | 'building' | 'sealing';

/** Immutable. */
export interface CliqueState {
  /** Addresses whose keys this node holds; whoever is in turn signs, else the first that may. */
  readonly addresses: readonly Address[];
  readonly context: CliqueContext | undefined;
  /** Who signs the next block, if this node may. */
  readonly signer: Address | undefined;
  readonly phase: CliquePhase;
  /** How long others go first, milliseconds; 0 in turn. */
  readonly delayMs: number;
}

export interface CliqueStep {
  readonly state: CliqueState;
  readonly effects: readonly CliqueEffect[];
}
