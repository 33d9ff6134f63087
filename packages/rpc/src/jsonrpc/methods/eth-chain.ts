import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { Method } from '../method.ts';
import { blockNumber, type BlockNumber } from '../parameters/block-selector.ts';
import { parameter } from '../parameters/codec.ts';
import { hash, index } from '../parameters/hex.ts';
import { bool } from '../parameters/scalars.ts';
import { addressResult, boolResult, json, nullable, numberQuantityResult, quantityResult } from '../results.ts';
import type { BlockJson } from '../shapes/block.ts';
import type { HeaderJson } from '../shapes/header.ts';

/** What `eth_syncing` gives while a node catches up. */
export interface SyncingJson {
  readonly startingBlock: string;
  readonly currentBlock: string;
  readonly highestBlock: string;
}

/** The chain, its blocks and headers. */
export interface EthChainMethods {
  readonly eth_chainId: Method<[], bigint>;
  readonly eth_blockNumber: Method<[], number>;
  readonly eth_syncing: Method<[], false | SyncingJson>;
  readonly eth_mining: Method<[], boolean>;
  readonly eth_hashrate: Method<[], bigint>;
  readonly eth_coinbase: Method<[], Address>;
  readonly eth_etherbase: Method<[], Address>;
  readonly eth_gasPrice: Method<[], bigint>;
  readonly eth_getBlockByNumber: Method<[number: BlockNumber, full: boolean], BlockJson | undefined>;
  readonly eth_getBlockByHash: Method<[hash: Hash32, full: boolean], BlockJson | undefined>;
  readonly eth_getHeaderByNumber: Method<[number: BlockNumber], HeaderJson | undefined>;
  readonly eth_getHeaderByHash: Method<[hash: Hash32], HeaderJson | undefined>;
  readonly eth_getBlockTransactionCountByNumber: Method<[number: BlockNumber], number | undefined>;
  readonly eth_getBlockTransactionCountByHash: Method<[hash: Hash32], number | undefined>;
  readonly eth_getUncleCountByBlockNumber: Method<[number: BlockNumber], number | undefined>;
  readonly eth_getUncleCountByBlockHash: Method<[hash: Hash32], number | undefined>;
  readonly eth_getUncleByBlockNumberAndIndex: Method<[number: BlockNumber, index: number], undefined>;
  readonly eth_getUncleByBlockHashAndIndex: Method<[hash: Hash32, index: number], undefined>;
}

const block = nullable(json<BlockJson>('block'));
const header = nullable(json<HeaderJson>('header'));
const uncle = nullable(json<never>('header'));
const byNumber = parameter('number', blockNumber);
const byHash = parameter('hash', hash);

export const ethChainMethods: EthChainMethods = {
  eth_chainId: { doc: 'The chain id of the genesis.', params: [], result: quantityResult },
  eth_blockNumber: { doc: 'Number of the head.', params: [], result: numberQuantityResult },
  eth_syncing: {
    doc: 'False, or how far catching up has come.',
    params: [],
    result: json('false, or `{startingBlock, currentBlock, highestBlock}`'),
  },
  eth_mining: { doc: 'Whether this node proposes blocks.', params: [], result: boolResult },
  eth_hashrate: { doc: 'Always 0: nothing is mined by hashing.', params: [], result: quantityResult },
  eth_coinbase: { doc: 'Address that this node proposes blocks with.', params: [], result: addressResult },
  eth_etherbase: { doc: 'The same as `eth_coinbase`.', params: [], result: addressResult },
  eth_gasPrice: {
    doc: 'Gas price to use; 0 while the chain has gas price disabled.',
    params: [],
    result: quantityResult,
  },
  eth_getBlockByNumber: {
    doc: 'A block of the canonical chain.',
    params: [byNumber, parameter('full', bool)],
    result: block,
  },
  eth_getBlockByHash: { doc: 'A block by its hash.', params: [byHash, parameter('full', bool)], result: block },
  eth_getHeaderByNumber: { doc: 'A header of the canonical chain.', params: [byNumber], result: header },
  eth_getHeaderByHash: { doc: 'A header by its hash.', params: [byHash], result: header },
  eth_getBlockTransactionCountByNumber: {
    doc: 'How many transactions a block has.',
    params: [byNumber],
    result: nullable(numberQuantityResult),
  },
  eth_getBlockTransactionCountByHash: {
    doc: 'How many transactions a block has.',
    params: [byHash],
    result: nullable(numberQuantityResult),
  },
  eth_getUncleCountByBlockNumber: {
    doc: 'Always 0 for a block that exists.',
    params: [byNumber],
    result: nullable(numberQuantityResult),
  },
  eth_getUncleCountByBlockHash: {
    doc: 'Always 0 for a block that exists.',
    params: [byHash],
    result: nullable(numberQuantityResult),
  },
  eth_getUncleByBlockNumberAndIndex: {
    doc: 'Always null: there are no uncles.',
    params: [byNumber, parameter('index', index)],
    result: uncle,
  },
  eth_getUncleByBlockHashAndIndex: {
    doc: 'Always null: there are no uncles.',
    params: [byHash, parameter('index', index)],
    result: uncle,
  },
};
