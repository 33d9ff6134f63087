import { createContractAddress } from '@isoquorum/primitives/address';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { emptyBloom, logsBloom, unionBloom } from '@isoquorum/primitives/bloom';
import type { Log } from '@isoquorum/primitives/log';
import type { Receipt } from '@isoquorum/primitives/receipt';
import { transactionHash } from '@isoquorum/primitives/transaction/transaction';
import type { MessageResult, TransactionMessage } from './message.ts';

/** A receipt of a public or a private run. `postState` is set before Byzantium, else the status counts. */
export function createReceipt(
  { transaction, sender }: TransactionMessage,
  outcome: Pick<MessageResult, 'gasUsed' | 'isFailed' | 'result'>,
  cumulativeGasUsed: bigint,
  logs: readonly Log[],
  postState: Hash32 | undefined,
): Receipt {
  const revertReason = outcome.result?.status === 'revert' && outcome.result.output.length > 0 ? outcome.result.output : undefined;
  const receipt: Receipt = {
    type: transaction.type,
    status: postState === undefined ? (outcome.isFailed ? 0 : 1) : undefined,
    postState,
    cumulativeGasUsed,
    logsBloom: logsBloom(logs),
    logs,
    transactionHash: transactionHash(transaction),
    contractAddress: transaction.to === undefined ? createContractAddress(sender, transaction.nonce) : undefined,
    gasUsed: outcome.gasUsed,
  };
  return revertReason === undefined ? receipt : { ...receipt, revertReason };
}

/** The bloom of a block's receipts. */
export function receiptsBloom(receipts: readonly Receipt[]): Uint8Array {
  let bloom = emptyBloom;
  for (const receipt of receipts) {
    if (receipt.logs.length > 0) bloom = unionBloom(bloom, receipt.logsBloom);
  }
  return bloom;
}
