import { step as productStep } from '@isoquorum/consensus/qbft/step';
import { proposerOf } from '@isoquorum/consensus/proposer';
import type { QbftMessage } from '@isoquorum/consensus/qbft/message';
import { qbftSigner } from '@isoquorum/consensus/qbft/signing';
import type { BftHeightContext } from '@isoquorum/consensus/bft/types';
import type { QbftEffect, QbftInput, QbftState, QbftStep } from '@isoquorum/consensus/qbft/types';
import type { Address } from '@isoquorum/primitives/bytes';
import { bytesEqual, bytesToBareHex } from '@isoquorum/primitives/hex';
import { recoverFake } from '../machines/fake-signatures.ts';
import { productQbftParts, type QbftParts } from '../machines/qbft/qbft-replica.ts';

/** The product with one fault, made by wrapping its step: nothing in the product knows of it. */
export interface QbftPlant {
  readonly name: string;
  readonly parts: QbftParts;
}

type Step = QbftParts['step'];

const withStep = (name: string, step: Step): QbftPlant => ({ name, parts: { ...productQbftParts, step } });

/** The machine sees every context changed. */
const withContext = (name: string, change: (context: BftHeightContext) => BftHeightContext): QbftPlant =>
  withStep(name, (state, input) =>
    productStep(
      state,
      input.type === 'start' || input.type === 'newHead' ? { ...input, context: change(input.context) } : input,
    ),
  );

/** The machine's state is damaged after each step. */
const withDamage = (name: string, damage: (before: QbftState, after: QbftState) => QbftState): QbftPlant =>
  withStep(name, (state, input) => {
    const result = productStep(state, input);
    return { ...result, state: damage(state, result.state) };
  });

/** For one kind of message the machine goes by another context. */
const withContextFor = (
  name: string,
  type: QbftMessage['type'],
  change: (context: BftHeightContext, message: QbftMessage) => BftHeightContext,
): QbftPlant =>
  withStep(name, (state, input) => {
    if (input.type !== 'message' || input.message.type !== type || state.context === undefined)
      return productStep(state, input);
    const { context } = state;
    const result = productStep({ ...state, context: change(context, input.message) }, input);
    return { ...result, state: { ...result.state, context } };
  });

/** A message is put where the machine keeps those that it counts, though it refused it. */
const withMessage = (
  name: string,
  put: (state: QbftState, message: QbftMessage, signer: Address) => QbftState | undefined,
): QbftPlant =>
  withStep(name, (state, input) => {
    const result = productStep(state, input);
    if (input.type !== 'message' || result.state.context === undefined) return result;
    const signer = qbftSigner(input.message, recoverFake);
    const changed = signer && put(result.state, input.message, signer);
    return changed === undefined ? result : { ...result, state: changed };
  });

const isCurrent = (state: QbftState, message: QbftMessage): boolean =>
  message.height === state.context?.height && message.round === state.round;

const isValidator = (state: QbftState, signer: Address): boolean =>
  state.context?.validators.some((validator) => bytesEqual(validator, signer)) === true;

/** The record is written without what must wait for it, which goes out at once. */
function sendFirst(effects: readonly QbftEffect[]): readonly QbftEffect[] {
  return effects.flatMap((effect): readonly QbftEffect[] =>
    // oxlint-disable-next-line unicorn/no-thenable -- an effect is data and is never awaited
    effect.type === 'persist' ? [...effect.then, { ...effect, then: [] }] : [effect],
  );
}

/** The record that a start is given, changed. */
const withRecord = (
  name: string,
  change: (record: NonNullable<Extract<QbftInput, { type: 'start' }>['record']>) => typeof record | undefined,
): QbftPlant =>
  withStep(
    name,
    (state, input): QbftStep =>
      productStep(
        state,
        input.type === 'start' && input.record !== undefined ? { ...input, record: change(input.record) } : input,
      ),
  );

