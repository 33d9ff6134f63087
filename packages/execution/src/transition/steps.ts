import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { Steps } from './types.ts';

/** Runs steps whose engine answers at once. @throws STEPS_NOT_SYNCHRONOUS when it waits */
export function runSync<T>(steps: Steps<T>): T {
  const step = steps.next();
  if (step.done === true) return step.value;
  throw new IsoquorumError(
    'STEPS_NOT_SYNCHRONOUS',
    'the engine answers with promises: run it with runAsync',
    {},
    'STOP',
  );
}

/** Runs steps with any engine. */
export async function runAsync<T>(steps: Steps<T>): Promise<T> {
  let step = steps.next();
  while (step.done !== true) {
    let answer: unknown;
    try {
      answer = await step.value;
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next(answer);
  }
  return step.value;
}

/** Inside steps: the value, waited for if it is a promise. */
export function* waitFor<T>(value: T | PromiseLike<T>): Steps<T> {
  if (typeof value === 'object' && value !== null && 'then' in value) return (yield value) as T;
  return value;
}
