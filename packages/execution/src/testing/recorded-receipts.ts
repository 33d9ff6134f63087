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

function plain(receipt: Receipt): ComparableReceipt {
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

/** A receipt of ours in the same words; one inside it under the marker's hash, as GoQuorum answers. */
export function toComparable(receipt: Receipt, psi = 'private'): ComparableReceipt {
  const inner = receipt.privateReceipts?.get(psi);
  if (inner === undefined) return plain(receipt);
  return { ...plain(receipt), inner: plain({ ...inner, transactionHash: receipt.transactionHash }) };
}

/** The original subtracts the gas of the transactions before a marker from its inner receipt's zero; there is none to be compared then. */
function innerComparable(receipt: RecordedReceipt): ComparableReceipt {
  const isNegative = BigInt(receipt.gasUsed) >> 63n === 1n;
  return { ...comparable(receipt), ...(isNegative ? { gasUsed: '0x0' } : {}) };
}

interface RecordedEntry {
  readonly block: number;
  readonly psi?: string;
  readonly receipt: RecordedReceipt | null;
  readonly privateReceipt?: RecordedReceipt;
}

/** The recorded receipts of a node by block number, in order; empty when there are none. A block whose receipts the original lost is left out. */
export function readRecordedReceipts(folder: string, node: number, psi?: string): Map<number, ComparableReceipt[]> {
  const byBlock = new Map<number, ComparableReceipt[]>();
  const path = `${folder}/nodes/${node}/receipts.json.gz`;
  if (!hasFile(path)) return byBlock;
  const lost = new Set<number>();
  for (const entry of readJson(path) as readonly RecordedEntry[]) {
    const { block, receipt, privateReceipt } = entry;
    if (entry.psi !== psi) continue;
    if (receipt === null) {
      lost.add(block);
      continue;
    }
    const list = byBlock.get(block) ?? [];
    const inner = privateReceipt === undefined ? {} : { inner: innerComparable(privateReceipt) };
    list.push({ ...comparable(receipt), ...inner });
    byBlock.set(block, list);
  }
  for (const block of lost) byBlock.delete(block);
  return byBlock;
}
