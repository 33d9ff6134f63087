import type { Block } from '@isoquorum/primitives/block';
import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { Header } from '@isoquorum/primitives/header';
import { bytesEqual } from '@isoquorum/primitives/hex';
import type { CancelTimer } from '@isoquorum/platform/clock';
import type { ChainBlock } from '../chain/chain.ts';
import type { BuildRequest as ExecutorRequest } from '../import/executor.ts';
import type { DriverParts } from './driver.ts';

/** First guess of the time that one transaction costs, milliseconds; measured afterwards. */
const costMsFirst = 1;
/** Longest time spent on filling one block, milliseconds. */
const fillMsMax = 5_000;
/** How long a build that gives way goes on without a look at what has come meanwhile, milliseconds. */
const sliceMs = 20;
/** Never leaves a build that is void. */
const buildVoid = new Error('the build is void');

/** What a machine wants built. */
export interface BuildRequest {
  readonly height: number;
  readonly parentHash: Hash32;
  /** Seconds. */
  readonly minTimestamp: bigint;
  /** Unix milliseconds; until then it is filled. Undefined: at once. */
  readonly deadlineMs: number | undefined;
  /** A block without transactions is given out then, or as soon as there are some. */
  readonly emptyDeadlineMs: number | undefined;
  /** Others go first: nothing is executed before the deadline, and what comes meanwhile is heard, perhaps the block that makes this one void. */
  readonly givesWay?: boolean;
}

/** The engine's part of a candidate. */
export interface PreparedHeader {
  readonly header: Header;
  /** COINBASE, and who gets the fees. */
  readonly author: Address;
  /** What is added to the complete header. */
  readonly seal?: (header: Header) => Header;
}

/**
 * Builds candidates as late as the period allows (decision 8): it waits for the deadline, less the time that the pool's transactions are
 * going to cost, so that what comes during the period is in the block.
 */
export interface BlockBuilder {
  /** Answers by `onBuilt`, never before the deadline; a later call, or `cancel`, drops it. */
  build(effect: BuildRequest): void;
  cancel(): void;
  stop(): void;
}

/** @param prepare the header before execution, on the parent, at a time in seconds */
export function createBlockBuilder(
  parts: DriverParts,
  prepare: (parent: ChainBlock, nowSeconds: bigint) => PreparedHeader,
  onBuilt: (block: Block) => void,
): BlockBuilder {
  const { chain, executor, pool, clock, logger } = parts;
  let generation = 0;
  let cancelTimer: CancelTimer | undefined;
  /** How often transactions became executable, and who waits for the next time. */
  let arrivals = 0;
  let onArrival: (() => void) | undefined;
  let costMs = costMsFirst;

  function cancel(): void {
    generation++;
    cancelTimer?.();
    cancelTimer = undefined;
    onArrival = undefined;
  }

  const stopPool = pool.onEvent((event) => {
    if (event.type !== 'pending') return;
    arrivals++;
    onArrival?.();
  });

  function at(timeMs: number, mine: number, act: () => void): void {
    cancelTimer?.();
    cancelTimer = clock.setTimer(Math.max(0, timeMs - clock.nowMs()), () => {
      cancelTimer = undefined;
      if (mine === generation) act();
    });
  }

  /** Lets other work in now and then, and ends in the middle of a transaction when a build is void. */
  function givingWay(mine: number): ExecutorRequest['runOptions'] {
    let sinceMs = clock.nowMs();
    return {
      checkDeadline() {
        if (mine !== generation) throw buildVoid;
      },
      pause() {
        if (clock.nowMs() - sinceMs < sliceMs) return undefined;
        return new Promise((resolve) => {
          clock.setTimer(0, () => {
            sinceMs = clock.nowMs();
            resolve();
          });
        });
      },
    };
  }

  async function fill(effect: BuildRequest, parent: ChainBlock, mine: number): Promise<Block> {
    const startMs = clock.nowMs();
    const timeMs = Math.max(startMs, effect.deadlineMs ?? startMs);
    const seconds = BigInt(Math.floor(timeMs / 1000));
    const { header, author, seal } = prepare(parent, seconds > effect.minTimestamp ? seconds : effect.minTimestamp);
    const built = await executor.build({
      parent,
      header,
      author,
      seal,
      candidates: pool.candidates(),
      isTimeUp: () => mine !== generation || clock.nowMs() - timeMs > fillMsMax,
      ...(effect.givesWay === true ? { runOptions: givingWay(mine) } : {}),
    });
    const spentMs = clock.nowMs() - startMs;
    const count = built.transactions.length;
    if (count >= 20) costMs = 0.7 * costMs + 0.3 * (spentMs / count);
    for (const { transaction, error, fate } of built.skipped) {
      if (fate === 'drop') pool.drop([transaction], error.message);
    }
    return { header: built.header, transactions: built.transactions, uncles: [] };
  }

  function answer(effect: BuildRequest, parent: ChainBlock, mine: number): void {
    const seen = arrivals;
    fill(effect, parent, mine).then(
      (block) => {
        if (mine !== generation) return;
        const nowMs = clock.nowMs();
        if (block.transactions.length === 0 && (effect.emptyDeadlineMs ?? 0) > nowMs) {
          waitForTransactions(effect, parent, mine, seen);
          return;
        }
        at(effect.deadlineMs ?? nowMs, mine, () => onBuilt(block));
      },
      (error: unknown) => {
        if (mine === generation) parts.onFatal(error);
      },
    );
  }

  /** Fills again with the first transaction that comes, or when an empty block is due. */
  function waitForTransactions(effect: BuildRequest, parent: ChainBlock, mine: number, seen: number): void {
    const { deadlineMs: _, emptyDeadlineMs, ...rest } = effect;
    const again = (last: boolean): void => {
      cancelTimer?.();
      onArrival = undefined;
      if (mine !== generation) return;
      answer({ ...rest, deadlineMs: undefined, emptyDeadlineMs: last ? undefined : emptyDeadlineMs }, parent, mine);
    };
    // Some may have come while the empty block was being made.
    if (arrivals !== seen) {
      again(false);
      return;
    }
    onArrival = () => again(false);
    if (emptyDeadlineMs !== Number.POSITIVE_INFINITY) at(emptyDeadlineMs ?? 0, mine, () => again(true));
  }

  /** Looks again until what waits in the pool has to be begun. */
  function schedule(effect: BuildRequest, parent: ChainBlock, mine: number): void {
    const nowMs = clock.nowMs();
    const deadlineMs = effect.deadlineMs ?? nowMs;
    const neededMs = effect.givesWay === true ? 0 : Math.min(pool.status().pending * costMs * 1.2 + 5, fillMsMax);
    const restMs = deadlineMs - nowMs - neededMs;
    if (restMs <= 1) answer(effect, parent, mine);
    else at(nowMs + Math.max(restMs / 2, 2), mine, () => schedule(effect, parent, mine));
  }

  return {
    build(effect) {
      cancel();
      const mine = generation;
      const parent = chain.tip();
      if (!bytesEqual(parent.hash, effect.parentHash)) {
        logger.log('debug', 'The head moved before a build began', { height: effect.height });
        return;
      }
      schedule(effect, parent, mine);
    },
    cancel,
    stop() {
      stopPool();
      cancel();
    },
  };
}
