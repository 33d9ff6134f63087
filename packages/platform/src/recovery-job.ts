import type { Address } from '@isoquorum/primitives/bytes';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { publicKeyToAddress, recoverPublicKeyFromBytes } from '@isoquorum/primitives/secp256k1';
import {
  decodeTransactionItem,
  encodeTransactionItem,
  knownTransactionSender,
  type RecoveryInput,
  rememberTransactionHash,
  rememberTransactionSender,
  type Transaction,
  transactionHash,
  transactionRecoveryInput,
} from '@isoquorum/primitives/transaction/transaction';

/*
 * What crosses to a thread and back, as one transferable block of bytes each. A job is a kind byte and its body:
 * signatures (digest 32, r and s 64, recovery id 1 each) or transactions (chain id, then the items of a block body).
 */
const signaturesKind = 0;
const transactionsKind = 1;
const signatureLength = 97;
/** Found flag 1, address 20. */
const senderLength = 21;
/** Sender as above, transaction hash 32. */
const identityLength = senderLength + 32;
/** Chain id, eight bytes behind the kind; all ones for "none". */
const chainIdLength = 8;
const noChainId = 0xffff_ffff_ffff_ffffn;

/** One signer, or `undefined`. */
export function recoverOne(input: RecoveryInput): Address | undefined {
  try {
    return publicKeyToAddress(recoverPublicKeyFromBytes(input.digest, input.signature, input.recoveryId));
  } catch (error) {
    if (isIsoquorumError(error, 'SIGNATURE_INVALID')) return undefined;
    throw error;
  }
}

export function packSignatures(batch: readonly RecoveryInput[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(1 + batch.length * signatureLength);
  bytes[0] = signaturesKind;
  batch.forEach((input, index) => {
    const offset = 1 + index * signatureLength;
    bytes.set(input.digest, offset);
    bytes.set(input.signature, offset + 32);
    bytes[offset + 96] = input.recoveryId;
  });
  return bytes;
}

/** @param chainId as the argument of `transactionSender` */
export function packTransactions(
  transactions: readonly Transaction[],
  chainId: bigint | undefined,
): Uint8Array<ArrayBuffer> {
  const items = transactions.map(encodeTransactionItem);
  let length = 1 + chainIdLength;
  for (const item of items) length += item.length;
  const bytes = new Uint8Array(length);
  bytes[0] = transactionsKind;
  new DataView(bytes.buffer).setBigUint64(1, chainId ?? noChainId);
  let offset = 1 + chainIdLength;
  for (const item of items) {
    bytes.set(item, offset);
    offset += item.length;
  }
  return bytes;
}

function writeSender(sender: Address | undefined, target: Uint8Array, offset: number): void {
  if (sender === undefined) return;
  target[offset] = 1;
  target.set(sender, offset + 1);
}

function runSignatures(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const count = (bytes.length - 1) / signatureLength;
  const senders = new Uint8Array(count * senderLength);
  for (let index = 0; index < count; index++) {
    const offset = 1 + index * signatureLength;
    const sender = recoverOne({
      digest: bytes.subarray(offset, offset + 32),
      signature: bytes.subarray(offset + 32, offset + 96),
      recoveryId: bytes[offset + 96] as number,
    });
    writeSender(sender, senders, index * senderLength);
  }
  return senders;
}

/** The sender, or `undefined` when signature or chain id are not acceptable: `transactionSender` says why. */
function senderOf(transaction: Transaction, chainId: bigint | undefined): Address | undefined {
  try {
    return recoverOne(transactionRecoveryInput(transaction, chainId));
  } catch (error) {
    if (isIsoquorumError(error)) return undefined;
    throw error;
  }
}

function runTransactions(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const id = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(1);
  const chainId = id === noChainId ? undefined : id;
  const reader = new RlpReader(bytes, 1 + chainIdLength);
  const transactions: Transaction[] = [];
  while (reader.hasMore) transactions.push(decodeTransactionItem(reader));
  const identities = new Uint8Array(transactions.length * identityLength);
  transactions.forEach((transaction, index) => {
    const offset = index * identityLength;
    writeSender(senderOf(transaction, chainId), identities, offset);
    identities.set(transactionHash(transaction), offset + senderLength);
  });
  return identities;
}

/** Does a job, in whichever thread this runs. */
export function runJob(job: Uint8Array): Uint8Array<ArrayBuffer> {
  return job[0] === transactionsKind ? runTransactions(job) : runSignatures(job);
}

function readSender(bytes: Uint8Array, offset: number): Address | undefined {
  return bytes[offset] === 1 ? bytes.slice(offset + 1, offset + senderLength) : undefined;
}

/** The answer to {@link packSignatures}. */
export function unpackSenders(bytes: Uint8Array): (Address | undefined)[] {
  return Array.from({ length: bytes.length / senderLength }, (_, index) => readSender(bytes, index * senderLength));
}

/** As a thread would, in this one: hashes and senders are remembered on the transactions. */
export function recoverIdentities(transactions: readonly Transaction[], chainId: bigint | undefined): void {
  for (const transaction of transactions) {
    transactionHash(transaction);
    if (knownTransactionSender(transaction, chainId) !== undefined) continue;
    const sender = senderOf(transaction, chainId);
    if (sender !== undefined) rememberTransactionSender(transaction, chainId, sender);
  }
}

/** Takes the answer to {@link packTransactions} and remembers hashes and senders on the transactions. */
export function rememberIdentities(
  transactions: readonly Transaction[],
  chainId: bigint | undefined,
  bytes: Uint8Array,
): void {
  transactions.forEach((transaction, index) => {
    const offset = index * identityLength;
    const sender = readSender(bytes, offset);
    if (sender !== undefined) rememberTransactionSender(transaction, chainId, sender);
    rememberTransactionHash(transaction, bytes.slice(offset + senderLength, offset + identityLength));
  });
}
