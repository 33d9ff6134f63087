import type { Block } from '@isoquorum/primitives/block';
import { isOwnTurn, refuse, requestBlock } from '../bft/turn.ts';
import { certificateFlaw, certificateOf, justificationFlaw } from './justification.ts';
import { blockHash } from '@isoquorum/primitives/block';
import type { PrepareMessage, RoundChangeMessage, RoundChangePayload } from './message.ts';
import { roundChangePayloadOf } from './message-codec.ts';
import type { PreparedCertificate } from './types.ts';
import { broadcastOnceDurable, type Turn } from './turn.ts';

/** Signs and sends the PRE-PREPARE of the current round. */
export function propose(
  turn: Turn,
  block: Block,
  roundChanges: readonly RoundChangePayload[],
  prepares: readonly PrepareMessage[],
): void {
  const { state, context } = turn;
  const message = {
    type: 'prePrepare',
    height: context.height,
    round: state.round,
    block,
    roundChanges,
    prepares,
  } as const;
  state.proposed = message;
  broadcastOnceDurable(turn, message);
}

/** The certificate with the highest round among ROUND-CHANGEs of one round. */
function highestCertificate(turn: Turn, changes: readonly RoundChangeMessage[]): PreparedCertificate | undefined {
  const { state, context } = turn;
  let highest: PreparedCertificate | undefined;
  for (const change of changes) {
    if (change.prepared === undefined || certificateFlaw(change, state.config, context) !== undefined) continue;
    if (highest === undefined || change.prepared.round > highest.round) highest = certificateOf(change) ?? highest;
  }
  return highest;
}

/**
 * Proposes in a round after 0 if this node's turn has come, a quorum asked for the round, and it has not proposed yet: the
 * block with the highest certificate, else its own candidate (which it asks for if it has none).
 */
export function proposeIfJustified(turn: Turn): void {
  const { state, context } = turn;
  const { config, round } = state;
  if (state.phase !== 'acceptRequest' || state.proposed !== undefined || !isOwnTurn(turn)) return;
  const changes = [...(state.roundChanges.get(round)?.values() ?? [])];
  if (changes.length < context.quorum) return;
  const highest = highestCertificate(turn, changes);
  const block = highest?.block ?? state.candidate;
  if (block === undefined) {
    if (config.profile === 'strict') requestBlock(turn, false);
    else refuse(turn, 'NO_CANDIDATE');
    return;
  }
  const roundChanges = changes.map(roundChangePayloadOf);
  const prepares = highest?.prepares ?? [];
  const claim = { round, digest: blockHash(block), roundChanges, prepares };
  const flaw = justificationFlaw(claim, config, context);
  if (flaw === undefined) propose(turn, block, roundChanges, prepares);
  else refuse(turn, 'NOT_JUSTIFIED', flaw);
}
