import type { Block } from '@isoquorum/primitives/block';
import type { Address } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { includesAddress } from '../validator-set.ts';
import { cliqueLimit, isInTurn, maySignFrom } from './snapshot.ts';
import type { CliqueContext, CliqueEffect, CliqueInput, CliqueState, CliqueStep } from './types.ts';

/** Out of turn, a signer waits up to this long for every signer that may sign at a time, so that few sign at once. */
export const wiggleMs = 500;
/** After a block of ours was refused here, tried again after this long. */
const retryMs = 200;

/** A signer that knows nothing yet; give it a `head`. */
export function createCliqueState(addresses: readonly Address[]): CliqueState {
  return { addresses, context: undefined, signer: undefined, phase: 'starting', delayMs: 0 };
}

const isBusy = ({ phase }: CliqueState): boolean => phase === 'building' || phase === 'sealing';

function build(state: CliqueState, context: CliqueContext, signer: Address, nowMs: number): CliqueStep {
  const { height, parentHash, periodSeconds } = context;
  const minTimestamp = context.parentTimestamp + BigInt(periodSeconds);
  const deadlineMs = Math.max(Number(minTimestamp) * 1000, nowMs) + state.delayMs;
  const isOwnTurn = isInTurn(context.snapshot, height, signer);
  return {
    state: { ...state, phase: 'building' },
    effects: [{ type: 'buildBlock', height, parentHash, signer, minTimestamp, deadlineMs, isInTurn: isOwnTurn }],
  };
}

function uponHead(before: CliqueState, input: Extract<CliqueInput, { type: 'head' }>): CliqueStep {
  const { context, nowMs } = input;
  const { snapshot, height } = context;
  const cancel: readonly CliqueEffect[] = isBusy(before) ? [{ type: 'cancelBuild' }] : [];
  const own = before.addresses.filter((address) => includesAddress(snapshot.signers, address));
  const allowed = own.filter((address) => maySignFrom(snapshot, address) <= height);
  const signer = allowed.find((address) => isInTurn(snapshot, height, address)) ?? allowed[0];
  const base = { addresses: before.addresses, context, signer, delayMs: 0 };
  if (signer === undefined) {
    return { state: { ...base, phase: own.length === 0 ? 'out' : 'resting' }, effects: cancel };
  }
  const most = wiggleMs * cliqueLimit(snapshot.signers.length);
  const random = Math.min(Math.max(input.random, 0), 1) || 0;
  const delayMs = isInTurn(snapshot, height, signer) ? 0 : Math.floor(random * most);
  const state: CliqueState = { ...base, delayMs, phase: 'waiting' };
  if (context.periodSeconds === 0 && !input.isPending) return { state, effects: cancel };
  const step = build(state, context, signer, nowMs);
  return { state: step.state, effects: [...cancel, ...step.effects] };
}

function isAwaited({ phase, context }: CliqueState, { header }: Block): boolean {
  return phase === 'building' && context !== undefined && bytesEqual(header.parentHash, context.parentHash);
}

/**
 * One step of a Clique signer: it seals in its turn at once, and out of turn after a random while, unless a block of another comes
 * first; it never seals two blocks among as many as the set allows it one of. Never throws, whatever comes.
 */
export function cliqueStep(state: CliqueState, input: CliqueInput): CliqueStep {
  const { context, signer } = state;
  switch (input.type) {
    case 'head':
      return uponHead(state, input);
    case 'pending':
      if (state.phase !== 'waiting' || context === undefined || signer === undefined) return { state, effects: [] };
      return build(state, context, signer, input.nowMs);
    case 'built':
      if (!isAwaited(state, input.block) || context === undefined || signer === undefined)
        return { state, effects: [] };
      // On demand there is nothing to seal when the transactions that were there turned out to be none.
      if (context.periodSeconds === 0 && input.block.transactions.length === 0)
        return { state: { ...state, phase: 'waiting' }, effects: [] };
      return { state: { ...state, phase: 'sealing' }, effects: [{ type: 'sealBlock', signer, block: input.block }] };
    case 'sealFailed':
      if (state.phase !== 'sealing' || context?.height !== input.height || signer === undefined)
        return { state, effects: [] };
      return build(state, context, signer, input.nowMs + retryMs);
  }
}
