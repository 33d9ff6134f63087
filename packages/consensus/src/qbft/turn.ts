import type { Block } from '@isoquorum/primitives/block';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { qbftCommitDigest } from '@isoquorum/primitives/istanbul-seal';
import { type BftTurn, broadcastWithRecord, type Draft } from '../bft/turn.ts';
import type { BftHeightContext } from '../bft/types.ts';
import type { QbftMessage, UnsignedQbftMessage } from './message.ts';
import type { DurableRecord, QbftState } from './types.ts';

export type DraftState = Draft<QbftState>;

/** One step of QBFT under way. */
export interface Turn extends BftTurn<QbftMessage, UnsignedQbftMessage, DurableRecord> {
  readonly state: DraftState;
}

/** The record that mirrors the state. */
function durableRecordOf(state: QbftState, context: BftHeightContext): DurableRecord {
  const { round, proposed, prepareDigest, commitDigest, certificate } = state;
  return { height: context.height, round, proposed, prepareDigest, commitDigest, certificate };
}

/** Lets a message leave once the record, which must tell of it already, is durable. */
export function broadcastOnceDurable(turn: Turn, message: UnsignedQbftMessage): void {
  broadcastWithRecord(turn, message, durableRecordOf(turn.state, turn.context));
}

/** What a COMMIT for the block in this round seals; undefined when its extra is not QBFT's. */
export function sealDigestOf(block: Block, round: number): Hash32 | undefined {
  try {
    return qbftCommitDigest(block.header, round);
  } catch {
    return undefined;
  }
}
