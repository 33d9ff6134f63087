import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual, bytesToBareHex } from '@isoquorum/primitives/hex';
import { emptyUncleHash } from '@isoquorum/primitives/header';
import { isPrivateTransaction, transactionHash } from '@isoquorum/primitives/transaction/transaction';
import { rulesAt } from '@isoquorum/primitives/fork';
import { isMissingData } from '../state/errors.ts';
import { BlockRun, transactionsRootOf } from './block-run.ts';
import { blockInvalid, couldNotApply } from './errors.ts';
import { isExecutedMarker, isMarkerTransaction } from './marker.ts';
import { withNeeds } from './needs.ts';
import type { AppliedBlock, ApplyBlockInput, PrivateTransactionView, Steps, TransitionOutcome } from './types.ts';

/** Body against header: uncles (none allowed) and transactions root, with geth's texts. @throws BLOCK_INVALID */
export function checkBody({
  header,
  transactions,
  uncles,
}: Pick<ApplyBlockInput, 'header' | 'transactions' | 'uncles'>): void {
  if (uncles !== undefined && uncles.length > 0) throw blockInvalid('uncles not allowed', { field: 'uncles' });
  if (!bytesEqual(header.uncleHash, emptyUncleHash)) {
    const text = `uncle root hash mismatch: have ${bytesToBareHex(emptyUncleHash)}, want ${bytesToBareHex(header.uncleHash)}`;
    throw blockInvalid(text, { field: 'sha3Uncles' });
  }
  const root = transactionsRootOf(transactions);
  if (!bytesEqual(root, header.transactionsRoot)) {
    const text = `transaction root hash mismatch: have ${bytesToBareHex(root)}, want ${bytesToBareHex(header.transactionsRoot)}`;
    throw blockInvalid(text, { field: 'transactionsRoot' });
  }
}

/** What execution gave against what the header says, with geth's texts. @throws BLOCK_INVALID */
function checkResult({ header }: ApplyBlockInput, applied: AppliedBlock): void {
  if (header.gasUsed !== applied.gasUsed) {
    throw blockInvalid(`invalid gas used (remote: ${header.gasUsed} local: ${applied.gasUsed})`, { field: 'gasUsed' });
  }
  const differ = (field: string, text: string, remote: Uint8Array, local: Uint8Array): void => {
    if (bytesEqual(remote, local)) return;
    throw blockInvalid(text.replace('%', bytesToBareHex(remote)).replace('%', bytesToBareHex(local)), { field });
  };
  differ('logsBloom', 'invalid bloom (remote: %  local: %)', header.logsBloom, applied.logsBloom);
  differ('receiptsRoot', 'invalid receipt root hash (remote: % local: %)', header.receiptsRoot, applied.receiptsRoot);
  differ('stateRoot', 'invalid merkle root (remote: % local: %)', header.stateRoot, applied.stateRoot);
}

function* applyTransactions(input: ApplyBlockInput, run: BlockRun, until: number): Steps<void> {
  for (let index = 0; index < until; index++) {
    const transaction = input.transactions[index];
    if (transaction === undefined) return;
    try {
      yield* run.apply(transaction, input.optionsOf?.(index));
    } catch (error) {
      if (isMissingData(error) || !isIsoquorumError(error)) throw error;
      throw couldNotApply(index, transactionHash(transaction), error);
    }
  }
}

function* applyAndCheck(input: ApplyBlockInput): Steps<AppliedBlock> {
  checkBody(input);
  const hasPrivate = input.transactions.some((one) => isPrivateTransaction(one) || isMarkerTransaction(one));
  const run = new BlockRun(input, input.header, input.author, input.parentRoot, hasPrivate);
  yield* applyTransactions(input, run, input.transactions.length);
  const applied = run.finish();
  checkResult(input, applied);
  return applied;
}

/**
 * Applies a block to the public state of its parent and checks all that the header says about it: transactions root, gas,
 * bloom, receipts root, state root. Private transactions take their nonce, intrinsic gas and price; no manager is asked
 * (decision 2). Header rules (seals, difficulty, time) are the consensus engine's.
 * @throws BLOCK_INVALID with GoQuorum's text
 */
export function applyBlock(input: ApplyBlockInput): Steps<TransitionOutcome<AppliedBlock>> {
  return withNeeds(applyAndCheck(input));
}

function* applyForViews(input: ApplyBlockInput): Steps<readonly PrivateTransactionView[]> {
  checkBody(input);
  const rules = rulesAt(input.config, input.header.number);
  const last = input.transactions.findLastIndex(
    (transaction) => isPrivateTransaction(transaction) || isExecutedMarker(transaction, rules),
  );
  const run = new BlockRun(input, input.header, input.author, input.parentRoot);
  yield* applyTransactions(input, run, last + 1);
  return run.privateViews;
}

/**
 * Applies a block only as far as its last private or marker transaction, and answers those with their views of the
 * public state: what a page does from a witness of the parent (decision 14). Roots are not computed, so that a
 * witness need not hold what only deletion touches; the body is checked against the header.
 */
export function viewBlock(input: ApplyBlockInput): Steps<TransitionOutcome<readonly PrivateTransactionView[]>> {
  return withNeeds(applyForViews(input));
}
