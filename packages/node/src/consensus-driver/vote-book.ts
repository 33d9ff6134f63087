import { isVoteUseful } from '@isoquorum/consensus/vote-tally';
import type { Address } from '@isoquorum/primitives/bytes';
import { bytesToHex, hexToFixedBytes } from '@isoquorum/primitives/hex';
import { type QbftVote, qbftVoteAdd, qbftVoteDrop } from '@isoquorum/primitives/istanbul-extra';
import type { Random } from '@isoquorum/platform/random';

/** Whom this node wants in or out (`istanbul_propose`); one useful vote goes into each block that it makes. */
export interface VoteBook {
  candidates(): ReadonlyMap<string, boolean>;
  propose(candidate: Address, authorize: boolean): void;
  discard(candidate: Address): void;
  /** One of those that would change something, by chance. */
  choose(validators: readonly Address[]): QbftVote | undefined;
}

export function createVoteBook(random: Random): VoteBook {
  const wishes = new Map<string, boolean>();
  return {
    candidates: () => wishes,
    propose: (candidate, authorize) => void wishes.set(bytesToHex(candidate), authorize),
    discard: (candidate) => void wishes.delete(bytesToHex(candidate)),
    choose(validators) {
      const useful: QbftVote[] = [];
      for (const [text, authorize] of wishes) {
        const candidate = hexToFixedBytes(text, 20);
        if (!isVoteUseful(validators, { candidate, authorize })) continue;
        useful.push({ recipient: candidate, voteType: authorize ? qbftVoteAdd : qbftVoteDrop });
      }
      if (useful.length === 0) return undefined;
      return useful[(random.bytes(1)[0] as number) % useful.length];
    },
  };
}
