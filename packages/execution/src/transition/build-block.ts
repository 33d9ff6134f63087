import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToMapKey } from '../state/node-source.ts';
import { emptyUncleHash } from '@isoquorum/primitives/header';
import { signerChainIdAt } from '@isoquorum/primitives/fork';
import { type Transaction, transactionSender } from '@isoquorum/primitives/transaction/transaction';
import { isMissingData } from '../state/errors.ts';
import { BlockRun, transactionsRootOf } from './block-run.ts';
import { withNeeds } from './needs.ts';
import { waitFor } from './steps.ts';
import type { BuildBlockInput, BuiltBlock, SkippedTransaction, Steps, TransitionOutcome } from './types.ts';

/** Least gas of any transaction: with less in the pool the block is full. */
const leastGas = 21_000n;

/** Codes of errors that a later block may not have. */
const passing = [
  'NONCE_TOO_HIGH',
  'GAS_LIMIT_REACHED',
  'INSUFFICIENT_FUNDS',
  'INSUFFICIENT_FUNDS_FOR_TRANSFER',
  'INSUFFICIENT_BALANCE',
];

function* build(input: BuildBlockInput): Steps<BuiltBlock> {
  const run = new BlockRun(input, input.header, input.author, input.parentRoot);
  const chainId = signerChainIdAt(input.config, input.header.number);
  const transactions: Transaction[] = [];
  const skipped: SkippedTransaction[] = [];
  const blocked = new Set<string>();
  for (const transaction of input.candidates) {
    yield* waitFor(input.runOptions?.pause?.());
    if (run.pool.left < leastGas || input.isTimeUp?.() === true) break;
    let sender: string | undefined;
    try {
      sender = bytesToMapKey(transactionSender(transaction, chainId));
      // After a gap in a sender's nonces the rest of that sender cannot follow.
      if (blocked.has(sender)) continue;
      yield* run.apply(transaction, input.runOptions);
      transactions.push(transaction);
    } catch (error) {
      if (isMissingData(error) || !isIsoquorumError(error)) throw error;
      const fate = passing.includes(error.code) ? 'later' : 'drop';
      skipped.push({ transaction, error, fate });
      // geth's worker goes on with the sender's next one only after a nonce that was too low.
      if (sender !== undefined && error.code !== 'NONCE_TOO_LOW') blocked.add(sender);
    }
  }
  const applied = run.finish();
  const header = {
    ...input.header,
    uncleHash: emptyUncleHash,
    stateRoot: applied.stateRoot,
    transactionsRoot: transactionsRootOf(transactions),
    receiptsRoot: applied.receiptsRoot,
    logsBloom: applied.logsBloom,
    gasUsed: applied.gasUsed,
  };
  return { header, transactions, skipped, applied };
}

/**
 * Fills a block from candidates by the same transition as {@link applyBlock}, so that a proposer need not execute its own
 * block again. Candidates that do not fit or are invalid are skipped and reported.
 */
export function buildBlock(input: BuildBlockInput): Steps<TransitionOutcome<BuiltBlock>> {
  return withNeeds(build(input));
}
