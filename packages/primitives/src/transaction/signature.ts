import { type Address, emptyBytes, type Hash32 } from '../bytes.ts';
import { IsoquorumError } from '../errors.ts';
import { concatBytes } from '../hex.ts';
import { bigintToBytes, writeBigint } from '../integer.ts';
import { keccak256 } from '../keccak.ts';
import { emptyRlpString, encodeRlp } from '../rlp.ts';
import {
  publicKeyToAddress,
  recoverPublicKeyFromBytes,
  secp256k1HalfOrder,
  secp256k1Order,
  signDigest,
} from '../secp256k1.ts';
import { encodeSignedFields, wrapFields } from './codec.ts';
import { memoOf } from './memo.ts';
import { isPrivateTransaction } from './private.ts';
import type { Transaction, UnsignedTransaction } from './types.ts';

/** Signature or chain id of a transaction is not acceptable. Texts are geth's. */
export type TransactionSignatureErrorCode =
  | 'TRANSACTION_SIGNATURE_INVALID'
  | 'TRANSACTION_CHAIN_ID_MISMATCH'
  | 'TRANSACTION_TYPE_NOT_SUPPORTED';

/** What signature recovery needs; a batch of these can go to a worker. */
export interface RecoveryInput {
  readonly digest: Hash32;
  /** r and s, 32 bytes each. */
  readonly signature: Uint8Array;
  readonly recoveryId: number;
}

function signatureInvalid(): never {
  throw new IsoquorumError('TRANSACTION_SIGNATURE_INVALID', 'invalid transaction v, r, s values', { field: 'v, r, s' });
}

function chainIdMismatch(have: bigint, want: bigint | undefined): never {
  throw new IsoquorumError('TRANSACTION_CHAIN_ID_MISMATCH', 'invalid chain id for signer', {
    field: 'chainId',
    have: have.toString(),
    want: want?.toString(),
  });
}

/** True for a typed transaction and for a legacy V that names a chain id (private ones count as protected). */
export function isProtectedTransaction(transaction: Transaction): boolean {
  return transaction.type !== 0 || !(transaction.v === 27n || transaction.v === 28n || transaction.v <= 1n);
}

/** The chain id that the transaction names; `undefined` for Homestead and private signatures. */
export function transactionChainId(transaction: Transaction): bigint | undefined {
  if (transaction.type === 1) return transaction.chainId;
  if (transaction.v < 35n || isPrivateTransaction(transaction)) return undefined;
  return (transaction.v - 35n) / 2n;
}

/** List header, fields, and for EIP-155 the tail [chainId, 0, 0], hashed. */
function hashFields(type: 0 | 1, fields: Uint8Array, protectedChainId: bigint | undefined): Hash32 {
  if (type === 1) return keccak256(wrapFields(1, fields, emptyBytes));
  if (protectedChainId === undefined) return keccak256(wrapFields(undefined, fields, emptyBytes));
  return keccak256(wrapFields(undefined, fields, chainIdTail(protectedChainId)));
}

let lastTail: { readonly chainId: bigint; readonly bytes: Uint8Array } | undefined;

/** Encoded [chainId, 0, 0] without list header; the last one is kept, as a process mostly sees one chain. */
function chainIdTail(chainId: bigint): Uint8Array {
  if (lastTail?.chainId === chainId) return lastTail.bytes;
  const bytes = concatBytes(encodeRlp(bigintToBytes(chainId)), emptyRlpString, emptyRlpString);
  lastTail = { chainId, bytes };
  return bytes;
}

/**
 * The hash that the sender signs. Legacy: with `chainId` the EIP-155 form, without it the Homestead form, which private
 * transactions always use. Typed: EIP-2930, where `chainId` is not looked at.
 */
export function transactionSigningHash(
  transaction: Transaction | UnsignedTransaction,
  chainId: bigint | undefined,
): Hash32 {
  const signed = 'v' in transaction ? transaction : undefined;
  const fields = (signed && memoOf(signed).signedFields) ?? encodeSignedFields(transaction);
  const isPrivate = signed !== undefined && isPrivateTransaction(signed);
  return hashFields(transaction.type, fields, isPrivate ? undefined : chainId);
}

/**
 * Digest, signature and recovery id of a transaction, all ranges checked: what a worker needs to recover its sender.
 * @param chainId the chain's id; `undefined` before EIP-155, when only Homestead and private signatures are valid
 * @param isHomestead false before Homestead, when a high s was allowed too
 * @throws TRANSACTION_SIGNATURE_INVALID, TRANSACTION_CHAIN_ID_MISMATCH
 */
