import { bytesToHex } from '@isoquorum/primitives/hex';
import type { Receipt } from '@isoquorum/primitives/receipt';
import { hasFile, readJson } from './shared-data.ts';

interface RecordedLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
}

interface RecordedReceipt {
  readonly transactionHash: string;
  readonly status?: string;
  readonly root?: string;
  readonly cumulativeGasUsed: string;
  readonly gasUsed: string;
  readonly contractAddress: string | null;
  readonly logsBloom: string;
  readonly logs: readonly RecordedLog[];
}

/** What of a receipt is compared, in the words of eth_getTransactionReceipt. */
export type ComparableReceipt = Readonly<Record<string, unknown>>;

function comparable(receipt: RecordedReceipt): ComparableReceipt {
  const { transactionHash, status, root, cumulativeGasUsed, gasUsed, contractAddress, logsBloom, logs } = receipt;
  return {
    transactionHash,
    status,
    root,
    cumulativeGasUsed,
    gasUsed,
    contractAddress,
    logsBloom,
    logs: logs.map(({ address, topics, data }) => ({ address, topics, data })),
  };
}

/** A receipt of ours in the same words. */
export function toComparable(receipt: Receipt): ComparableReceipt {
  return {
    transactionHash: bytesToHex(receipt.transactionHash),
    status: receipt.status === undefined ? undefined : `0x${receipt.status}`,
    root: receipt.postState === undefined ? undefined : bytesToHex(receipt.postState),
    cumulativeGasUsed: `0x${receipt.cumulativeGasUsed.toString(16)}`,
    gasUsed: `0x${receipt.gasUsed.toString(16)}`,
    contractAddress: receipt.contractAddress === undefined ? null : bytesToHex(receipt.contractAddress),
    logsBloom: bytesToHex(receipt.logsBloom),
    logs: receipt.logs.map((log) => ({
      address: bytesToHex(log.address),
      topics: log.topics.map((topic) => bytesToHex(topic)),
      data: bytesToHex(log.data),
    })),
  };
}

/** The recorded receipts of a node by block number, in order; empty when there are none. */
export function readRecordedReceipts(folder: string, node: number): Map<number, ComparableReceipt[]> {
  const byBlock = new Map<number, ComparableReceipt[]>();
  const path = `${folder}/nodes/${node}/receipts.json.gz`;
  if (!hasFile(path)) return byBlock;
  const entries = readJson(path) as readonly { block: number; receipt: RecordedReceipt | null }[];
  for (const { block, receipt } of entries) {
    if (receipt === null) continue;
    const list = byBlock.get(block) ?? [];
    list.push(comparable(receipt));
    byBlock.set(block, list);
  }
  return byBlock;
}
