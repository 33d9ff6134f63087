import type { Block } from '@isoquorum/primitives/block';
import { bloomLength } from '@isoquorum/primitives/bloom';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { emptyTrieRoot, type Header } from '@isoquorum/primitives/header';
import { RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import type { BlockNumber, BlockSelector } from '@isoquorum/rpc/jsonrpc/parameters/block-selector';
import type { ChainBlock } from '../chain/chain.ts';
import type { HandlerContext } from './context.ts';

/** A header with its hash. */
export interface LocatedHeader {
  readonly header: Header;
  readonly hash: Hash32;
}

/** Number that a selector means; `pending` is the head's, whose state is the newest there is. */
export function numberOf(context: HandlerContext, number: BlockNumber): number {
  return typeof number === 'number' ? number : context.chain.headNumber();
}

/** The canonical block; undefined beyond the head. */
export function blockAt(context: HandlerContext, number: BlockNumber): ChainBlock | undefined {
  return typeof number === 'number' ? context.chain.blockByNumber(number) : context.chain.head();
}

/** The canonical header; undefined beyond the head. */
export function headerAt(context: HandlerContext, number: BlockNumber): LocatedHeader | undefined {
  const { chain } = context;
  if (typeof number !== 'number') {
    const { block, hash } = chain.head();
    return { header: block.header, hash };
  }
  const header = chain.headerByNumber(number);
  const hash = chain.hashByNumber(number);
  return header === undefined || hash === undefined ? undefined : { header, hash };
}

/** The header that a state query names. @throws RpcError with GoQuorum's texts */
export function selectHeader(context: HandlerContext, selector: BlockSelector): LocatedHeader {
  const { chain } = context;
  switch (selector.type) {
    case 'number': {
      const located = headerAt(context, selector.number);
      if (located === undefined) throw new RpcError(SERVER_ERROR, 'header not found');
      return located;
    }
    case 'hash': {
      const header = chain.headerByHash(selector.hash);
      if (header === undefined) throw new RpcError(SERVER_ERROR, 'header for hash not found');
      if (selector.requireCanonical && !chain.isCanonical(selector.hash))
        throw new RpcError(SERVER_ERROR, 'hash is not currently canonical');
      return { header, hash: selector.hash };
    }
    case 'neither':
      throw new RpcError(SERVER_ERROR, 'invalid arguments; neither block nor hash specified');
    default:
      return selector satisfies never;
  }
}

/** What would be proposed on the head now, without transactions: their place is not known before a proposer takes them. */
export function pendingBlock(context: HandlerContext): Block {
  const { block, hash } = context.chain.head();
  const { header } = block;
  const now = BigInt(Math.floor(context.clock.nowMs() / 1000));
  return {
    header: {
      ...header,
      parentHash: hash,
      number: header.number + 1,
      timestamp: now > header.timestamp ? now : header.timestamp + 1n,
      coinbase: context.validators.nodeAddress,
      gasUsed: 0n,
      logsBloom: new Uint8Array(bloomLength),
      transactionsRoot: emptyTrieRoot,
      receiptsRoot: emptyTrieRoot,
    },
    transactions: [],
    uncles: [],
  };
}
