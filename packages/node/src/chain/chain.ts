import type { Hash32 } from '@isoquorum/primitives/bytes';
import type { Block } from '@isoquorum/primitives/block';
import type { Genesis } from '@isoquorum/primitives/genesis/genesis';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import type { Header } from '@isoquorum/primitives/header';
import type { Receipt } from '@isoquorum/primitives/receipt';
import type { Transaction } from '@isoquorum/primitives/transaction/transaction';

/** Name of the one private state of a node without multiple private states. */
export const DEFAULT_PRIVATE_STATE = 'private';

/** A block that is in the chain store, with its (Istanbul-filtered) hash. */
export interface ChainBlock {
  readonly hash: Hash32;
  readonly block: Block;
}

/** Where the canonical chain holds a transaction. */
export interface TransactionLocation {
  readonly blockHash: Hash32;
  readonly blockNumber: number;
  readonly index: number;
  readonly transaction: Transaction;
}

/** Where a private state stands; at or below the public head (decision 2). */
export interface PrivateHead {
  /** Private state identifier; {@link DEFAULT_PRIVATE_STATE} without multiple private states. */
  readonly psi: string;
  readonly number: number;
  readonly hash: Hash32;
  readonly root: Hash32;
  /** Root of the accounts' extra data (privacy enhancements). */
  readonly extraRoot: Hash32;
  /** What the next block waits for; absent when this head is level with the public head. */
  readonly waitingFor: PrivateWait | undefined;
}

/** Why a private head does not move. */
export interface PrivateWait {
  readonly blockNumber: number;
  readonly blockHash: Hash32;
  /** Encrypted payload hashes (0x + 128 hex) that the manager could not be asked for. */
  readonly digests: readonly string[];
  readonly reason: string;
  readonly sinceMs: number;
  readonly attempts: number;
}

/** A receipt joined with what is derived from its block. */
export interface LocatedReceipt {
  readonly location: TransactionLocation;
  /** The receipt that a reader of this private state sees: private if there is one, else public (goquorum.md 3.3). */
  readonly receipt: Receipt;
  /** Index of the receipt's first log in the block, in this view. */
  readonly firstLogIndex: number;
}

export type ChainEvent =
  /** The public head moved. `removed` are canonical blocks that are no longer so (newest first); `added` the new ones (oldest first, the head last). */
  | {
      readonly type: 'head';
      readonly head: ChainBlock;
      readonly added: readonly ChainBlock[];
      readonly removed: readonly ChainBlock[];
    }
  /** A private state executed a block. Emitted after the `head` event of that block. */
  | {
      readonly type: 'privateHead';
      readonly psi: string;
      readonly number: number;
      readonly hash: Hash32;
      readonly root: Hash32;
    }
  /** A late payload: the private state went back to `number` and replays from there. */
  | { readonly type: 'privateRewind'; readonly psi: string; readonly number: number; readonly digest: string }
  /** A private head stopped, or asked again in vain. */
  | { readonly type: 'privateWaiting'; readonly psi: string; readonly wait: PrivateWait };

/**
 * The chain as everybody but the importer sees it. Reads are synchronous (the store answers without waiting, recent blocks are
 * cached); what is not there is `undefined`; nothing here changes the chain.
 */
export interface ChainReader {
  readonly genesis: Genesis;
  readonly config: ChainConfig;
  readonly genesisHash: Hash32;
  /** Highest block whose public state is stored. */
  head(): ChainBlock;
  headNumber(): number;
  blockByHash(hash: Hash32): ChainBlock | undefined;
  /** Canonical block of that number. */
  blockByNumber(number: number): ChainBlock | undefined;
  headerByHash(hash: Hash32): Header | undefined;
  headerByNumber(number: number): Header | undefined;
  hashByNumber(number: number): Hash32 | undefined;
  hasBlock(hash: Hash32): boolean;
  isCanonical(hash: Hash32): boolean;
  /** Sum of difficulties from the genesis; for BFT chains number + genesis difficulty. */
  totalDifficulty(hash: Hash32): bigint | undefined;

  /** Where a canonical transaction is. */
  transaction(hash: Hash32): TransactionLocation | undefined;
  /** Receipts as the header commits to them. */
  publicReceipts(blockHash: Hash32): readonly Receipt[] | undefined;
  /**
   * Private receipts of a block by transaction index.
   * `undefined` when this private state has not executed the block (yet).
   */
  privateReceipts(blockHash: Hash32, psi: string): ReadonlyMap<number, Receipt> | undefined;
  /** Receipts of the private transactions inside the markers of a block, by index of the marker; `undefined` as for `privateReceipts`. */
  innerReceipts(blockHash: Hash32, psi: string): ReadonlyMap<number, Receipt> | undefined;
  /**
   * What that private state sees: private receipts in place of public ones where there are some; that of a marker's private transaction in
   * `privateReceipts` of the marker's own, under the name of the private state.
   */
  mergedReceipts(blockHash: Hash32, psi: string): readonly Receipt[] | undefined;
  /** Receipt of a canonical transaction in the view of a private state; `undefined` when unknown. */
  receipt(transactionHash: Hash32, psi: string): LocatedReceipt | undefined;
  /** `header.logsBloom` OR the private bloom (256 bytes) of that canonical block and private state. */
  bloom(number: number, psi: string): Uint8Array | undefined;

  /** Names of the private states of this node. */
  privateStates(): readonly string[];
  privateHead(psi: string): PrivateHead;
  /**
   * Root of a private state after a block.
   * @throws PRIVATE_STATE_BEHIND (fields psi, privateNumber, blockNumber) when the private head is below that block;
   * UNKNOWN_PRIVATE_STATE; UNKNOWN_BLOCK
   */
  privateStateRoot(blockHash: Hash32, psi: string): Hash32;
  /** Root of the accounts' extra data in a private state after a block. @throws the same */
  privateExtraRoot(blockHash: Hash32, psi: string): Hash32;

  /** Lowest block number (beside 0) whose states are kept; 0 when all are (`--gcmode archive`). */
  statesKeptFrom(): number;

  /** Returns a function that removes the listener. Listeners are called synchronously after the batch is durable. */
  onEvent(listener: (event: ChainEvent) => void): () => void;
}
