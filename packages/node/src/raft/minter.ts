import { sealRaftHeader } from '@isoquorum/consensus/raft/header';
import { prepareRaftHeader } from '@isoquorum/consensus/raft/prepare-header';
import { encodeTransaction, type Transaction, transactionHash } from '@isoquorum/primitives/transaction/transaction';
import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { headerHash } from '@isoquorum/primitives/header';
import type { CancelTimer } from '@isoquorum/platform/clock';
import type { ChainBlock } from '../chain/chain.ts';
import type { DriverParts } from '../consensus-driver/driver.ts';
import { createSpeculativeChain, type SpeculativeChain } from './speculative-chain.ts';

/** Blocks that may wait for the log while the next one is built: enough to keep the disk and the network busy. */
const unappliedMax = 3;
/** Transactions of one block, bytes: a block has to fit into one message. */
const blockBytesMax = 4 * 1024 * 1024;
/** Longest time spent on filling one block, milliseconds. */
const fillMsMax = 400;
/** When nothing in the pool could be taken, it is looked at again after so long, or when something comes. */
const retryMs = 1_000;
/** Above this a parent's time stamp is in nanoseconds. */
const secondsMax = 1_000_000_000_000n;

/** Makes blocks while this node leads: on demand, one per block time, each on the one before without waiting for the log. */
export interface Minter {
  /** This node leads now. */
  start(): void;
  /** It does not lead any more: what was not in the chain is void. */
  stop(): void;
  /** A transaction came, or a block was applied. */
  request(): void;
  /** The chain has a new head. */
  noteHead(hash: Hash32): void;
  /** A block of ours is void: see `SpeculativeChain.unwindFrom`. */
  unwind(hash: Hash32): boolean;
  isMinting(): boolean;
}

export interface MinterOptions {
  readonly parts: DriverParts;
  readonly raftId: number;
  readonly blockTimeMs: number;
  readonly isInSeconds: boolean;
  readonly feeRecipient: Address;
  /** First block that is no longer Raft's, if there is one. */
  readonly endBlock: number | undefined;
  /** A block was made. */
  readonly onMinted: (block: ChainBlock) => void;
}

/** Those not yet proposed, up to the size of a block. */
function* choose(candidates: Iterable<Transaction>, speculative: SpeculativeChain): Generator<Transaction> {
  let bytes = 0;
  for (const transaction of candidates) {
    if (speculative.isProposed(transactionHash(transaction))) continue;
    bytes += encodeTransaction(transaction).length;
    if (bytes > blockBytesMax) return;
    yield transaction;
  }
}

export function createMinter(options: MinterOptions): Minter {
  const { parts, raftId, blockTimeMs } = options;
  const { chain, executor, pool, clock, logger } = parts;
  const speculative = createSpeculativeChain();
  let isLeader = false;
  let generation = 0;
  let isBuilding = false;
  let lastMintMs = 0;
  let cancelTimer: CancelTimer | undefined;
  /** The timer that runs is a retry, which anything new cuts short. */
  let isRetry = false;

  function now(parentTime: bigint): { now: bigint; isInSeconds: boolean } {
    const ms = BigInt(Math.floor(clock.nowMs()));
    // A chain that was begun in nanoseconds goes on in them.
    const isInSeconds = options.isInSeconds && parentTime < secondsMax;
    return { now: isInSeconds ? ms / 1000n : ms * 1_000_000n, isInSeconds };
  }

  /** Hash of an ancestor for BLOCKHASH, through blocks that are not in the chain yet. */
  function ancestorHash(parent: ChainBlock, number: number): Hash32 | undefined {
    const waiting = speculative.unapplied();
    const found = waiting.find(({ block }) => block.header.number === number);
    if (found !== undefined) return found.hash;
    const { header } = waiting[0]?.block ?? parent.block;
    const below = waiting[0] === undefined ? parent : chain.blocks.block(header.parentHash);
    if (below === undefined) return undefined;
    return chain.ancestorHash({ hash: below.hash, header: below.block.header }, number);
  }

  /** Answers whether a block was made. */
  async function mint(): Promise<boolean> {
    const mine = generation;
    const parent = speculative.head() ?? chain.tip();
    const startMs = clock.nowMs();
    const header = prepareRaftHeader({
      parent: parent.block.header,
      config: chain.reader.config,
      feeRecipient: options.feeRecipient,
      ...now(parent.block.header.timestamp),
    });
    const built = await executor.build({
      parent,
      header,
      author: header.coinbase,
      candidates: choose(pool.candidates(), speculative),
      isTimeUp: () => clock.nowMs() - startMs > fillMsMax,
      seal: (filled) => sealRaftHeader(filled, raftId, parts.sign),
      ancestorHash: (number) => ancestorHash(parent, number),
    });
    // Whatever it was built on is void by now: at once again.
    if (mine !== generation) return true;
    for (const { transaction, error, fate } of built.skipped)
      if (fate === 'drop') pool.drop([transaction], error.message);
    if (built.transactions.length === 0) return false;
    const block: ChainBlock = {
      hash: headerHash(built.header),
      block: { header: built.header, transactions: built.transactions, uncles: [] },
    };
    lastMintMs = startMs;
    speculative.extend(block);
    logger.log('debug', 'Minted a block', {
      number: header.number,
      hash: bytesToHex(block.hash),
      transactions: built.transactions.length,
    });
    options.onMinted(block);
    return true;
  }

  function canMint(): boolean {
    if (!isLeader || isBuilding || speculative.unapplied().length >= unappliedMax) return false;
    const next = (speculative.head() ?? chain.tip()).block.header.number + 1;
    if (options.endBlock !== undefined && next >= options.endBlock) return false;
    return pool.status().pending > speculative.proposedCount();
  }

  function request(): void {
    if ((cancelTimer !== undefined && !isRetry) || !canMint()) return;
    cancelTimer?.();
    cancelTimer = undefined;
    isRetry = false;
    // A clock that was set back must not hold the minter up.
    const waitMs = Math.min(blockTimeMs, Math.max(0, lastMintMs + blockTimeMs - clock.nowMs()));
    if (waitMs === 0) begin();
    else beginLater(waitMs);
  }

  function beginLater(delayMs: number): void {
    cancelTimer?.();
    cancelTimer = clock.setTimer(delayMs, () => {
      cancelTimer = undefined;
      isRetry = false;
      begin();
    });
  }

  function begin(): void {
    if (!canMint()) return;
    isBuilding = true;
    void mint()
      .catch((error: unknown) => {
        if (isLeader) parts.onFatal(error);
        return false;
      })
      .then((isMinted) => {
        isBuilding = false;
        if (isMinted) request();
        else if (canMint()) {
          isRetry = true;
          beginLater(retryMs);
        }
      });
  }

  return {
    start() {
      isLeader = true;
      generation++;
      speculative.clear();
      request();
    },
    stop() {
      isLeader = false;
      generation++;
      speculative.clear();
      cancelTimer?.();
      cancelTimer = undefined;
    },
    request,
    noteHead(hash) {
      const before = speculative.unapplied().length;
      speculative.accept(hash);
      if (before > 1 && speculative.unapplied().length === 0) generation++;
      request();
    },
    unwind(hash) {
      const isOurs = speculative.unwindFrom(hash);
      if (isOurs) generation++;
      request();
      return isOurs;
    },
    isMinting: () => isLeader,
  };
}
