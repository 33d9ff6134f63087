import type { Address, Hash32 } from './bytes.ts';
import { createContractAddress, zeroAddress } from './address.ts';
import { logsBloom } from './bloom.ts';
import { IsoquorumError } from './errors.ts';
import { concatBytes, isZeroBytes } from './hex.ts';
import { zeroHash } from './header.ts';
import { numberToBytes } from './integer.ts';
import { readLog } from './log.ts';
import { encodeReceiptFields, type Receipt, readStatus } from './receipt.ts';
import { decodeRlpList, encodeRlp, encodeRlpListOf, type RlpItem } from './rlp.ts';
import { RlpReader } from './rlp-reader.ts';
import { transactionHash } from './transaction/codec.ts';
import type { Transaction } from './transaction/types.ts';
import { bytesToUtf8, utf8ToBytes } from './utf8.ts';

/** Stored receipts cannot be read. */
export type ReceiptStorageErrorCode = 'RECEIPT_VERSION_UNKNOWN' | 'RECEIPT_COUNT_MISMATCH';

/** A receipt inside `privateReceipts` as stored: it keeps its own hash and contract address when it has them. */
export type StoredPrivateReceipt = Pick<
  Receipt,
  'status' | 'postState' | 'cumulativeGasUsed' | 'logs' | 'revertReason'
> & {
  readonly transactionHash: Hash32 | undefined;
  readonly contractAddress: Address | undefined;
};

/** What GoQuorum's receipt storage holds of one receipt (goquorum.md 3.3): the rest is derived from the block. */
export type StoredReceipt = Pick<Receipt, 'status' | 'postState' | 'cumulativeGasUsed' | 'logs' | 'revertReason'> & {
  readonly privateReceipts?: ReadonlyMap<string, StoredPrivateReceipt>;
};

const extraVersion = 1;

function extraItem(receipt: StoredReceipt | Receipt): RlpItem {
  const privateReceipts: RlpItem[] = [];
  for (const [identifier, inner] of receipt.privateReceipts ?? []) {
    const fields = decodeRlpList(encodeReceiptFields(inner, undefined, 0));
    const own = [inner.revertReason ?? new Uint8Array(0), inner.transactionHash ?? zeroHash];
    privateReceipts.push([utf8ToBytes(identifier), [...fields, ...own, inner.contractAddress ?? zeroAddress]]);
  }
  return [numberToBytes(extraVersion), privateReceipts, receipt.revertReason ?? new Uint8Array(0)];
}

function hasExtra(receipt: StoredReceipt | Receipt): boolean {
  return (receipt.privateReceipts?.size ?? 0) > 0 || (receipt.revertReason?.length ?? 0) > 0;
}

/** All receipts of a block in GoQuorum's storage form: one list, and behind it a second one when any receipt has extra data. */
export function encodeStoredReceipts(receipts: readonly (StoredReceipt | Receipt)[]): Uint8Array {
  const standard = encodeRlpListOf(receipts.map((receipt) => encodeReceiptFields(receipt, undefined, 0)));
  return receipts.some(hasExtra) ? concatBytes(standard, encodeRlp(receipts.map(extraItem))) : standard;
}

function optional(revertReason: Uint8Array): { revertReason?: Uint8Array } {
  return revertReason.length === 0 ? {} : { revertReason };
}

function readStandard(reader: RlpReader): StoredReceipt {
  const fields = reader.readList('receipt');
  const status = readStatus(fields);
  const cumulativeGasUsed = fields.readBigint('cumulativeGasUsed', 8);
  const logs = fields.readListOf('logs', readLog);
  fields.end('receipt');
  return { ...status, cumulativeGasUsed, logs };
}

