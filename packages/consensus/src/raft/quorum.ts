/** A set of voters that decides by majority. */
export type MajorityConfig = ReadonlySet<number>;

/** Two majorities that must both agree, in transition from `outgoing` to `incoming`; an empty `outgoing` has no say. */
export interface JointConfig {
  readonly incoming: MajorityConfig;
  readonly outgoing: MajorityConfig;
}

export type VoteResult = 'pending' | 'lost' | 'won';

/** The index that a voter has acknowledged; undefined when nothing is known of it. */
export type AckedIndex = (id: number) => number | undefined;

/** Smallest number of members that is more than half of `count`. */
export function majorityOf(count: number): number {
  return Math.floor(count / 2) + 1;
}

/** The greatest index that a majority has; infinity for no voters, so that an empty half of a joint pair never holds back. */
export function majorityCommittedIndex(voters: MajorityConfig, acked: AckedIndex): number {
  if (voters.size === 0) return Number.POSITIVE_INFINITY;
  const indexes: number[] = [];
  for (const id of voters) indexes.push(acked(id) ?? 0);
  indexes.sort((a, b) => a - b);
  return indexes[indexes.length - majorityOf(indexes.length)] as number;
}

export function committedIndex(voters: JointConfig, acked: AckedIndex): number {
  return Math.min(majorityCommittedIndex(voters.incoming, acked), majorityCommittedIndex(voters.outgoing, acked));
}

/** No voters: won, for the same reason as in {@link majorityCommittedIndex}. */
export function majorityVoteResult(voters: MajorityConfig, votes: ReadonlyMap<number, boolean>): VoteResult {
  if (voters.size === 0) return 'won';
  let granted = 0;
  let missing = 0;
  for (const id of voters) {
    const vote = votes.get(id);
    if (vote === undefined) missing++;
    else if (vote) granted++;
  }
  const needed = majorityOf(voters.size);
  if (granted >= needed) return 'won';
  return granted + missing >= needed ? 'pending' : 'lost';
}

export function voteResult(voters: JointConfig, votes: ReadonlyMap<number, boolean>): VoteResult {
  const incoming = majorityVoteResult(voters.incoming, votes);
  const outgoing = majorityVoteResult(voters.outgoing, votes);
  if (incoming === outgoing) return incoming;
  return incoming === 'lost' || outgoing === 'lost' ? 'lost' : 'pending';
}

/** Members of either half. */
export function voterIds(voters: JointConfig): ReadonlySet<number> {
  return voters.outgoing.size === 0 ? voters.incoming : new Set([...voters.incoming, ...voters.outgoing]);
}

/** Ascending. */
export function sortedIds(ids: Iterable<number>): number[] {
  return [...ids].sort((a, b) => a - b);
}
