import type { Method } from '../method.ts';
import { json } from '../results.ts';
import type { ConsensusStatusJson } from '../shapes/consensus.ts';

/** What only this node has. */
export interface IsoquorumMethods {
  readonly isoquorum_consensusStatus: Method<[], ConsensusStatusJson>;
}

export const isoquorumMethods: IsoquorumMethods = {
  isoquorum_consensusStatus: {
    doc: 'Where consensus stands: height, round, who is in turn, who is missing, who is not connected, and how far the last failed round came.',
    params: [],
    result: json(
      '`{algorithm, height, round, phase, proposer, isValidator, isSigning, validators, quorum, missing, disconnected, secondsAtHeight, failed, resting}`',
    ),
  },
};