export function transactionRecoveryInput(
  transaction: Transaction,
  chainId: bigint | undefined,
  isHomestead = true,
): RecoveryInput {
  const { v, r, s } = transaction;
  let recovery: bigint;
  let protectedChainId: bigint | undefined;
  if (transaction.type === 1) {
    if (chainId === undefined)
      throw new IsoquorumError('TRANSACTION_TYPE_NOT_SUPPORTED', 'transaction type not supported', { field: 'type' });
    if (transaction.chainId !== chainId) chainIdMismatch(transaction.chainId, chainId);
    recovery = v;
  } else if (isPrivateTransaction(transaction)) {
    recovery = v - 37n;
  } else if (chainId !== undefined && isProtectedTransaction(transaction)) {
    protectedChainId = transactionChainId(transaction);
    if (protectedChainId !== chainId) chainIdMismatch(protectedChainId ?? 0n, chainId);
    recovery = v - 35n - 2n * chainId;
  } else {
    recovery = v - 27n;
  }
  if (recovery !== 0n && recovery !== 1n) signatureInvalid();
  const greatest = isHomestead ? secp256k1HalfOrder : secp256k1Order - 1n;
  if (r <= 0n || s <= 0n || r >= secp256k1Order || s > greatest) signatureInvalid();
  const signature = new Uint8Array(64);
  writeBigint(r, 32, signature, 0);
  writeBigint(s, 32, signature, 32);
  return {
    digest: transactionSigningHash(transaction, protectedChainId),
    signature,
    recoveryId: Number(recovery),
  };
}

/**
 * The account that signed, remembered. A V of 37/38 is always read as private.
 * @param chainId the chain's id; `undefined` before EIP-155
 * @param isHomestead false before Homestead, when a high s was allowed too
 * @throws TRANSACTION_SIGNATURE_INVALID, TRANSACTION_CHAIN_ID_MISMATCH, TRANSACTION_TYPE_NOT_SUPPORTED (typed, no chain id)
 */
export function transactionSender(transaction: Transaction, chainId: bigint | undefined, isHomestead = true): Address {
  const memo = memoOf(transaction);
  if (memo.sender !== undefined && memo.senderChainId === chainId) return memo.sender;
  const { digest, signature, recoveryId } = transactionRecoveryInput(transaction, chainId, isHomestead);
  let publicKey: Uint8Array;
  try {
    publicKey = recoverPublicKeyFromBytes(digest, signature, recoveryId);
  } catch {
    signatureInvalid();
  }
  const sender = publicKeyToAddress(publicKey);
  memo.sender = sender;
  memo.senderChainId = chainId;
  return sender;
}

/** The remembered sender for this chain id, if any: lets a batch skip what is known. */
export function knownTransactionSender(transaction: Transaction, chainId: bigint | undefined): Address | undefined {
  const memo = memoOf(transaction);
  return memo.senderChainId === chainId ? memo.sender : undefined;
}

/** Remembers a sender that another thread recovered from {@link transactionRecoveryInput} with the same chain id. */
export function rememberTransactionSender(
  transaction: Transaction,
  chainId: bigint | undefined,
  sender: Address,
): void {
  const memo = memoOf(transaction);
  memo.sender = sender;
  memo.senderChainId = chainId;
}

/** Remembers the hash that another thread made of {@link encodeTransaction}. */
export function rememberTransactionHash(transaction: Transaction, hash: Hash32): void {
  memoOf(transaction).hash = hash;
}

/**
 * Signs. Legacy: EIP-155 when `chainId` is given, else Homestead (27/28); with `isPrivate` the private form (37/38), whatever
 * the chain id. Typed: EIP-2930 over its own chain id.
 * @throws PRIVATE_KEY_INVALID; TRANSACTION_TYPE_NOT_SUPPORTED for a typed private one
 */
export function signTransaction(
  transaction: UnsignedTransaction,
  privateKey: Uint8Array,
  options: { readonly chainId?: bigint | undefined; readonly isPrivate?: boolean } = {},
): Transaction {
  const isPrivate = options.isPrivate === true;
  if (transaction.type === 1) {
    if (isPrivate)
      throw new IsoquorumError('TRANSACTION_TYPE_NOT_SUPPORTED', 'transaction type not supported', { field: 'type' });
    const { r, s, recoveryId } = signDigest(hashFields(1, encodeSignedFields(transaction), undefined), privateKey);
    return { ...transaction, v: BigInt(recoveryId), r, s };
  }
  const chainId = isPrivate ? undefined : options.chainId;
  const { r, s, recoveryId } = signDigest(hashFields(0, encodeSignedFields(transaction), chainId), privateKey);
  const base = isPrivate ? 37n : chainId === undefined ? 27n : 35n + 2n * chainId;
  return { ...transaction, v: base + BigInt(recoveryId), r, s };
}
