import { expect } from 'vitest';
import type { BftInput, BftMessage, BftRecord, BftState } from '../bft/types.ts';
import type { BftTestMachine } from './bft-test-machine.ts';
import { createSeededRandom, type SeededRandom } from './random.ts';

/** What a fuzz test of a machine needs to know of it. */
export interface AnyInput<Subject, State, Message, Record> {
  /** Messages of several rounds of the subject's height, of validators and strangers. */
  messages(subject: Subject): readonly Message[];
  /** An input that is no message, sensible or not, or one that is made for the moment. */
  other(subject: Subject, random: SeededRandom): BftInput<Message, Record>;
  /** How much the state keeps, by list. */
  sizes(state: State): readonly number[];
  /** What stands out in a state, besides what all machines have. */
  marks(state: State): readonly (string | false)[];
}

function marksOf(state: BftState<unknown, unknown>): readonly (string | false)[] {
  const height = state.context?.height ?? 0;
  return [
    state.phase,
    `${state.phase} after round 0`,
    `height ${height}`,
    `round ${state.round}`,
    state.passive && 'passive',
    state.backlog.size > 0 && 'backlog',
    state.ownMessages.length > 0 && 'own messages',
    state.idle && 'idle',
  ].filter((mark) => state.round > 0 || mark !== `${state.phase} after round 0`);
}

/**
 * Feeds an input for each seed, and now and then does what a driver does upon the effects. Nothing is thrown, nothing changed in place, and the same input does
 * the same again.
 * @returns what stood out on the way: how deep it went
 */
export function playAnyInput<
  S extends BftState<M, R>,
  M extends BftMessage,
  U extends BftMessage,
  R extends BftRecord,
  Subject extends BftTestMachine<S, M, U, R>,
>(subject: Subject, seeds: readonly number[], rules: AnyInput<Subject, S, M, R>): ReadonlySet<string> {
  const reached = new Set<string>();
  let height = subject.context.height;
  let known = rules.messages(subject);
  for (const seed of seeds) {
    const random = createSeededRandom(seed);
    if (subject.context.height !== height) {
      ({ height } = subject.context);
      known = rules.messages(subject);
    }
    const { round } = subject.state;
    const timely = known.filter((message) => message.round === round);
    // Most are for the round under way, or nothing would ever be agreed on.
    const message = random.pick(timely.length > 0 && random.chance(70) ? timely : known);
    const input: BftInput<M, R> = random.chance(70) ? { type: 'message', message } : rules.other(subject, random);
    const before = subject.state;
    const was = rules.sizes(before);
    const result = subject.protocol.step(before, input);
    expect(rules.sizes(before)).toEqual(was);
    expect(subject.protocol.step(before, input)).toEqual(result);
    subject.feed(input);
    if (random.chance(60)) subject.drive(() => random.chance(80));
    for (const mark of [...marksOf(subject.state), ...rules.marks(subject.state)])
      if (mark !== false) reached.add(mark);
  }
  return reached;
}

/** Everything that is reached by plays of these lengths, each from a machine of its own. */
export function reachedBy(
  play: (seeds: readonly number[]) => ReadonlySet<string>,
  plays: number,
  length: number,
): ReadonlySet<string> {
  const reached = new Set<string>();
  for (let number = 0; number < plays; number++) {
    const random = createSeededRandom(number);
    const seeds = Array.from({ length }, () => random.below(2 ** 31));
    for (const mark of play(seeds)) reached.add(mark);
  }
  return reached;
}
