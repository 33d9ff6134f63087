import type { Hash32 } from '@isoquorum/primitives/bytes';
import { RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import type { BlockNumber } from '@isoquorum/rpc/jsonrpc/parameters/block-selector';
import { headerAt, type LocatedHeader } from './blocks.ts';
import type { HandlerContext } from './context.ts';

/** Headers as the engines' own methods find them. */
export interface HeaderLookup {
  /** The head where no number is given. @throws "unknown block" */
  readonly byNumber: (number: BlockNumber | undefined) => LocatedHeader;
  /** @throws "unknown block" */
  readonly byHash: (hash: Hash32) => LocatedHeader;
}

const unknownBlock = new RpcError(SERVER_ERROR, 'unknown block');

export function createHeaderLookup(context: HandlerContext): HeaderLookup {
  return {
    byNumber(number) {
      const located = headerAt(context, number ?? 'latest');
      if (located === undefined) throw unknownBlock;
      return located;
    },
    byHash(hash) {
      const header = context.chain.headerByHash(hash);
      if (header === undefined) throw unknownBlock;
      return { header, hash };
    },
  };
}
