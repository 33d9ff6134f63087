import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bigintToBytes } from '@isoquorum/primitives/integer';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { encodeRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { recoverAddress, secp256k1HalfOrder } from '@isoquorum/primitives/secp256k1';
import type { AccessListEntry } from '@isoquorum/primitives/transaction/transaction';

/** A transaction of EIP-1559, which GoQuorum does not have: for the tests of forks from London on. */
export interface DynamicFeeTransaction {
  readonly chainId: bigint;
  readonly nonce: bigint;
  readonly maxPriorityFee: bigint;
  readonly maxFee: bigint;
  readonly gasLimit: bigint;
  readonly to: Address | undefined;
  readonly data: Uint8Array;
  readonly accessList: readonly AccessListEntry[];
  readonly sender: Address;
  readonly hash: Hash32;
}

const LIST_MOST = 1_000;

function readAccessList(reader: RlpReader): AccessListEntry[] {
  const readEntry = (outer: RlpReader): AccessListEntry => {
    const entry = outer.readList('accessList');
    const address = entry.readFixed(20, 'accessList.address');
    const readKey = (keys: RlpReader): Hash32 => keys.readFixed(32, 'accessList.storageKeys');
    const storageKeys = entry.readListOf('accessList.storageKeys', readKey, LIST_MOST);
    entry.end('accessList');
    return { address, storageKeys };
  };
  return reader.readListOf('accessList', readEntry, LIST_MOST);
}

/** Decodes `0x02 || rlp(…)` and recovers its sender. @throws IsoquorumError when the encoding or the signature is invalid */
export function decodeDynamicFeeTransaction(encoded: Uint8Array): DynamicFeeTransaction {
  const outer = new RlpReader(encoded, 1);
  const reader = outer.readList('transaction');
  outer.end('transaction');
  const chainId = reader.readBigint('chainId');
  const nonce = reader.readBigint('nonce', 8);
  const maxPriorityFee = reader.readBigint('maxPriorityFeePerGas');
  const maxFee = reader.readBigint('maxFeePerGas');
  const gasLimit = reader.readBigint('gas', 8);
  const to = reader.readOptionalFixed(20, 'to');
  const value = reader.readBigint('value');
  const data = reader.readBytes('input');
  const accessList = readAccessList(reader);
  const v = reader.readBigint('v');
  const r = reader.readBigint('r');
  const s = reader.readBigint('s');
  reader.end('transaction');
  if (v > 1n || s > secp256k1HalfOrder)
    throw new IsoquorumError('TRANSACTION_SIGNATURE_INVALID', 'invalid transaction v, r, s values', {});
  const numbers = [chainId, nonce, maxPriorityFee, maxFee, gasLimit].map(bigintToBytes);
  const list = accessList.map(({ address, storageKeys }) => [address, [...storageKeys]]);
  const unsigned = encodeRlp([...numbers, to ?? new Uint8Array(0), bigintToBytes(value), data, list]);
  const digest = keccak256(Uint8Array.from([2, ...unsigned]));
  const sender = recoverAddress(digest, r, s, Number(v));
  return { chainId, nonce, maxPriorityFee, maxFee, gasLimit, to, data, accessList, sender, hash: keccak256(encoded) };
}
