import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bigintToQuantity, bytesToHex } from '@isoquorum/primitives/hex';
import {
  encodeTransaction,
  transactionHash,
  transactionSender,
  type Transaction,
} from '@isoquorum/primitives/transaction/transaction';

export interface AccessListEntryJson {
  readonly address: string;
  readonly storageKeys: readonly string[];
}

/** What `eth_getTransactionBy*` gives, keys in GoQuorum's order. Access list and chain id only for type 1; `v` 0x25 or 0x26 is private. */
export interface TransactionJson {
  readonly blockHash: string | null;
  readonly blockNumber: string | null;
  readonly from: string;
  readonly gas: string;
  readonly gasPrice: string;
  readonly hash: string;
  readonly input: string;
  readonly nonce: string;
  readonly to: string | null;
  readonly transactionIndex: string | null;
  readonly value: string;
  readonly type: string;
  readonly accessList?: readonly AccessListEntryJson[];
  readonly chainId?: string;
  readonly v: string;
  readonly r: string;
  readonly s: string;
}

/** The `tx` beside `raw` of `eth_signTransaction` and `eth_fillTransaction`: as Go writes a transaction, unsigned ones too. */
export interface SignedTransactionJson {
  readonly type: string;
  readonly nonce: string;
  readonly gasPrice: string;
  readonly gas: string;
  readonly value: string;
  readonly input: string;
  readonly v: string;
  readonly r: string;
  readonly s: string;
  readonly to: string | null;
  readonly chainId?: string;
  readonly accessList?: readonly AccessListEntryJson[];
  readonly hash: string;
}

/** Where a mined transaction is. */
export interface TransactionPlace {
  readonly blockHash: Hash32;
  readonly blockNumber: number;
  readonly index: number;
}

function accessListToJson(transaction: Transaction): readonly AccessListEntryJson[] | undefined {
  if (transaction.type !== 1) return undefined;
  return transaction.accessList.map((entry) => ({
    address: bytesToHex(entry.address),
    storageKeys: entry.storageKeys.map((key) => bytesToHex(key)),
  }));
}

/** @param place where it was mined; undefined while it waits */
export function transactionToJson(
  transaction: Transaction,
  chainId: bigint,
  place: TransactionPlace | undefined,
): TransactionJson {
  const accessList = accessListToJson(transaction);
  return {
    blockHash: place === undefined ? null : bytesToHex(place.blockHash),
    blockNumber: place === undefined ? null : `0x${place.blockNumber.toString(16)}`,
    from: bytesToHex(transactionSender(transaction, chainId)),
    gas: bigintToQuantity(transaction.gasLimit),
    gasPrice: bigintToQuantity(transaction.gasPrice),
    hash: bytesToHex(transactionHash(transaction)),
    input: bytesToHex(transaction.data),
    nonce: bigintToQuantity(transaction.nonce),
    to: transaction.to === undefined ? null : bytesToHex(transaction.to),
    transactionIndex: place === undefined ? null : `0x${place.index.toString(16)}`,
    value: bigintToQuantity(transaction.value),
    type: `0x${transaction.type.toString(16)}`,
    ...(accessList === undefined || transaction.type !== 1
      ? {}
      : { accessList, chainId: bigintToQuantity(transaction.chainId) }),
    v: bigintToQuantity(transaction.v),
    r: bigintToQuantity(transaction.r),
    s: bigintToQuantity(transaction.s),
  };
}

export interface RawAndTransactionJson {
  readonly raw: string;
  readonly tx: SignedTransactionJson;
}

export function rawAndTransactionToJson(transaction: Transaction): RawAndTransactionJson {
  const accessList = accessListToJson(transaction);
  return {
    raw: bytesToHex(encodeTransaction(transaction)),
    tx: {
      type: `0x${transaction.type.toString(16)}`,
      nonce: bigintToQuantity(transaction.nonce),
      gasPrice: bigintToQuantity(transaction.gasPrice),
      gas: bigintToQuantity(transaction.gasLimit),
      value: bigintToQuantity(transaction.value),
      input: bytesToHex(transaction.data),
      v: bigintToQuantity(transaction.v),
      r: bigintToQuantity(transaction.r),
      s: bigintToQuantity(transaction.s),
      to: transaction.to === undefined ? null : bytesToHex(transaction.to),
      ...(accessList === undefined || transaction.type !== 1
        ? {}
        : { chainId: bigintToQuantity(transaction.chainId), accessList }),
      hash: bytesToHex(transactionHash(transaction)),
    },
  };
}
