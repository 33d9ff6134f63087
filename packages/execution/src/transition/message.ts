import { addressToChecksum } from '@isoquorum/primitives/address';
import { type Address, emptyBytes } from '@isoquorum/primitives/bytes';
import { bytesToBigint } from '@isoquorum/primitives/integer';
import type { Transaction } from '@isoquorum/primitives/transaction/transaction';
import { DualHost, type HostOptions } from '../evm/host.ts';
import type { Evm, EvmBlock, EvmMessage, EvmResult, EvmRunOptions } from '../evm/port.ts';
import { isPrivacyPrecompile } from '../evm/precompile-range.ts';
import { evmErrors } from '../evm/texts.ts';
import type { State } from '../state/state.ts';
import { transactionError } from './errors.ts';
import { intrinsicGas } from './intrinsic-gas.ts';
import { waitFor } from './steps.ts';
import type { Steps } from './types.ts';

/** Gas that a block has left for transactions. */
export interface GasPool {
  left: bigint;
}

/** A message as the transition sees it. */
export interface TransactionMessage {
  readonly transaction: Transaction;
  readonly sender: Address;
}

export interface MessageResult {
  /** As counted by the block: 0 for a private transaction. */
  readonly gasUsed: bigint;
  readonly isFailed: boolean;
  readonly result: EvmResult | undefined;
}

/** Nonce, funds and gas pool of a transaction (geth `preCheck` and `buyGas`), against the public state. */
function buyGas(state: State, pool: GasPool, { transaction, sender }: TransactionMessage): void {
  const nonce = state.nonce(sender);
  if (nonce !== transaction.nonce) {
    const isLow = transaction.nonce < nonce;
    const text = `nonce too ${isLow ? 'low' : 'high'}: address ${addressToChecksum(sender)}, tx: ${transaction.nonce} state: ${nonce}`;
    throw transactionError(isLow ? 'NONCE_TOO_LOW' : 'NONCE_TOO_HIGH', text);
  }
  const price = transaction.gasLimit * transaction.gasPrice;
  const balance = state.balance(sender);
  if (balance < price) {
    const text = `insufficient funds for gas * price + value: address ${addressToChecksum(sender)} have ${balance} want ${price}`;
    throw transactionError('INSUFFICIENT_FUNDS', text);
  }
  if (pool.left < transaction.gasLimit) throw transactionError('GAS_LIMIT_REACHED', 'gas limit reached');
  pool.left -= transaction.gasLimit;
  state.subBalance(sender, price);
}

function payIntrinsicGas(transaction: Transaction, block: EvmBlock): bigint {
  const intrinsic = intrinsicGas(transaction, block.rules);
  if (transaction.gasLimit < intrinsic) {
    throw transactionError(
      'INTRINSIC_GAS_TOO_LOW',
      `intrinsic gas too low: have ${transaction.gasLimit}, want ${intrinsic}`,
    );
  }
  return intrinsic;
}

function checkValue(state: State, { transaction, sender }: TransactionMessage): void {
  if (transaction.value > 0n && state.balance(sender) < transaction.value) {
    throw transactionError(
      'INSUFFICIENT_FUNDS_FOR_TRANSFER',
      `insufficient funds for transfer: address ${addressToChecksum(sender)}`,
    );
  }
}

/** Marks what a transaction accesses from the start (EIP-2929, EIP-2930); the host does so for precompiled contracts. */
export function prepareAccessList(state: State, block: EvmBlock, { transaction, sender }: TransactionMessage): void {
  if (!block.rules.isBerlin) return;
  state.accessAddress(sender);
  if (transaction.to !== undefined) state.accessAddress(transaction.to);
  if (transaction.type !== 1) return;
  for (const { address, storageKeys } of transaction.accessList) {
    state.accessAddress(address);
    for (const key of storageKeys) state.accessSlot(address, bytesToBigint(key));
  }
}

function settle(
  state: State,
  pool: GasPool,
  message: TransactionMessage,
  gasLeft: bigint,
  rewardAccount: Address,
): void {
  const { transaction, sender } = message;
  state.addBalance(sender, gasLeft * transaction.gasPrice);
  pool.left += gasLeft;
  state.addBalance(rewardAccount, (transaction.gasLimit - gasLeft) * transaction.gasPrice);
}

