import type { HeadMark } from '../participant-view.ts';

/** What is known about the head when it is marked. */
export interface HeadFacts {
  readonly number: number;
  /** Seconds, of the header; 0 when only the genesis is checked. */
  readonly timestamp: number;
  readonly nowSeconds: number;
  readonly blockPeriodSeconds: number;
  /** Longest pause between blocks without transactions; 0 when empty blocks keep the block period. */
  readonly emptyBlockPeriodSeconds: number;
  readonly sealers: number;
  readonly validatorCount: number;
  readonly quorum: number;
  /** Validators that are connected. */
  readonly watched: number;
  /** The highest number that one of them claims. */
  readonly target: number;
  /** The newest refusal above the head, if any. */
  readonly refusedAbove: { readonly number: number; readonly reason: string } | undefined;
}

export interface Mark {
  readonly mark: HeadMark;
  readonly code: string;
  readonly reason: string;
}

/** Blocks that a validator may be ahead of us while we still speak of the head. */
const slack = 2;

/** Marks the head (decision 14): what was checked, by whom it was sealed, and whether it still moves. */
export function markHead(facts: HeadFacts): Mark {
  const { number, target, watched } = facts;
  const seals = `${facts.sealers} of ${facts.validatorCount} validators sealed this block, ${facts.quorum} are needed`;
  if (facts.refusedAbove !== undefined && facts.refusedAbove.number > number && target <= number) {
    const age = facts.nowSeconds - facts.timestamp;
    if (age > staleAfterSeconds(facts))
      return {
        mark: 'old',
        code: 'NEXT_REFUSED',
        reason: `Block ${number} was checked here, but what was offered after it was refused: ${facts.refusedAbove.reason}`,
      };
  }
  if (target > number + slack)
    return {
      mark: 'unverified',
      code: 'CATCHING_UP',
      reason: `Checked up to block ${number}; a validator says there are ${target}.`,
    };
  if (number === 0)
    return watched === 0
      ? {
          mark: 'unverified',
          code: 'NO_VALIDATORS',
          reason: 'No validator is connected, and no block has been checked yet.',
        }
      : {
          mark: 'unverified',
          code: 'GENESIS_ONLY',
          reason: 'Only the genesis block is known; the first block has not come yet.',
        };
  const age = facts.nowSeconds - facts.timestamp;
  if (watched === 0)
    return {
      mark: 'old',
      code: 'NO_VALIDATORS',
      reason: `Block ${number} was checked here, but no validator is connected, so there may be newer ones.`,
    };
  if (age > staleAfterSeconds(facts))
    return {
      mark: 'old',
      code: 'HEAD_OLD',
      reason: `Block ${number} was checked here, but is ${age} s old and no newer one has come from ${watchedText(watched)}.`,
    };
  if (watched === 1 && facts.validatorCount > 1)
    return {
      mark: 'verified',
      code: 'ONE_VALIDATOR',
      reason: `${seals}. Checked here. Only one validator is watched: it could hide newer blocks for a while.`,
    };
  return { mark: 'verified', code: 'FULL_QUORUM', reason: `${seals}. Checked here, watching ${watchedText(watched)}.` };
}

/** How old a head may be before it is called old: some periods, and time for a few rounds. */
export function staleAfterSeconds(facts: Pick<HeadFacts, 'blockPeriodSeconds' | 'emptyBlockPeriodSeconds'>): number {
  return Math.max(facts.blockPeriodSeconds, facts.emptyBlockPeriodSeconds) * 3 + 7;
}

function watchedText(watched: number): string {
  return watched === 1 ? 'one validator' : `${watched} validators`;
}
