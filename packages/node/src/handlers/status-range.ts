import { RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import type { BlockNumber } from '@isoquorum/rpc/jsonrpc/parameters/block-selector';
import { numberOf } from './blocks.ts';
import type { HandlerContext } from './context.ts';

/** Blocks that `istanbul_status` and `clique_status` look at unless told. */
const STATUS_BLOCKS = 64;
/** Blocks that they look at in one request; the original has no limit. */
const STATUS_BLOCKS_MAX = 100_000;

export interface StatusRange {
  readonly start: number;
  /** Not included. */
  readonly end: number;
  /** What the answer calls `numBlocks`. */
  readonly blocks: number;
}

/**
 * Which blocks a request for sealers' activity means.
 * @param isGenesisLeftOut whether a range that reaches down to block 0 is cut silently (the original: Istanbul does, Clique fails over it)
 * @throws RpcError with GoQuorum's texts
 */
export function statusRange(
  context: HandlerContext,
  start: BlockNumber | undefined,
  end: BlockNumber | undefined,
  isGenesisLeftOut: boolean,
): StatusRange {
  const head = context.chain.headNumber();
  if (start !== undefined && end === undefined) throw new RpcError(SERVER_ERROR, 'pass the end block number');
  if (start === undefined && end !== undefined) throw new RpcError(SERVER_ERROR, 'pass the start block number');
  const last = end === undefined ? head : numberOf(context, end);
  const first = start === undefined ? last - STATUS_BLOCKS : numberOf(context, start);
  if (first > last) throw new RpcError(SERVER_ERROR, 'start block number should be less than end block number');
  if (last > head)
    throw new RpcError(SERVER_ERROR, 'end block number should be less than or equal to current block height');
  const blocks = last - first;
  if (blocks > STATUS_BLOCKS_MAX)
    throw new RpcError(SERVER_ERROR, `more than ${STATUS_BLOCKS_MAX} blocks`, { code: 'TOO_MANY_BLOCKS' });
  const isCut = start === undefined || isGenesisLeftOut ? blocks >= last : blocks > last;
  return isCut ? { start: 1, end: last, blocks: last - 1 } : { start: first, end: last, blocks };
}
