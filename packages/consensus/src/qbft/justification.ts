import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { blockHash } from '@isoquorum/primitives/block';
import type { PrepareMessage, RoundChangeMessage, RoundChangePayload } from './message.ts';
import { qbftSigner } from './signing.ts';
import { isValidatorOf, signerKey } from '../bft/turn.ts';
import type { BftHeightContext, BftMachineConfig } from '../bft/types.ts';
import type { PreparedCertificate } from './types.ts';

/** Result of a check: undefined when it holds, else the original's text of what is wrong. */
type Flaw = string | undefined;

/** Number of distinct validators among the signers. */
function distinctSigners(
  messages: readonly (PrepareMessage | RoundChangePayload)[],
  config: BftMachineConfig,
  context: BftHeightContext,
): number {
  const keys = new Set<string>();
  for (const message of messages) {
    const signer = qbftSigner(message, config.recover);
    if (signer !== undefined && isValidatorOf(context, signer)) keys.add(signerKey(signer));
  }
  return keys.size;
}

/**
 * True when every signer can be recovered and is a validator. A list longer than that of the validators is refused before it costs
 * recoveries: one traitor could keep a node busy with thousands in each message. (The original has no bound, and makes no such list.)
 */
export function areSignedByValidators(
  messages: readonly (PrepareMessage | RoundChangePayload)[],
  config: BftMachineConfig,
  context: BftHeightContext,
): boolean {
  if (messages.length > context.validators.length) return false;
  return messages.every((message) => {
    const signer = qbftSigner(message, config.recover);
    return signer !== undefined && isValidatorOf(context, signer);
  });
}

/** Counts as the profile does: the original counts messages, strict counts distinct validators that signed. */
function countOf(
  messages: readonly (PrepareMessage | RoundChangePayload)[],
  config: BftMachineConfig,
  context: BftHeightContext,
): number {
  return config.profile === 'strict' ? distinctSigners(messages, config, context) : messages.length;
}

/**
 * Whether PREPAREs certify what a ROUND-CHANGE claims: a quorum, for the claimed round and digest (and in profile strict: by
 * distinct validators, at this height, for the block that comes along, prepared before the round that is asked for).
 */
export function certificateFlaw(
  message: Pick<RoundChangeMessage, 'round' | 'prepared' | 'block' | 'prepares'>,
  config: BftMachineConfig,
  context: BftHeightContext,
): Flaw {
  const { prepared, block, prepares } = message;
  if (prepared === undefined || block === undefined) return 'no prepared block';
  if (prepares.length < context.quorum) return 'number of prepare messages is less than quorum of messages';
  for (const prepare of prepares) {
    if (!bytesEqual(prepare.digest, prepared.digest))
      return 'prepared message digest does not match roundchange prepared digest';
    if (prepare.round !== prepared.round)
      return 'round number in prepared message does not match prepared round in roundchange';
  }
  if (config.profile === 'goquorum') return undefined;
  if (prepared.round >= message.round) return 'prepared round is not before the round that is asked for';
  if (prepares.some((prepare) => prepare.height !== context.height)) return 'prepared message of another height';
  if (!bytesEqual(blockHash(block), prepared.digest)) return 'prepared block does not match prepared digest';
  if (distinctSigners(prepares, config, context) < context.quorum)
    return 'number of prepare messages is less than quorum of messages';
  return undefined;
}

/** The certificate that a ROUND-CHANGE carries; call it only when {@link certificateFlaw} finds none. */
export function certificateOf(message: RoundChangeMessage): PreparedCertificate | undefined {
  const { prepared, block, prepares } = message;
  return prepared === undefined || block === undefined ? undefined : { ...prepared, block, prepares };
}

interface Justification {
  readonly round: number;
  readonly digest: Hash32;
  readonly roundChanges: readonly RoundChangePayload[];
  readonly prepares: readonly PrepareMessage[];
}

/**
 * Whether a proposal of a round after 0 is justified (goquorum.md 9.7): a quorum of ROUND-CHANGEs of which none had prepared
 * anything, or whose highest prepared round is certified by the PREPAREs for this very block. Strict counts distinct
 * validators, for this height and round only.
 */
export function justificationFlaw(claim: Justification, config: BftMachineConfig, context: BftHeightContext): Flaw {
  const strict = config.profile === 'strict';
  const { prepares, digest } = claim;
  const roundChanges = strict
    ? claim.roundChanges.filter((change) => change.height === context.height && change.round === claim.round)
    : claim.roundChanges;
  if (countOf(roundChanges, config, context) < context.quorum)
    return 'number of roundchange messages is less than required quorum of messages';
  const [first] = prepares;
  if (first === undefined) {
    const free = roundChanges.filter(({ prepared }) => prepared === undefined);
    if (countOf(free, config, context) < context.quorum)
      return 'quorum of roundchange messages with nil prepared round not found';
    return undefined;
  }
  if (countOf(prepares, config, context) < context.quorum)
    return 'number of prepared messages is less than required quorum of messages';
  const preparedRound = first.round;
  const alike = prepares.every(
    (prepare) =>
      prepare.round === preparedRound &&
      bytesEqual(prepare.digest, digest) &&
      (!strict || prepare.height === context.height),
  );
  if (!alike || (strict && preparedRound >= claim.round))
    return 'prepared messages do not have same round or do not match proposal';
  const below = roundChanges.filter(({ prepared }) => prepared === undefined || prepared.round <= preparedRound);
  const found = below.some(({ prepared }) => prepared?.round === preparedRound && bytesEqual(prepared.digest, digest));
  if (!found || countOf(below, config, context) < context.quorum)
    return 'quorum of roundchange messages with prepared round and proposal not found';
  return undefined;
}
