import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { bigintToQuantity, bytesToHex } from '@isoquorum/primitives/hex';
import type { Receipt } from '@isoquorum/primitives/receipt';
import { logToJson, type LogJson } from './log.ts';

/** What `eth_getTransactionReceipt` gives, keys in GoQuorum's order: `root` before Byzantium, `status` after. */
export interface ReceiptJson {
  readonly blockHash: string;
  readonly blockNumber: string;
  readonly contractAddress: string | null;
  readonly cumulativeGasUsed: string;
  readonly from: string;
  readonly gasUsed: string;
  readonly isPrivacyMarkerTransaction: boolean;
  readonly logs: readonly LogJson[];
  readonly logsBloom: string;
  readonly revertReason?: string;
  readonly root?: string;
  readonly status?: string;
  readonly to: string | null;
  readonly transactionHash: string;
  readonly transactionIndex: string;
  readonly type: string;
}

/** What a receipt does not hold itself. */
export interface ReceiptPlace {
  readonly blockHash: Hash32;
  readonly blockNumber: number;
  readonly index: number;
  readonly from: Address;
  readonly to: Address | undefined;
  readonly transactionHash: Hash32;
  /** Index of the receipt's first log in its block. */
  readonly firstLogIndex: number;
  readonly isPrivacyMarkerTransaction: boolean;
}

export function receiptToJson(receipt: Receipt, place: ReceiptPlace): ReceiptJson {
  return {
    blockHash: bytesToHex(place.blockHash),
    blockNumber: `0x${place.blockNumber.toString(16)}`,
    contractAddress: receipt.contractAddress === undefined ? null : bytesToHex(receipt.contractAddress),
    cumulativeGasUsed: bigintToQuantity(receipt.cumulativeGasUsed),
    from: bytesToHex(place.from),
    gasUsed: bigintToQuantity(receipt.gasUsed),
    isPrivacyMarkerTransaction: place.isPrivacyMarkerTransaction,
    logs: receipt.logs.map((log, position) =>
      logToJson(log, {
        blockNumber: place.blockNumber,
        blockHash: place.blockHash,
        transactionHash: place.transactionHash,
        transactionIndex: place.index,
        logIndex: place.firstLogIndex + position,
      }),
    ),
    logsBloom: bytesToHex(receipt.logsBloom),
    ...(receipt.revertReason === undefined || receipt.revertReason.length === 0
      ? {}
      : { revertReason: bytesToHex(receipt.revertReason) }),
    ...(receipt.postState === undefined
      ? { status: `0x${receipt.status ?? 0}` }
      : { root: bytesToHex(receipt.postState) }),
    to: place.to === undefined ? null : bytesToHex(place.to),
    transactionHash: bytesToHex(place.transactionHash),
    transactionIndex: `0x${place.index.toString(16)}`,
    type: `0x${receipt.type.toString(16)}`,
  };
}
