import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { Method } from '../method.ts';
import { blockNumber, type BlockNumber } from '../parameters/block-selector.ts';
import { optional, parameter } from '../parameters/codec.ts';
import { address, hash } from '../parameters/hex.ts';
import { bool } from '../parameters/scalars.ts';
import { addressesResult, json, nullable } from '../results.ts';
import type { CliqueSnapshotJson, CliqueStatusJson } from '../shapes/clique.ts';

/** Signers of a Clique chain. */
export interface CliqueMethods {
  readonly clique_getSigners: Method<[number?: BlockNumber], readonly Address[]>;
  readonly clique_getSignersAtHash: Method<[hash: Hash32], readonly Address[]>;
  readonly clique_getSnapshot: Method<[number?: BlockNumber], CliqueSnapshotJson>;
  readonly clique_getSnapshotAtHash: Method<[hash: Hash32], CliqueSnapshotJson>;
  readonly clique_status: Method<[start?: BlockNumber, end?: BlockNumber], CliqueStatusJson>;
  readonly clique_proposals: Method<[], Readonly<Record<string, boolean>>>;
  readonly clique_propose: Method<[candidate: Address, authorize: boolean], undefined>;
  readonly clique_discard: Method<[candidate: Address], undefined>;
}

const byNumber = parameter('number', optional(blockNumber));
const byHash = parameter('hash', hash);
const nothing = nullable(json<never>('nothing'));

export const cliqueMethods: CliqueMethods = {
  clique_getSigners: { doc: 'Signers after a block, sorted.', params: [byNumber], result: addressesResult },
  clique_getSignersAtHash: { doc: 'Signers after a block, sorted.', params: [byHash], result: addressesResult },
  clique_getSnapshot: {
    doc: 'Votes, tally, signers and who has signed lately after a block.',
    params: [byNumber],
    result: json('snapshot'),
  },
  clique_getSnapshotAtHash: {
    doc: 'Votes, tally, signers and who has signed lately after a block.',
    params: [byHash],
    result: json('snapshot'),
  },
  clique_status: {
    doc: 'How many blocks each signer sealed, from `start` up to but not including `end`; the last 64 by default.',
    params: [parameter('start', optional(blockNumber)), parameter('end', optional(blockNumber))],
    result: json('`{inturnPercent, sealerActivity, numBlocks}`'),
  },
  clique_proposals: {
    doc: 'Whom this node votes in (true) or out (false) when it signs.',
    params: [],
    result: json('address to boolean'),
  },
  clique_propose: {
    doc: 'Begins to vote for or against a signer.',
    params: [parameter('candidate', address), parameter('authorize', bool)],
    result: nothing,
  },
  clique_discard: {
    doc: 'Stops voting about a signer.',
    params: [parameter('candidate', address)],
    result: nothing,
  },
};