/** One fault each. */
export const qbftPlants: readonly QbftPlant[] = [
  withContext('a quorum off by one', (context) => ({ ...context, quorum: context.quorum - 1 })),
  withRecord('a record forgotten at a restart', () => undefined),
  withRecord('a lock forgotten at a restart', (record) => ({ ...record, certificate: undefined })),
  withDamage('a lock forgotten when the round changes', (before, after) =>
    after.round > before.round ? { ...after, certificate: undefined } : after,
  ),
  withDamage('a vote given again after it was given', (_, after) => ({
    ...after,
    prepareDigest: undefined,
    phase: after.phase === 'preprepared' ? 'acceptRequest' : after.phase,
  })),
  withMessage('a PREPARE counted twice', (state, message, signer) => {
    if (message.type !== 'prepare' || !isCurrent(state, message) || state.proposal === undefined) return undefined;
    if (!bytesEqual(message.digest, state.proposal.digest)) return undefined;
    return { ...state, prepares: new Map(state.prepares).set(`${bytesToBareHex(signer)} again`, message) };
  }),
  withMessage('a COMMIT counted twice', (state, message, signer) => {
    if (message.type !== 'commit' || !isCurrent(state, message) || state.proposal === undefined) return undefined;
    if (!bytesEqual(message.digest, state.proposal.digest)) return undefined;
    return { ...state, commits: new Map(state.commits).set(`${bytesToBareHex(signer)} again`, message) };
  }),
  withContextFor('a justification unchecked', 'prePrepare', (context) => ({ ...context, quorum: 0 })),
  withMessage('a certificate unchecked', (state, message, signer) => {
    if (message.type !== 'roundChange' || message.height !== state.context?.height || message.prepared === undefined)
      return undefined;
    if (message.round < state.round || !isValidator(state, signer)) return undefined;
    const { prepared, block, prepares } = message;
    const isHigher = block !== undefined && prepared.round >= (state.certificate?.round ?? 0);
    return isHigher ? { ...state, certificate: { ...prepared, block, prepares } } : undefined;
  }),
  withStep('a record written after the send', (state, input) => {
    const result = productStep(state, input);
    return { ...result, effects: sendFirst(result.effects) };
  }),
  withContextFor('a proposer not checked', 'prePrepare', (context, message) => {
    const signer = qbftSigner(message, recoverFake);
    const proposer = proposerOf(context.validators, context.parentAuthor, message.round, context.policy);
    if (signer === undefined || proposer === undefined) return context;
    const swap = (one: Address): Address =>
      bytesEqual(one, signer) ? proposer : bytesEqual(one, proposer) ? signer : one;
    return { ...context, validators: context.validators.map(swap) };
  }),
  withMessage('seals of a previous round accepted', (state, message, signer) => {
    if (message.type !== 'commit' || message.height !== state.context?.height || message.round >= state.round)
      return undefined;
    if (state.proposal === undefined || !bytesEqual(message.digest, state.proposal.digest)) return undefined;
    return { ...state, commits: new Map(state.commits).set(bytesToBareHex(signer), message) };
  }),
  withMessage('a ROUND-CHANGE of a stranger counted', (state, message, signer) => {
    if (message.type !== 'roundChange' || message.height !== state.context?.height) return undefined;
    if (isValidator(state, signer)) return undefined;
    const ofRound = new Map(state.roundChanges.get(message.round)).set(bytesToBareHex(signer), message);
    return { ...state, roundChanges: new Map(state.roundChanges).set(message.round, ofRound) };
  }),
  {
    name: 'a proposal taken without a look',
    parts: { ...productQbftParts, verify: () => undefined },
  },
  withStep('a seal inside a COMMIT believed', (state, input) => {
    const { proposal } = state;
    if (input.type !== 'message' || input.message.type !== 'commit' || proposal === undefined)
      return productStep(state, input);
    const signer = qbftSigner(input.message, recoverFake);
    const recover = () => signer;
    const result = productStep({ ...state, config: { ...state.config, recover } }, input);
    return { ...result, state: { ...result.state, config: state.config } };
  }),
];
