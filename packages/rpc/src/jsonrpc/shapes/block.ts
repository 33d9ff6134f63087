import type { Hash32 } from '@isoquorum/primitives/bytes';
import { encodeBlock, type Block } from '@isoquorum/primitives/block';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { headerHash } from '@isoquorum/primitives/header';
import { transactionHash, type Transaction } from '@isoquorum/primitives/transaction/transaction';
import { headerToJson, PENDING, type HeaderJson } from './header.ts';
import { transactionToJson, type TransactionJson } from './transaction.ts';

/** What `eth_getBlockBy*` gives, keys in GoQuorum's order; `transactions` are hashes or whole transactions, as asked. */
export interface BlockJson extends HeaderJson {
  readonly transactions: readonly (string | TransactionJson)[];
  readonly uncles: readonly string[];
}

/** Facts about a block that its bytes do not hold. */
export interface BlockFacts {
  readonly hash: Hash32 | typeof PENDING;
  /** Absent for a pending block. */
  readonly totalDifficulty: bigint | undefined;
  readonly chainId: bigint;
  /** Whole transactions, not their hashes. */
  readonly full: boolean;
}

const sizes = new WeakMap<Block, number>();

/** Length of the block's RLP, remembered. */
export function blockSize(block: Block): number {
  let size = sizes.get(block);
  if (size === undefined) {
    size = encodeBlock(block).length;
    sizes.set(block, size);
  }
  return size;
}

export function blockToJson(block: Block, facts: BlockFacts): BlockJson {
  const { transactionsRoot, ...header } = headerToJson(
    block.header,
    facts.hash,
    facts.totalDifficulty,
    blockSize(block),
  );
  const location = (index: number) =>
    facts.hash === PENDING ? undefined : { blockHash: facts.hash, blockNumber: block.header.number, index };
  const transactions = block.transactions.map((transaction: Transaction, index: number) =>
    facts.full
      ? transactionToJson(transaction, facts.chainId, location(index))
      : bytesToHex(transactionHash(transaction)),
  );
  return {
    ...header,
    transactions,
    transactionsRoot,
    uncles: block.uncles.map((uncle) => bytesToHex(headerHash(uncle))),
  };
}
