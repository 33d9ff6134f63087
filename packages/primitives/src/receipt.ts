import type { Address, Hash32 } from './bytes.ts';
import { encodeLogs, type Log, readLog } from './log.ts';
import { IsoquorumError } from './errors.ts';
import { numberToBytes } from './integer.ts';
import { encodeRlp, rlpBigintSize, rlpHeaderSize, writeRlpBigint, writeRlpHeader } from './rlp.ts';
import { RlpReader } from './rlp-reader.ts';

export type { Log } from './log.ts';

/** A receipt's first byte is not a known type. */
export type ReceiptErrorCode = 'RECEIPT_TYPE_NOT_SUPPORTED' | 'RECEIPT_STATUS_INVALID';

export interface Receipt {
  readonly type: 0 | 1;
  /** 1 success, 0 failure; `undefined` before Byzantium, when `postState` is set. */
  readonly status: 0 | 1 | undefined;
  readonly postState: Hash32 | undefined;
  readonly cumulativeGasUsed: bigint;
  readonly logsBloom: Uint8Array;
  readonly logs: readonly Log[];
  readonly transactionHash: Hash32;
  readonly contractAddress: Address | undefined;
  readonly gasUsed: bigint;
  /** Data of a revert, where the node keeps it (`--revertreason`). */
  readonly revertReason?: Uint8Array;
  /** Receipts by private state identifier, of a privacy marker transaction or with multiple private states (GoQuorum: PSReceipts). */
  readonly privateReceipts?: ReadonlyMap<string, Receipt>;
}

/** The part of a receipt that consensus covers. */
export type ConsensusReceipt = Pick<
  Receipt,
  'type' | 'status' | 'postState' | 'cumulativeGasUsed' | 'logsBloom' | 'logs'
>;

export function statusToRlp(receipt: Pick<Receipt, 'status' | 'postState'>): Uint8Array {
  return receipt.status === undefined ? (receipt.postState ?? new Uint8Array(0)) : numberToBytes(receipt.status);
}

/** Reads a status (nothing or 1) or a post-state root. @throws RECEIPT_STATUS_INVALID, RLP_* */
export function readStatus(reader: RlpReader): Pick<Receipt, 'status' | 'postState'> {
  const bytes = reader.readBytes('status');
  if (bytes.length === 32) return { status: undefined, postState: bytes };
  if (bytes.length === 0) return { status: 0, postState: undefined };
  if (bytes.length === 1 && bytes[0] === 1) return { status: 1, postState: undefined };
  throw new IsoquorumError('RECEIPT_STATUS_INVALID', 'invalid receipt status', { field: 'status' });
}

/** RLP list of status or root, cumulative gas, bloom where there is one, logs; behind a type byte where there is one. */
export function encodeReceiptFields(
  receipt: Pick<Receipt, 'status' | 'postState' | 'cumulativeGasUsed' | 'logs'>,
  bloom: Uint8Array | undefined,
  type: number,
): Uint8Array {
  const { cumulativeGasUsed, postState } = receipt;
  const logs = encodeLogs(receipt.logs);
  const status = receipt.status === undefined ? postState : undefined;
  const bloomSize = bloom === undefined ? 0 : rlpHeaderSize(bloom.length) + bloom.length;
  const statusSize = status === undefined ? 1 : 1 + status.length;
  const payload = statusSize + rlpBigintSize(cumulativeGasUsed) + bloomSize + logs.length;
  const start = type === 0 ? 0 : 1;
  const target = new Uint8Array(start + rlpHeaderSize(payload) + payload);
  target[0] = type;
  let offset = writeRlpHeader(0xc0, payload, target, start);
  if (status === undefined) target[offset] = receipt.status === 1 ? 1 : 0x80;
  else {
    target[offset] = 0x80 + status.length;
    target.set(status, offset + 1);
  }
  offset = writeRlpBigint(cumulativeGasUsed, target, offset + statusSize);
  if (bloom !== undefined) {
    target.set(bloom, writeRlpHeader(0x80, bloom.length, target, offset));
    offset += bloomSize;
  }
  target.set(logs, offset);
  return target;
}

/** What the receipts trie holds: rlp[status or root, cumulative gas, bloom, logs], a type byte before it when typed. */
export function encodeReceipt(receipt: ConsensusReceipt): Uint8Array {
  return encodeReceiptFields(receipt, receipt.logsBloom, receipt.type);
}

/** As an item of a list in a message (`eth` Receipts): typed ones are wrapped in an RLP string. */
export function encodeReceiptItem(receipt: ConsensusReceipt): Uint8Array {
  const encoded = encodeReceipt(receipt);
  return receipt.type === 0 ? encoded : encodeRlp(encoded);
}

/** @throws RECEIPT_TYPE_NOT_SUPPORTED, RECEIPT_STATUS_INVALID, RLP_* */
export function decodeReceipt(encoded: Uint8Array): ConsensusReceipt {
  const first = encoded[0];
  const type = first === 1 ? 1 : 0;
  if (type === 0 && (first === undefined || first < 0xc0))
    throw new IsoquorumError('RECEIPT_TYPE_NOT_SUPPORTED', 'receipt type not supported', {
      field: 'type',
      type: first,
    });
  const outer = new RlpReader(encoded, type);
  const fields = outer.readList('receipt');
  outer.end('receipt');
  const receipt: ConsensusReceipt = {
    type,
    ...readStatus(fields),
    cumulativeGasUsed: fields.readBigint('cumulativeGasUsed', 8),
    logsBloom: fields.readFixed(256, 'logsBloom'),
    logs: fields.readListOf('logs', readLog),
  };
  fields.end('receipt');
  return receipt;
}

/** The next receipt of a list in a message. @throws as {@link decodeReceipt} */
export function readReceiptItem(reader: RlpReader): ConsensusReceipt {
  return decodeReceipt(reader.nextIsList('receipt') ? reader.readRaw('receipt') : reader.readBytes('receipt'));
}
