import type { BySigner } from './types.ts';
import { withEntry } from './turn.ts';

/** ROUND-CHANGEs of one height by round, then signer. */
export type RoundChangeBook<Message> = ReadonlyMap<number, BySigner<Message>>;

/** Per signer only the ROUND-CHANGE for the current round and the one for the highest round are kept. */
function withoutLower<Message>(
  book: RoundChangeBook<Message>,
  key: string,
  below: number,
  current: number,
): ReadonlyMap<number, BySigner<Message>> {
  const kept = new Map<number, BySigner<Message>>();
  for (const [round, messages] of book) {
    if (round > current && round < below && messages.has(key)) {
      const rest = new Map(messages);
      rest.delete(key);
      if (rest.size > 0) kept.set(round, rest);
    } else kept.set(round, messages);
  }
  return kept;
}

/** ROUND-CHANGEs of one signer that are kept in profile `goquorum`: its rounds last twice as long each time, so that nobody sees so many. */
const roundsPerSignerMax = 256;

function withRoundChange<Message extends { readonly round: number }>(
  book: RoundChangeBook<Message>,
  key: string,
  message: Message,
): RoundChangeBook<Message> {
  const messages: BySigner<Message> = book.get(message.round) ?? new Map();
  return withEntry(book, message.round, withEntry(messages, key, message));
}

/**
 * The book with a ROUND-CHANGE more, as the original keeps them: the last of a signer in each round. Undefined when the signer has said more than a
 * correct one can; the original keeps that too, without bound.
 */
export function withRecordedRoundChange<Message extends { readonly round: number }>(
  book: RoundChangeBook<Message>,
  key: string,
  message: Message,
): RoundChangeBook<Message> | undefined {
  const isAgain = book.get(message.round)?.has(key) === true;
  const count = [...book.values()].filter((messages) => messages.has(key)).length;
  return isAgain || count < roundsPerSignerMax ? withRoundChange(book, key, message) : undefined;
}

/** As {@link withRecordedRoundChange}, but two of each signer at most; undefined when the message brings nothing new. */
export function withNewRoundChange<Message extends { readonly round: number }>(
  book: RoundChangeBook<Message>,
  key: string,
  message: Message,
  current: number,
): RoundChangeBook<Message> | undefined {
  const isPassed = [...book].some(
    ([round, messages]) =>
      messages.has(key) && (round === message.round || (round > message.round && message.round > current)),
  );
  return isPassed ? undefined : withRoundChange(withoutLower(book, key, message.round, current), key, message);
}

/** The highest round above the current one that each signer asks for. */
export function highestAskedFor<Message>(book: RoundChangeBook<Message>, current: number): ReadonlyMap<string, number> {
  const highest = new Map<string, number>();
  for (const [round, messages] of book) {
    if (round <= current) continue;
    for (const key of messages.keys()) highest.set(key, Math.max(highest.get(key) ?? 0, round));
  }
  return highest;
}

/** The highest round for which, or for a later one, F + 1 validators (so at least one correct one) ask. */
export function roundToJoin<Message>(
  book: RoundChangeBook<Message>,
  current: number,
  faults: number,
): number | undefined {
  return [...highestAskedFor(book, current).values()].sort((left, right) => right - left)[faults];
}
