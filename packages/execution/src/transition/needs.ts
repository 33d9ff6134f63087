import { IsoquorumError, isIsoquorumError } from '@isoquorum/primitives/errors';
import { hexToBytes } from '@isoquorum/primitives/hex';
import { StateMissingError } from '../state/errors.ts';
import type { Need, Steps, TransitionOutcome } from './types.ts';

/** Thrown where a transition meets something that only a manager can tell. */
export class UnresolvedError extends IsoquorumError<'PRIVATE_DATA_UNRESOLVED', Record<string, never>> {
  readonly need: Need;

  constructor(need: Need) {
    super('PRIVATE_DATA_UNRESOLVED', 'a payload has to be resolved first', {});
    this.need = need;
  }
}

/** The need that an error stands for; `undefined` when it is another kind of error. */
export function needOf(error: unknown): Need | undefined {
  if (error instanceof StateMissingError) {
    const { root, address, slot, hash, isCode } = error;
    return { type: 'public', root, address, slots: slot === undefined ? [] : [slot], hash, isCode };
  }
  if (error instanceof UnresolvedError) return error.need;
  if (isIsoquorumError(error, 'STORE_MISS')) {
    const { key } = error.fields;
    if (typeof key === 'string') return { type: 'local', keys: [hexToBytes(key, 'key')] };
  }
  return undefined;
}

/** Runs steps; missing data becomes the outcome `needs`, any other error is thrown. */
export function* withNeeds<T>(steps: Steps<T>): Steps<TransitionOutcome<T>> {
  try {
    return { status: 'done', result: yield* steps };
  } catch (error) {
    const need = needOf(error);
    if (need === undefined) throw error;
    return { status: 'needs', needs: [need] };
  }
}
