import { DualHost } from '@isoquorum/execution/evm/host';
import type { Evm, EvmBlock, EvmMessage } from '@isoquorum/execution/evm/port';
import { activePrecompiles } from '@isoquorum/execution/evm/precompile-range';
import type { State } from '@isoquorum/execution/state/state';
import { intrinsicGasOf } from '@isoquorum/execution/transition/intrinsic-gas';
import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { bytesToBigint } from '@isoquorum/primitives/integer';
import type { AccessListEntry } from '@isoquorum/primitives/transaction/transaction';

/** A transaction of a state test, of any type up to EIP-4844, its sender known. */
export interface StateTestTransaction {
  readonly type: number;
  readonly sender: Address;
  readonly to: Address | undefined;
  readonly nonce: bigint;
  readonly gasLimit: bigint;
  readonly value: bigint;
  readonly data: Uint8Array;
  /** Highest price per gas; the price itself for types 0 and 1. */
  readonly maxFee: bigint;
  readonly maxPriorityFee: bigint;
  readonly accessList: readonly AccessListEntry[];
  readonly blobHashes: readonly Hash32[];
  readonly maxBlobFee: bigint;
}

/** The transaction cannot be part of the block: nothing of it happens. */
export class InvalidTransaction extends Error {}

const MAX_INIT_CODE = 49_152;
const BLOB_GAS = 131_072n;
const MAX_BLOBS = 6;
const LAST_NONCE = (1n << 64n) - 1n;
const LIMIT = 1n << 256n;

function refuse(isWrong: boolean, reason: string): void {
  if (isWrong) throw new InvalidTransaction(reason);
}

function checkType({ type, blobHashes, to }: StateTestTransaction, block: EvmBlock): void {
  const { rules } = block;
  const isKnown =
    type === 0 || (type === 1 && rules.isBerlin) || (type === 2 && rules.isLondon) || (type === 3 && rules.isCancun);
  refuse(isKnown !== true, `transaction type ${type} not supported`);
  if (type !== 3) return;
  refuse(to === undefined, 'a blob transaction creates no contract');
  refuse(blobHashes.length === 0 || blobHashes.length > MAX_BLOBS, `${blobHashes.length} blobs`);
  refuse(
    blobHashes.some((hash) => hash[0] !== 1),
    'unknown version of a blob hash',
  );
}

function checkSender(state: State, { sender, nonce }: StateTestTransaction): void {
  refuse(state.nonce(sender) !== nonce, `nonce ${nonce}, not ${state.nonce(sender)}`);
  refuse(nonce >= LAST_NONCE, 'the nonce has no successor');
  refuse(state.hasCode(sender), 'the sender has code');
}

interface Fees {
  readonly gasPrice: bigint;
  /** Part of the price that the coinbase gets. */
  readonly tip: bigint;
  readonly blobFee: bigint;
}

function checkFees(state: State, transaction: StateTestTransaction, block: EvmBlock, blobBaseFee: bigint): Fees {
  const { maxFee, maxPriorityFee, gasLimit, value, sender, blobHashes, maxBlobFee } = transaction;
  const baseFee = block.rules.isLondon === true ? (block.baseFee ?? 0n) : 0n;
  refuse(maxPriorityFee > maxFee, 'priority fee above the fee');
  refuse(maxFee < baseFee, 'fee below the base fee');
  refuse(maxFee >= LIMIT || value >= LIMIT, 'a number is too large');
  const blobGas = BLOB_GAS * BigInt(blobHashes.length);
  refuse(blobGas > 0n && maxBlobFee < blobBaseFee, 'blob fee below the base fee');
  const wanted = gasLimit * maxFee + value + blobGas * maxBlobFee;
  refuse(wanted >= LIMIT || state.balance(sender) < wanted, 'insufficient funds');
  refuse(gasLimit > block.gasLimit, 'gas limit reached');
  const tip = maxPriorityFee < maxFee - baseFee ? maxPriorityFee : maxFee - baseFee;
  return { gasPrice: baseFee + tip, tip, blobFee: blobGas * blobBaseFee };
}

function checkIntrinsicGas({ data, accessList, to, gasLimit }: StateTestTransaction, block: EvmBlock): bigint {
  const isCreation = to === undefined;
  const hasInitCodeRule = isCreation && block.rules.isShanghai === true;
  const initCodeGas = hasInitCodeRule ? 2n * BigInt(Math.ceil(data.length / 32)) : 0n;
  const gas = intrinsicGasOf(data, accessList, isCreation, block.rules) + initCodeGas;
  refuse(gasLimit < gas, `intrinsic gas ${gas}`);
  refuse(hasInitCodeRule && data.length > MAX_INIT_CODE, 'init code too long');
  return gas;
}

function warmUp(state: State, { sender, to, accessList }: StateTestTransaction, block: EvmBlock): void {
  const { rules, coinbase } = block;
  if (!rules.isBerlin) return;
  for (const address of [sender, ...(to === undefined ? [] : [to]), ...activePrecompiles(rules)])
    state.accessAddress(address);
  if (rules.isShanghai === true) state.accessAddress(coinbase);
  for (const { address, storageKeys } of accessList) {
    state.accessAddress(address);
    for (const key of storageKeys) state.accessSlot(address, bytesToBigint(key));
  }
}

/**
 * Applies a transaction by Ethereum's rules of any fork, London's fees, refunds and blobs included. GoQuorum's own
 * transition stops at Berlin; this one exists so that engines can be tested with what came later.
 * @throws InvalidTransaction before anything is changed
 */
export async function applyStateTestTransaction(
  evm: Evm,
  state: State,
  block: EvmBlock,
  blobBaseFee: bigint,
  transaction: StateTestTransaction,
): Promise<void> {
  const { sender, to, data, value, gasLimit, nonce } = transaction;
  checkType(transaction, block);
  checkSender(state, transaction);
  const fees = checkFees(state, transaction, block, blobBaseFee);
  const intrinsic = checkIntrinsicGas(transaction, block);
  state.subBalance(sender, gasLimit * fees.gasPrice + fees.blobFee);
  warmUp(state, transaction, block);
  if (to !== undefined) state.setNonce(sender, nonce + 1n);
  const target = to ?? sender;
  const message: EvmMessage = {
    kind: to === undefined ? 'create' : 'call',
    caller: sender,
    codeAddress: target,
    address: target,
    input: data,
    gas: gasLimit - intrinsic,
    value,
    isStatic: false,
    depth: 0,
  };
  const host = new DualHost(
    block,
    { origin: sender, gasPrice: fees.gasPrice, blobHashes: transaction.blobHashes },
    state,
    state,
  );
  const result = await evm.run(host, message);
  const used = gasLimit - result.gasLeft;
  const mostRefund = used / (block.rules.isLondon === true ? 5n : 2n);
  const gasLeft = result.gasLeft + (state.refund < mostRefund ? state.refund : mostRefund);
  state.addBalance(sender, gasLeft * fees.gasPrice);
  state.addBalance(block.coinbase, (gasLimit - gasLeft) * fees.tip);
}
