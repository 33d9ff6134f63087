import { isGasPriceEnabledAt } from '@isoquorum/primitives/genesis/rules-at';
import type { HandlersOf } from '@isoquorum/rpc/jsonrpc/method';
import type { EthChainMethods, SyncingJson } from '@isoquorum/rpc/jsonrpc/methods/eth-chain';
import type { BlockNumber } from '@isoquorum/rpc/jsonrpc/parameters/block-selector';
import { blockToJson, type BlockJson } from '@isoquorum/rpc/jsonrpc/shapes/block';
import { headerSize, headerToJson, type HeaderJson, PENDING } from '@isoquorum/rpc/jsonrpc/shapes/header';
import type { ChainBlock } from '../chain/chain.ts';
import type { SyncStatus } from '../node-context.ts';
import { blockAt, headerAt, type LocatedHeader, pendingBlock } from './blocks.ts';
import { withShownTime } from './shown-time.ts';
import { chainIdOf, type HandlerContext } from './context.ts';

/** `eth_syncing` and the `syncing` subscription in JSON. */
export function syncingToJson(status: SyncStatus): SyncingJson {
  return {
    startingBlock: `0x${status.startingBlock.toString(16)}`,
    currentBlock: `0x${status.currentBlock.toString(16)}`,
    highestBlock: `0x${status.highestBlock.toString(16)}`,
  };
}

/** Gas price to suggest for the block after the head. */
export function suggestedGasPrice(context: HandlerContext): bigint {
  return isGasPriceEnabledAt(context.chain.config, context.chain.headNumber() + 1) ? context.gasPrice : 0n;
}

export function createEthChainHandlers(context: HandlerContext): HandlersOf<EthChainMethods> {
  const { chain, identity } = context;
  const chainId = chainIdOf(context);

  function blockJson(located: ChainBlock | undefined, full: boolean): BlockJson | undefined {
    if (located === undefined) return undefined;
    const { hash, block } = located;
    const json = blockToJson(block, { hash, totalDifficulty: chain.totalDifficulty(hash), chainId, full });
    return withShownTime(context, json);
  }

  function headerJson({ header, hash }: LocatedHeader): HeaderJson {
    return withShownTime(context, headerToJson(header, hash, chain.totalDifficulty(hash), headerSize(header)));
  }

  /** A Raft node builds nothing that is not agreed on: there `pending` is the head, as in the original. */
  function isPending(number: BlockNumber | undefined): boolean {
    return number === 'pending' && context.validators.kind !== 'raft';
  }

  function pendingJson(full: boolean): BlockJson {
    return blockToJson(pendingBlock(context), { hash: PENDING, totalDifficulty: undefined, chainId, full });
  }

  function transactionCount(number: BlockNumber): number | undefined {
    return isPending(number) ? 0 : blockAt(context, number)?.block.transactions.length;
  }

  return {
    eth_chainId: () => chainId,
    eth_blockNumber: () => chain.headNumber(),
    eth_syncing: () => {
      const status = context.syncStatus();
      return status.syncing ? syncingToJson(status) : false;
    },
    eth_mining: () => identity.validates,
    eth_hashrate: () => 0n,
    eth_coinbase: () => identity.etherbase,
    eth_etherbase: () => identity.etherbase,
    eth_gasPrice: () => suggestedGasPrice(context),
    eth_getBlockByNumber: (_request, number, full) =>
      isPending(number) ? pendingJson(full) : blockJson(blockAt(context, number), full),
    eth_getBlockByHash: (_request, hash, full) => blockJson(chain.blockByHash(hash), full),
    eth_getHeaderByNumber: (_request, number) => {
      if (isPending(number)) {
        const { header } = pendingBlock(context);
        return headerToJson(header, PENDING, undefined, headerSize(header));
      }
      const located = headerAt(context, number);
      return located === undefined ? undefined : headerJson(located);
    },
    eth_getHeaderByHash: (_request, hash) => {
      const header = chain.headerByHash(hash);
      return header === undefined ? undefined : headerJson({ header, hash });
    },
    eth_getBlockTransactionCountByNumber: (_request, number) => transactionCount(number),
    eth_getBlockTransactionCountByHash: (_request, hash) => chain.blockByHash(hash)?.block.transactions.length,
    eth_getUncleCountByBlockNumber: (_request, number) => blockAt(context, number)?.block.uncles.length,
    eth_getUncleCountByBlockHash: (_request, hash) => chain.blockByHash(hash)?.block.uncles.length,
    eth_getUncleByBlockNumberAndIndex: () => undefined,
    eth_getUncleByBlockHashAndIndex: () => undefined,
  };
}
