import type { Receipt } from '@isoquorum/primitives/receipt';
import type { LogJson } from '@isoquorum/rpc/jsonrpc/shapes/log';
import type { ChainBlock, ChainEvent } from '../chain/chain.ts';
import type { HandlerContext } from './context.ts';
import type { LogFilter } from './log-filter.ts';
import { hasPrivatePart, logsOfReceipts, logViewOf, type LogView } from './logs.ts';

/** New logs of one block for one private state; ask it for those that you want. */
export interface LogBatch {
  readonly blockNumber: number;
  logs(filter: LogFilter): LogJson[];
}

/** Tells of the logs of new blocks, in order. */
export interface LogFeed {
  listen(psi: string, listener: (batch: LogBatch) => void): () => void;
  close(): void;
}

/** So long a block's public logs wait for its private ones; then they go alone, and the private ones follow when they are there. */
const PRIVATE_WAIT_MS = 1000;

interface Waiting {
  readonly located: ChainBlock;
  readonly sinceMs: number;
}

function batchOf(located: ChainBlock, receipts: readonly Receipt[], view: LogView): LogBatch {
  return {
    blockNumber: located.block.header.number,
    logs: (filter) => logsOfReceipts(located, receipts, filter.matches, view),
  };
}

/** One private state's queue: block after block, each with its private logs if they come in time. */
class StateFeed {
  readonly listeners = new Set<(batch: LogBatch) => void>();
  private readonly context: HandlerContext;
  private readonly psi: string;
  private readonly view: LogView;
  private readonly waiting: Waiting[] = [];
  /** Blocks whose public logs are out and whose private ones are not. */
  private readonly owed: ChainBlock[] = [];
  private cancelTimer: (() => void) | undefined;

  constructor(context: HandlerContext, psi: string) {
    this.context = context;
    this.psi = psi;
    this.view = logViewOf(context, psi);
  }

  take(event: ChainEvent): void {
    if (event.type === 'head') {
      for (const located of event.removed)
        this.emit(
          batchOf(located, this.context.chain.publicReceipts(located.hash) ?? [], { ...this.view, removed: true }),
        );
      const sinceMs = this.context.clock.nowMs();
      for (const located of event.added)
        if (located.block.transactions.length > 0) this.waiting.push({ located, sinceMs });
      this.drain();
    } else if (event.type === 'privateHead' && event.psi === this.psi) {
      this.payOwed();
      this.drain();
    }
  }

  close(): void {
    this.cancelTimer?.();
    this.waiting.length = 0;
    this.owed.length = 0;
  }

  private emit(batch: LogBatch): void {
    for (const listener of this.listeners) listener(batch);
  }

  private payOwed(): void {
    for (let located = this.owed[0]; located !== undefined; located = this.owed[0]) {
      const merged = this.context.chain.mergedReceipts(located.hash, this.psi);
      if (merged === undefined) return;
      this.owed.shift();
      this.emit(batchOf(located, merged, { ...this.view, part: 'private' }));
    }
  }

  private drain(): void {
    const { chain, clock } = this.context;
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      const { located, sinceMs } = next;
      const merged = chain.mergedReceipts(located.hash, this.psi);
      const hasPrivate = hasPrivatePart(located);
      const leftMs = sinceMs + PRIVATE_WAIT_MS - clock.nowMs();
      if (merged === undefined && hasPrivate && leftMs > 0) {
        this.cancelTimer?.();
        this.cancelTimer = clock.setTimer(leftMs, () => this.drain());
        return;
      }
      this.waiting.shift();
      if (merged !== undefined) this.emit(batchOf(located, merged, this.view));
      else {
        const receipts = chain.publicReceipts(located.hash) ?? [];
        this.emit(batchOf(located, receipts, { ...this.view, part: 'public' }));
        if (hasPrivate) this.owed.push(located);
      }
    }
  }
}

export function createLogFeed(context: HandlerContext): LogFeed {
  const feeds = new Map<string, StateFeed>();
  const stop = context.chain.onEvent((event) => {
    for (const feed of feeds.values()) feed.take(event);
  });
  return {
    listen(psi, listener) {
      const feed = feeds.get(psi) ?? new StateFeed(context, psi);
      feeds.set(psi, feed);
      feed.listeners.add(listener);
      return () => {
        feed.listeners.delete(listener);
        if (feed.listeners.size === 0) {
          feed.close();
          feeds.delete(psi);
        }
      };
    },
    close() {
      stop();
      for (const feed of feeds.values()) feed.close();
      feeds.clear();
    },
  };
}
