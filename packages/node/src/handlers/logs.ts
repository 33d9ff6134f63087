import { isMarkerTransaction } from '@isoquorum/execution/transition/marker';
import type { Log } from '@isoquorum/primitives/log';
import type { Receipt } from '@isoquorum/primitives/receipt';
import { isPrivateTransaction, transactionHash } from '@isoquorum/primitives/transaction/transaction';
import { logToJson, type LogJson } from '@isoquorum/rpc/jsonrpc/shapes/log';
import type { ChainBlock } from '../chain/chain.ts';
import type { HandlerContext } from './context.ts';

/** Receipts of a block as the private state sees them. @throws PRIVATE_STATE_BEHIND when it holds private transactions not yet executed there */
export function receiptsOf(context: HandlerContext, located: ChainBlock, psi: string): readonly Receipt[] {
  const { chain } = context;
  const merged = chain.mergedReceipts(located.hash, psi);
  if (merged !== undefined) return merged;
  if (hasPrivatePart(located)) chain.privateStateRoot(located.hash, psi);
  return chain.publicReceipts(located.hash) ?? [];
}

/** How a block's logs are shown. */
export interface LogView {
  readonly psi: string;
  /**
   * With several private states the original counts public logs for themselves and private ones among all that the state sees; with one
   * it counts all together.
   */
  readonly isCountedApart: boolean;
  /** Which of them; all unless told. */
  readonly part?: 'public' | 'private';
  /** The block is no longer canonical. */
  readonly removed?: boolean;
}

/** How the logs of a caller's private state are shown. */
export function logViewOf(context: HandlerContext, psi: string): LogView {
  return { psi, isCountedApart: context.groups !== undefined };
}

/** Whether a block holds anything that only a private state can tell: private transactions, markers. */
export function hasPrivatePart({ block }: ChainBlock): boolean {
  return block.transactions.some(
    (transaction) => isPrivateTransaction(transaction) || isMarkerTransaction(transaction),
  );
}

/** A log and its number in the block. */
export interface CountedLog {
  readonly log: Log;
  readonly transactionIndex: number;
  readonly logIndex: number;
  readonly isPrivate: boolean;
}

/**
 * The logs of a block: those of its transactions in order, then those inside markers. As in the original, the latter are numbered from
 * where their marker stands and count for nothing else.
 */
export function* countLogs(
  { block }: ChainBlock,
  receipts: readonly Receipt[],
  { psi, isCountedApart }: LogView,
): Generator<CountedLog> {
  const inner: CountedLog[] = [];
  let all = 0;
  let open = 0;
  for (const [transactionIndex, receipt] of receipts.entries()) {
    const transaction = block.transactions[transactionIndex];
    if (transaction === undefined) return;
    const isPrivate = isPrivateTransaction(transaction);
    for (const log of receipt.logs) {
      yield { log, transactionIndex, logIndex: isCountedApart && !isPrivate ? open : all, isPrivate };
      all += 1;
      if (!isPrivate) open += 1;
    }
    for (const [position, log] of (receipt.privateReceipts?.get(psi)?.logs ?? []).entries())
      inner.push({ log, transactionIndex, logIndex: all + position, isPrivate: true });
  }
  yield* inner;
}

/** Wanted logs among the receipts of a block, in JSON. */
export function logsOfReceipts(
  located: ChainBlock,
  receipts: readonly Receipt[],
  matches: (log: Log) => boolean,
  view: LogView,
): LogJson[] {
  const { block, hash } = located;
  const found: LogJson[] = [];
  for (const { log, transactionIndex, logIndex, isPrivate } of countLogs(located, receipts, view)) {
    const transaction = block.transactions[transactionIndex];
    if (transaction === undefined || !matches(log)) continue;
    if (view.part !== undefined && isPrivate !== (view.part === 'private')) continue;
    found.push(
      logToJson(log, {
        blockNumber: block.header.number,
        blockHash: hash,
        transactionHash: transactionHash(transaction),
        transactionIndex,
        logIndex,
        removed: view.removed ?? false,
      }),
    );
  }
  return found;
}
