import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { Method } from '../method.ts';
import { blockNumber, type BlockNumber } from '../parameters/block-selector.ts';
import { optional, parameter } from '../parameters/codec.ts';
import { address, hash } from '../parameters/hex.ts';
import { bool } from '../parameters/scalars.ts';
import { addressesResult, addressResult, boolResult, json, nullable } from '../results.ts';
import type { BlockSignersJson, IstanbulStatusJson, SnapshotJson } from '../shapes/istanbul.ts';

/** Validators of an IBFT or QBFT chain. */
export interface IstanbulMethods {
  readonly istanbul_nodeAddress: Method<[], Address>;
  readonly istanbul_getValidators: Method<[number?: BlockNumber], readonly Address[]>;
  readonly istanbul_getValidatorsAtHash: Method<[hash: Hash32], readonly Address[]>;
  readonly istanbul_getSignersFromBlock: Method<[number?: BlockNumber], BlockSignersJson>;
  readonly istanbul_getSignersFromBlockByHash: Method<[hash: Hash32], BlockSignersJson>;
  readonly istanbul_getSnapshot: Method<[number?: BlockNumber], SnapshotJson>;
  readonly istanbul_getSnapshotAtHash: Method<[hash: Hash32], SnapshotJson>;
  readonly istanbul_isValidator: Method<[number?: BlockNumber], boolean>;
  readonly istanbul_status: Method<[start?: BlockNumber, end?: BlockNumber], IstanbulStatusJson>;
  readonly istanbul_candidates: Method<[], Readonly<Record<string, boolean>>>;
  readonly istanbul_propose: Method<[candidate: Address, authorize: boolean], undefined>;
  readonly istanbul_discard: Method<[candidate: Address], undefined>;
}

const byNumber = parameter('number', optional(blockNumber));
const byHash = parameter('hash', hash);
const nothing = nullable(json<never>('nothing'));

export const istanbulMethods: IstanbulMethods = {
  istanbul_nodeAddress: { doc: 'Address that this node signs with.', params: [], result: addressResult },
  istanbul_getValidators: { doc: 'Validators after a block, sorted.', params: [byNumber], result: addressesResult },
  istanbul_getValidatorsAtHash: { doc: 'Validators after a block, sorted.', params: [byHash], result: addressesResult },
  istanbul_getSignersFromBlock: {
    doc: 'Who proposed and who sealed a block.',
    params: [byNumber],
    result: json('`{Number, Hash, Author, Committers}`'),
  },
  istanbul_getSignersFromBlockByHash: {
    doc: 'Who proposed and who sealed a block.',
    params: [byHash],
    result: json('`{Number, Hash, Author, Committers}`'),
  },
  istanbul_getSnapshot: {
    doc: 'Votes, tally and validators after a block.',
    params: [byNumber],
    result: json('snapshot'),
  },
  istanbul_getSnapshotAtHash: {
    doc: 'Votes, tally and validators after a block.',
    params: [byHash],
    result: json('snapshot'),
  },
  istanbul_isValidator: {
    doc: 'Whether this node is a validator after a block.',
    params: [byNumber],
    result: boolResult,
  },
  istanbul_status: {
    doc: 'How many blocks each validator proposed, from `start` up to but not including `end`; the last 64 by default.',
    params: [parameter('start', optional(blockNumber)), parameter('end', optional(blockNumber))],
    result: json('`{sealerActivity, numBlocks}`'),
  },
  istanbul_candidates: {
    doc: 'Whom this node votes in (true) or out (false) when it proposes.',
    params: [],
    result: json('address to boolean'),
  },
  istanbul_propose: {
    doc: 'Begins to vote for or against a candidate.',
    params: [parameter('candidate', address), parameter('authorize', bool)],
    result: nothing,
  },
  istanbul_discard: {
    doc: 'Stops voting about a candidate.',
    params: [parameter('candidate', address)],
    result: nothing,
  },
};
