import { createContractAddress } from '@isoquorum/primitives/address';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bloomLength, emptyBloom } from '@isoquorum/primitives/bloom';
import type { Log } from '@isoquorum/primitives/log';
import type { Receipt } from '@isoquorum/primitives/receipt';
import { transactionHash } from '@isoquorum/primitives/transaction/transaction';
import { hashBuffer } from '../trie/hash-buffer.ts';
import type { MessageResult, TransactionMessage } from './message.ts';

function addElement(bloom: Uint8Array, element: Uint8Array): void {
  const hash = hashBuffer.hashOf(element);
  const { bytes } = hashBuffer;
  for (let index = 0; index < 6; index += 2) {
    const bit = (((bytes[hash + index] as number) & 7) << 8) | (bytes[hash + index + 1] as number);
    const position = bloomLength - 1 - (bit >> 3);
    bloom[position] = (bloom[position] as number) | (1 << (bit & 7));
  }
}

/** As `logsBloom` of the primitives, hashed without arrays in between. */
function bloomOf(logs: readonly Log[]): Uint8Array {
  if (logs.length === 0) return emptyBloom;
  const bloom = new Uint8Array(bloomLength);
  for (const log of logs) {
    addElement(bloom, log.address);
    for (const topic of log.topics) addElement(bloom, topic);
  }
  return bloom;
}

/** A receipt of a public or a private run. `postState` is set before Byzantium, else the status counts. */
export function createReceipt(
  { transaction, sender }: TransactionMessage,
  outcome: Pick<MessageResult, 'gasUsed' | 'isFailed' | 'result'>,
  cumulativeGasUsed: bigint,
  logs: readonly Log[],
  postState: Hash32 | undefined,
): Receipt {
  const revertReason =
    outcome.result?.status === 'revert' && outcome.result.output.length > 0 ? outcome.result.output : undefined;
  const receipt: Receipt = {
    type: transaction.type,
    status: postState === undefined ? (outcome.isFailed ? 0 : 1) : undefined,
    postState,
    cumulativeGasUsed,
    logsBloom: bloomOf(logs),
    logs,
    transactionHash: transactionHash(transaction),
    contractAddress: transaction.to === undefined ? createContractAddress(sender, transaction.nonce) : undefined,
    gasUsed: outcome.gasUsed,
  };
  return revertReason === undefined ? receipt : { ...receipt, revertReason };
}

/** The bloom of a block's receipts. */
export function receiptsBloom(receipts: readonly Receipt[]): Uint8Array {
  const bloom = new Uint8Array(bloomLength);
  for (const receipt of receipts) {
    if (receipt.logs.length === 0) continue;
    const { logsBloom } = receipt;
    for (let index = 0; index < bloomLength; index++)
      bloom[index] = (bloom[index] as number) | (logsBloom[index] as number);
  }
  return bloom;
}
