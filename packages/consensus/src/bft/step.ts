import type { BftEffect, BftStep, BftInput } from './types.ts';

/** Runs one step and then the stored messages that it let out, until none is left. */
export function stepWithReposts<State, Message, Unsigned, Record>(
  state: State,
  input: BftInput<Message, Record>,
  stepOnce: (state: State, input: BftInput<Message, Record>) => BftStep<State, BftEffect<Message, Unsigned, Record>>,
): BftStep<State, BftEffect<Message, Unsigned, Record>> {
  const first = stepOnce(state, input);
  if (!first.effects.some((effect) => effect.type === 'repost')) return first;
  let current = first.state;
  const effects: BftEffect<Message, Unsigned, Record>[] = [];
  const waiting = [...first.effects];
  for (let effect = waiting.shift(); effect !== undefined; effect = waiting.shift()) {
    if (effect.type !== 'repost') {
      effects.push(effect);
      continue;
    }
    const next = stepOnce(current, effect.input);
    current = next.state;
    waiting.push(...next.effects);
  }
  return { state: current, effects };
}
