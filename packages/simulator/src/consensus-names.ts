/** What `--consensus` takes. */
export const CONSENSUS_NAMES = ['qbft', 'ibft', 'raft', 'clique'] as const;

export type ConsensusName = (typeof CONSENSUS_NAMES)[number];
