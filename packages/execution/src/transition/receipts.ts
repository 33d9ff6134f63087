import { createContractAddress } from '@isoquorum/primitives/address';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bloomLength, emptyBloom } from '@isoquorum/primitives/bloom';
import { keccak256 } from '@isoquorum/primitives/keccak';
import type { Log } from '@isoquorum/primitives/log';
import type { Receipt } from '@isoquorum/primitives/receipt';
import { transactionHash } from '@isoquorum/primitives/transaction/transaction';
import { bytesToMapKey } from '../state/node-source.ts';
import type { MessageResult, TransactionMessage } from './message.ts';

const maxCached = 8192;
/** By element: the numbers of its three bits. */
const bitsOfElements = new Map<string, Uint16Array>();

/** The three bit numbers of an address or topic, remembered: contracts and event signatures come again and again. */
function bitsOf(element: Uint8Array): Uint16Array {
  const key = bytesToMapKey(element);
  let bits = bitsOfElements.get(key);
  if (bits === undefined) {
    const hash = keccak256(element);
    bits = new Uint16Array(3);
    for (let index = 0; index < 3; index++)
      bits[index] = (((hash[2 * index] as number) & 7) << 8) | (hash[2 * index + 1] as number);
    if (bitsOfElements.size >= maxCached) bitsOfElements.clear();
    bitsOfElements.set(key, bits);
  }
  return bits;
}

function addElement(bloom: Uint8Array, element: Uint8Array): void {
  const bits = bitsOf(element);
  for (let index = 0; index < 3; index++) {
    const bit = bits[index] as number;
    const position = bloomLength - 1 - (bit >> 3);
    bloom[position] = (bloom[position] as number) | (1 << (bit & 7));
  }
}

/** As `logsBloom` of the primitives, with a memory. */
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