/** The outermost message of a transaction. */
export function outermostMessage(message: TransactionMessage, input: Uint8Array, gas: bigint): EvmMessage {
  const { transaction, sender } = message;
  const to = transaction.to ?? sender;
  return {
    kind: transaction.to === undefined ? 'create' : 'call',
    caller: sender,
    codeAddress: to,
    address: to,
    input,
    gas,
    value: transaction.value,
    isStatic: false,
    depth: 0,
  };
}

/** With multiple private states the public part is run with the digest blanked out (goquorum.md 5.2, 14.9). */
const blankedDigest = new Uint8Array(64);

/** The message of a private transaction with its digest blanked out. */
export function withBlankedDigest(message: TransactionMessage): TransactionMessage {
  return { ...message, transaction: { ...message.transaction, data: blankedDigest } };
}

/**
 * What a private transaction does to the public state, on every node alike, whether a party or not (goquorum.md 2.7): a
 * nonce, its intrinsic gas and its price. The block counts no gas for it.
 * @throws a transaction error
 */
export function applyPrivateEnvelope(
  state: State,
  block: EvmBlock,
  pool: GasPool,
  message: TransactionMessage,
  rewardAccount: Address,
  isMps: boolean,
): MessageResult {
  const { transaction } = message;
  buyGas(state, pool, message);
  state.setNonce(message.sender, transaction.nonce + 1n);
  const intrinsic = payIntrinsicGas(isMps ? withBlankedDigest(message).transaction : transaction, block);
  checkValue(state, message);
  settle(state, pool, message, transaction.gasLimit - intrinsic, rewardAccount);
  return { gasUsed: 0n, isFailed: false, result: undefined };
}

/**
 * A marker with value: GoQuorum takes the value from the private state, where nobody has any, so that no such transaction is ever mined
 * (goquorum.md 14.4); once the precompile's address has an account of its own it counts as a private contract calling a public one. All
 * nodes of a chain have to agree on this.
 */
function refuseMarkerValue(state: State, { rules }: EvmBlock, message: EvmMessage): EvmResult | undefined {
  if (!rules.isQuorum || message.kind !== 'call' || message.value === 0n) return undefined;
  if (!isPrivacyPrecompile(message.codeAddress, rules)) return undefined;
  const error = state.exists(message.codeAddress) ? evmErrors.readOnlyValueTransfer : evmErrors.insufficientBalance;
  return { status: 'failure', gasLeft: message.gas, output: emptyBytes, error };
}

/** Runs a public transaction. @throws a transaction error when it cannot be part of the block */
export function* applyPublicMessage(
  evm: Evm,
  state: State,
  block: EvmBlock,
  pool: GasPool,
  message: TransactionMessage,
  rewardAccount: Address,
  options: EvmRunOptions & HostOptions = {},
): Steps<MessageResult> {
  const { transaction, sender } = message;
  buyGas(state, pool, message);
  const intrinsic = payIntrinsicGas(transaction, block);
  checkValue(state, message);
  prepareAccessList(state, block, message);
  if (transaction.to !== undefined) state.setNonce(sender, transaction.nonce + 1n);
  const host = new DualHost(block, { origin: sender, gasPrice: transaction.gasPrice }, state, state, options);
  const outermost = outermostMessage(message, transaction.data, transaction.gasLimit - intrinsic);
  const result = refuseMarkerValue(state, block, outermost) ?? (yield* waitFor(evm.run(host, outermost, options)));
  if (result.error === evmErrors.insufficientBalance && block.rules.isQuorum) {
    throw transactionError('INSUFFICIENT_BALANCE', evmErrors.insufficientBalance);
  }
  const used = transaction.gasLimit - result.gasLeft;
  const refund = state.refund < used / 2n ? state.refund : used / 2n;
  const gasLeft = result.gasLeft + refund;
  settle(state, pool, message, gasLeft, rewardAccount);
  return { gasUsed: transaction.gasLimit - gasLeft, isFailed: result.status !== 'success', result };
}