function readPrivate(reader: RlpReader): [string, StoredPrivateReceipt] {
  const pair = reader.readList('privateReceipts');
  const identifier = bytesToUtf8(pair.readBytes('psi'), 'psi');
  const fields = pair.readList('privateReceipt');
  pair.end('privateReceipts');
  const status = readStatus(fields);
  const cumulativeGasUsed = fields.readBigint('cumulativeGasUsed', 8);
  const logs = fields.readListOf('logs', readLog);
  const revertReason = fields.readBytes('revertReason');
  const hash = fields.readFixed(32, 'transactionHash');
  const contract = fields.readFixed(20, 'contractAddress');
  fields.end('privateReceipt');
  return [
    identifier,
    {
      ...status,
      cumulativeGasUsed,
      logs,
      ...optional(revertReason),
      transactionHash: isZeroBytes(hash) ? undefined : hash,
      contractAddress: isZeroBytes(contract) ? undefined : contract,
    },
  ];
}

function readExtra(reader: RlpReader): Pick<StoredReceipt, 'privateReceipts' | 'revertReason'> {
  const fields = reader.readList('extra');
  if (!fields.hasMore) return {};
  const version = fields.readNumber('version');
  if (version !== extraVersion)
    throw new IsoquorumError('RECEIPT_VERSION_UNKNOWN', `unknown version ${version}`, { field: 'version', version });
  const entries = fields.readListOf('privateReceipts', readPrivate);
  const revertReason = fields.readBytes('revertReason');
  fields.end('extra');
  return { ...(entries.length === 0 ? {} : { privateReceipts: new Map(entries) }), ...optional(revertReason) };
}

/** @throws RLP_*, UTF8_INVALID, RECEIPT_VERSION_UNKNOWN, RECEIPT_STATUS_INVALID, RECEIPT_COUNT_MISMATCH */
export function decodeStoredReceipts(encoded: Uint8Array): StoredReceipt[] {
  const reader = new RlpReader(encoded);
  const receipts = reader.readListOf('receipts', readStandard);
  if (!reader.hasMore) return receipts;
  const extras = reader.readListOf('extra', readExtra);
  reader.end('receipts');
  if (extras.length !== receipts.length)
    throw new IsoquorumError('RECEIPT_COUNT_MISMATCH', 'extra list of another length', { field: 'extra' });
  return receipts.map((receipt, index) => ({ ...receipt, ...extras[index] }));
}

/**
 * Full receipts from stored ones and the block's transactions with their senders: type, hash, contract address, gas used
 * (difference of the cumulative values; 0 for private receipts) and bloom.
 * @throws RECEIPT_COUNT_MISMATCH
 */
export function deriveReceipts(
  stored: readonly StoredReceipt[],
  transactions: readonly Transaction[],
  senders: readonly Address[],
): Receipt[] {
  if (stored.length !== transactions.length || senders.length !== transactions.length)
    throw new IsoquorumError('RECEIPT_COUNT_MISMATCH', 'transaction and receipt count mismatch', { field: 'receipts' });
  let before = 0n;
  return stored.map((receipt, index) => {
    const transaction = transactions[index] as Transaction;
    const contractAddress =
      transaction.to === undefined ? createContractAddress(senders[index] as Address, transaction.nonce) : undefined;
    const derived = {
      type: transaction.type,
      transactionHash: transactionHash(transaction),
      contractAddress,
    };
    const gasUsed = receipt.cumulativeGasUsed - before;
    before = receipt.cumulativeGasUsed;
    const { privateReceipts, ...rest } = receipt;
    const full: Receipt = { ...rest, ...derived, gasUsed, logsBloom: logsBloom(receipt.logs) };
    if (privateReceipts === undefined) return full;
    const inner = new Map<string, Receipt>();
    for (const [identifier, one] of privateReceipts) {
      const own = one.transactionHash !== undefined;
      inner.set(identifier, {
        ...one,
        type: transaction.type,
        transactionHash: one.transactionHash ?? derived.transactionHash,
        contractAddress: own ? one.contractAddress : contractAddress,
        gasUsed: 0n,
        logsBloom: logsBloom(one.logs),
      });
    }
    return { ...full, privateReceipts: inner };
  });
}
