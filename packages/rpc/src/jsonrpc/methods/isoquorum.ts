import type { Hash32 } from '@isoquorum/primitives/bytes';
import type { Method } from '../method.ts';
import { blockNumber, type BlockNumber } from '../parameters/block-selector.ts';
import { parameter } from '../parameters/codec.ts';
import { hashResult, json } from '../results.ts';
import type { ConsensusStatusJson } from '../shapes/consensus.ts';

/** What only this node has. */
export interface IsoquorumMethods {
  readonly isoquorum_consensusStatus: Method<[], ConsensusStatusJson>;
  readonly isoquorum_privateStatesRoot: Method<[number: BlockNumber], Hash32>;
}

export const isoquorumMethods: IsoquorumMethods = {
  isoquorum_consensusStatus: {
    doc: 'Where consensus stands: height, round, who is in turn, who is missing, who is not connected, and how far the last failed round came.',
    params: [],
    result: json(
      '`{algorithm, height, round, phase, proposer, isValidator, isSigning, validators, quorum, missing, disconnected, secondsAtHeight, failed, resting}`',
    ),
  },
  isoquorum_privateStatesRoot: {
    doc: 'Root of the trie of private states after a block, on a chain that has several: what GoQuorum keeps in its database and tells nobody.',
    params: [parameter('number', blockNumber)],
    result: hashResult,
  },
};
