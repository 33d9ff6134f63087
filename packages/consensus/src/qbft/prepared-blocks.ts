import type { RoundChangeBook } from '../bft/round-changes.ts';
import { withEntry } from '../bft/turn.ts';
import type { RoundChangeMessage } from './message.ts';

/** ROUND-CHANGEs of one signer that are kept with the block that they carry, in profile `goquorum`. */
const blocksPerSignerMax = 4;

/** What is counted of a ROUND-CHANGE, without what supports its claim. Copied: the fields are views of the whole message's bytes. */
function withoutBlock(message: RoundChangeMessage): RoundChangeMessage {
  const { prepared } = message;
  return {
    ...message,
    signature: message.signature.slice(),
    prepared: prepared && { round: prepared.round, digest: prepared.digest.slice() },
    block: undefined,
    prepares: [],
  };
}

/**
 * The book with few blocks of one signer: those of its latest rounds, and of the round under way, whatever it says for others. (The original keeps one
 * block for each round; each may be as long as a message can be, and a traitor can ask for any number of rounds.)
 */
export function withFewBlocks(
  book: RoundChangeBook<RoundChangeMessage>,
  key: string,
  current: number,
): RoundChangeBook<RoundChangeMessage> {
  const rounds = [...book].flatMap(([round, messages]) => (messages.get(key)?.block === undefined ? [] : [round]));
  const surplus = rounds
    .filter((round) => round !== current)
    .toSorted((left, right) => left - right)
    .slice(0, Math.max(0, rounds.length - blocksPerSignerMax));
  return surplus.reduce((thinner, round) => {
    const messages = thinner.get(round);
    const message = messages?.get(key);
    if (messages === undefined || message === undefined) return thinner;
    return withEntry(thinner, round, withEntry(messages, key, withoutBlock(message)));
  }, book);
}
