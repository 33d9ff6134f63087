import { zeroAddress } from '@isoquorum/primitives/address';
import { emptyBytes } from '@isoquorum/primitives/bytes';
import { IsoquorumError, isIsoquorumError } from '@isoquorum/primitives/errors';
import { rulesAt } from '@isoquorum/primitives/fork';
import { evmErrors } from '../evm/texts.ts';
import { type CallInput, type CallResult, callSteps } from './call.ts';
import { intrinsicGasOf } from './intrinsic-gas.ts';
import { withNeeds } from './needs.ts';
import type { Steps, TransitionOutcome } from './types.ts';

/** The least gas with which the call succeeds, or how it fails with all gas that it may have. */
export type GasEstimate = { readonly gas: bigint } | { readonly failure: CallResult };

const leastGas = 21_000n;
/** As many non-zero bytes as a private transaction has data. */
const payloadHashLike = new Uint8Array(64).fill(0x11);

/** Undefined when the gas is not even enough to begin. */
function* attempt(input: CallInput, gas: bigint): Steps<CallResult | undefined> {
  try {
    return yield* callSteps({ ...input, request: { ...input.request, gas } });
  } catch (error) {
    if (isIsoquorumError(error, 'CALL_INTRINSIC_GAS_TOO_LOW')) return undefined;
    throw error;
  }
}

function allowance(input: CallInput): bigint {
  const { request, gasCap } = input;
  let most = request.gas !== undefined && request.gas >= leastGas ? request.gas : input.header.gasLimit;
  if (request.gasPrice !== undefined && request.gasPrice > 0n) {
    let available = input.states.publicState.account(request.from ?? zeroAddress)?.balance ?? 0n;
    if (request.value !== undefined) {
      if (request.value >= available) {
        throw new IsoquorumError('CALL_INSUFFICIENT_FUNDS', 'insufficient funds for transfer', {});
      }
      available -= request.value;
    }
    const affordable = available / request.gasPrice;
    if (affordable < most) most = affordable;
  }
  return gasCap !== undefined && gasCap > 0n && most > gasCap ? gasCap : most;
}

/** What a private transaction would cost more, since its data is a 64-byte hash; only asked for with a value of zero. */
function privateSurcharge(input: CallInput): bigint {
  const { request } = input;
  if (request.value !== 0n) return 0n;
  const rules = rulesAt(input.config, input.header.number);
  const accessList = request.accessList ?? [];
  const isCreation = request.to === undefined;
  const asPublic = intrinsicGasOf(request.data ?? emptyBytes, accessList, isCreation, rules);
  const asPrivate = intrinsicGasOf(payloadHashLike, accessList, isCreation, rules);
  return asPrivate > asPublic ? asPrivate - asPublic : 0n;
}

function* estimate(input: CallInput): Steps<GasEstimate> {
  const most = allowance(input);
  let low = leastGas - 1n;
  let high = most;
  while (low + 1n < high) {
    const middle = (low + high) / 2n;
    const result = yield* attempt(input, middle);
    if (result?.status === 'success') high = middle;
    else low = middle;
  }
  if (high === most) {
    const result = yield* attempt(input, high);
    if (result?.status !== 'success') {
      if (result !== undefined && result.error !== evmErrors.outOfGas) return { failure: result };
      throw new IsoquorumError('GAS_REQUIRED_EXCEEDS_ALLOWANCE', `gas required exceeds allowance (${most})`, {
        allowance: most.toString(),
      });
    }
  }
  return { gas: high + privateSurcharge(input) };
}

/**
 * The least gas limit with which a call succeeds, found by geth's bisection; with `value` given as zero, enough for a private
 * transaction as well (goquorum.md 2.4).
 * @throws GAS_REQUIRED_EXCEEDS_ALLOWANCE, CALL_INSUFFICIENT_FUNDS; what `options.checkDeadline` throws
 */
export function estimateGas(input: CallInput): Steps<TransitionOutcome<GasEstimate>> {
  return withNeeds(estimate(input));
}
