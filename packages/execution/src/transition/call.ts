import { addressToChecksum, zeroAddress } from '@isoquorum/primitives/address';
import { type Address, emptyBytes, type Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import type { Header } from '@isoquorum/primitives/header';
import type { AccessListEntry, Transaction } from '@isoquorum/primitives/transaction/transaction';
import { type AffectedReason, DualHost, type HostOptions } from '../evm/host.ts';
import type { Evm, EvmRunOptions, EvmStatus } from '../evm/port.ts';
import { State } from '../state/state.ts';
import type { StatePair } from '../state/types.ts';
import { createEvmBlock } from './block-environment.ts';
import { intrinsicGas } from './intrinsic-gas.ts';
import { outermostMessage, prepareAccessList, type TransactionMessage } from './message.ts';
import { withNeeds } from './needs.ts';
import { waitFor } from './steps.ts';
import type { Steps, TransitionOutcome } from './types.ts';

/** A call that leaves no trace; absent fields have geth's defaults (no sender, no value, all gas). */
export interface CallRequest {
  readonly from?: Address | undefined;
  readonly to?: Address | undefined;
  readonly gas?: bigint | undefined;
  readonly gasPrice?: bigint | undefined;
  readonly value?: bigint | undefined;
  readonly data?: Uint8Array | undefined;
  readonly accessList?: readonly AccessListEntry[] | undefined;
}

/** Where a call happens: the state after a block, and what the block says to code. */
export interface CallContext {
  readonly config: ChainConfig;
  readonly evm: Evm;
  readonly header: Header;
  /** Author of the block by its engine. */
  readonly author: Address;
  readonly states: StatePair;
  readonly blockHash: (number: number) => Hash32 | undefined;
  /** Most gas of any call (`--rpc.gascap`); no limit when absent. */
  readonly gasCap?: bigint;
  readonly options?: EvmRunOptions & HostOptions;
  /**
   * As GoQuorum's debug_traceCall has it: the private state is there also for a call to a public contract, which then cannot write; and the
   * message has run on the same states once before, so that it finds what it wrote.
   */
  readonly isTracedLikeGoQuorum?: boolean;
}

export interface CallInput extends CallContext {
  readonly request: CallRequest;
}

export interface CallResult {
  readonly status: EvmStatus;
  /** Return or revert data; for a creation the code. */
  readonly output: Uint8Array;
  readonly gasUsed: bigint;
  /** Geth's text of a failure. */
  readonly error?: string;
  readonly createdAddress?: Address;
  /** Contracts that were called or created, when the call ran over the private state. */
  readonly affected: (reason: AffectedReason) => Address[];
  /** Code, storage and accounts after the call, before it is forgotten. */
  readonly publicState: State;
  readonly privateState: State;
}

/** A call could not even start. Texts are geth's. */
export type CallErrorCode = 'CALL_INSUFFICIENT_FUNDS' | 'CALL_INTRINSIC_GAS_TOO_LOW' | 'GAS_REQUIRED_EXCEEDS_ALLOWANCE';

const allGas = (1n << 63n) - 1n;

function callError(code: CallErrorCode, text: string, gas: bigint): IsoquorumError {
  return new IsoquorumError(code, `err: ${text} (supplied gas ${gas})`, { suppliedGas: gas.toString() });
}

/** The transaction that the call pretends to be. */
function pretend(request: CallRequest, gas: bigint, chainId: bigint): TransactionMessage {
  const base = {
    nonce: 0n,
    gasPrice: request.gasPrice ?? 0n,
    gasLimit: gas,
    to: request.to,
    value: request.value ?? 0n,
    data: request.data ?? emptyBytes,
    v: 0n,
    r: 0n,
    s: 0n,
  };
  const transaction: Transaction =
    request.accessList === undefined
      ? { ...base, type: 0 }
      : { ...base, type: 1, chainId, accessList: request.accessList };
  return { transaction, sender: request.from ?? zeroAddress };
}

function* call(input: CallInput): Steps<CallResult> {
  const { request, gasCap } = input;
  const block = createEvmBlock(input.config, input.header, input.author, input.blockHash);
  let gas = request.gas ?? allGas;
  if (gasCap !== undefined && gasCap > 0n && gas > gasCap) gas = gasCap;
  const message = pretend(request, gas, block.rules.chainId);
  const { transaction, sender } = message;
  const publicState = new State(input.states.publicState);
  const ownPrivate = new State(input.states.privateState);
  // A call to a public contract sees nothing private (goquorum.md 3.4); a creation counts as a call to the zero address.
  const isDual = input.isTracedLikeGoQuorum === true || ownPrivate.exists(request.to ?? zeroAddress);
  const privateState = isDual ? ownPrivate : publicState;
  const price = gas * transaction.gasPrice;
  const balance = publicState.balance(sender);
  if (balance < price) {
    const have = `address ${addressToChecksum(sender)} have ${balance} want ${price}`;
    throw callError('CALL_INSUFFICIENT_FUNDS', `insufficient funds for gas * price + value: ${have}`, gas);
  }
  publicState.subBalance(sender, price);
  const intrinsic = intrinsicGas(transaction, block.rules);
  if (gas < intrinsic)
    throw callError('CALL_INTRINSIC_GAS_TOO_LOW', `intrinsic gas too low: have ${gas}, want ${intrinsic}`, gas);
  if (transaction.value > 0n && publicState.balance(sender) < transaction.value) {
    throw callError(
      'CALL_INSUFFICIENT_FUNDS',
      `insufficient funds for transfer: address ${addressToChecksum(sender)}`,
      gas,
    );
  }
  prepareAccessList(publicState, block, message);
  if (privateState !== publicState) prepareAccessList(privateState, block, message);
  if (transaction.to !== undefined) publicState.setNonce(sender, publicState.nonce(sender) + 1n);
  const host = new DualHost(
    block,
    { origin: sender, gasPrice: transaction.gasPrice },
    publicState,
    privateState,
    input.options,
  );
  const outermost = outermostMessage(message, transaction.data, gas - intrinsic);
  if (input.isTracedLikeGoQuorum === true) {
    const { tracer: _tracer, ...untraced } = input.options ?? {};
    yield* waitFor(input.evm.run(host, outermost, untraced));
    publicState.goOnUnsettled();
    if (privateState !== publicState) privateState.goOnUnsettled();
    prepareAccessList(publicState, block, message);
  }
  const result = yield* waitFor(input.evm.run(host, outermost, input.options));
  const used = gas - result.gasLeft;
  const refund = publicState.refund < used / 2n ? publicState.refund : used / 2n;
  return {
    ...result,
    gasUsed: used - refund,
    affected: (reason) => host.affectedContracts(reason),
    publicState,
    privateState,
  };
}

/**
 * Runs a call on the state after a block (eth_call). Missing data gives `needs`; a failing call is a result, not an error.
 * @throws CALL_INSUFFICIENT_FUNDS, CALL_INTRINSIC_GAS_TOO_LOW; what `options.checkDeadline` throws
 */
export function callContract(input: CallInput): Steps<TransitionOutcome<CallResult>> {
  return withNeeds(call(input));
}

/** The same without the wrapping, for what calls many times. */
export { call as callSteps };
