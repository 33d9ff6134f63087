import type { Address } from '../bytes.ts';
import { IsoquorumError } from '../errors.ts';
import type { ChainConfig } from './chain-config.ts';
import { isReached, lastTransitionValue, transitionsUntil } from './transitions.ts';

/** Least code size limit of the EVM, bytes (EIP-170). */
export const eip170CodeSize = 24_576;
/** Wei; gas limits of goquorum.md 1.4. */
export const defaultMinerGasLimit = 700_000_000n;
export const defaultTransactionSizeLimit = 64;

/**
 * Largest transaction, KB. As in the original, a transition in force that does not mention the limit resets it to
 * `txnSizeLimit` (goquorum.md 1.2).
 */
export function transactionSizeLimitAt(config: ChainConfig, number: number): number {
  const reached = transitionsUntil(config, number);
  return reached.at(-1)?.transactionSizeLimit || config.txnSizeLimit || defaultTransactionSizeLimit;
}

/** Largest contract code, bytes, as configured; the EVM takes at least {@link eip170CodeSize}: see {@link codeSizeLimitAt}. */
export function maxCodeSizeAt(config: ChainConfig, number: number): number {
  let bytes = eip170CodeSize;
  if (config.maxCodeSizeConfig.length > 0) {
    for (const entry of config.maxCodeSizeConfig) {
      if ((entry.block ?? 0) > number) break;
      bytes = entry.size * 1024;
    }
  } else if (config.maxCodeSize > 0) {
    const from = config.maxCodeSizeChangeBlock;
    if (from === undefined || from <= number) bytes = config.maxCodeSize * 1024;
  }
  const kilobytes = lastTransitionValue(config, number, (transition) => transition.contractSizeLimit || undefined);
  return kilobytes === undefined ? bytes : kilobytes * 1024;
}

/** The limit that the EVM enforces under EIP-158, bytes. */
export function codeSizeLimitAt(config: ChainConfig, number: number): number {
  return Math.max(maxCodeSizeAt(config, number), eip170CodeSize);
}

export function isQip714At(config: ChainConfig, number: number): boolean {
  const switched = lastTransitionValue(config, number, (transition) => transition.enhancedPermissioningEnabled);
  return isReached(config.qip714Block, number) || switched === true;
}

export function isPrivacyEnhancementsEnabledAt(config: ChainConfig, number: number): boolean {
  const switched = lastTransitionValue(config, number, (transition) => transition.privacyEnhancementsEnabled);
  return isReached(config.privacyEnhancementsBlock, number) || switched === true;
}

export function isPrivacyPrecompileEnabledAt(config: ChainConfig, number: number): boolean {
  const switched = lastTransitionValue(config, number, (transition) => transition.privacyPrecompileEnabled);
  return isReached(config.privacyPrecompileBlock, number) || switched === true;
}

export function isGasPriceEnabledAt(config: ChainConfig, number: number): boolean {
  const switched = lastTransitionValue(config, number, (transition) => transition.gasPriceEnabled);
  return isReached(config.enableGasPriceBlock, number) || switched === true;
}

/** Least gas limit of the block after `number`, for proposers. */
export function minerGasLimitAt(config: ChainConfig, number: number): bigint {
  const limit = lastTransitionValue(config, number, (transition) => transition.minerGasLimit || undefined);
  return limit ?? defaultMinerGasLimit;
}

/** Wei that QBFT adds to the reward account of block `number`. */
export function blockRewardAt(config: ChainConfig, number: number): bigint {
  return lastTransitionValue(config, number, (transition) => transition.blockReward) ?? config.qbft?.blockReward ?? 0n;
}

/**
 * Who gets reward and fees of block `number`: `coinbase`, or the fixed beneficiary.
 * @throws BENEFICIARY_MODE_INVALID
 */
export function rewardAccountAt(config: ChainConfig, number: number, coinbase: Address): Address {
  let mode = 'validator';
  let beneficiary: Address | undefined;
  if (config.qbft?.miningBeneficiary !== undefined) {
    mode = 'fixed';
    beneficiary = config.qbft.miningBeneficiary;
  }
  mode = config.qbft?.beneficiaryMode ?? mode;
  for (const transition of transitionsUntil(config, number)) {
    const wanted = transition.beneficiaryMode;
    if (wanted === 'validators' || wanted === 'validator') mode = 'validator';
    if (transition.miningBeneficiary !== undefined && (wanted === undefined || wanted === 'fixed')) {
      mode = 'fixed';
      beneficiary = transition.miningBeneficiary;
    }
  }
  const lower = mode.toLowerCase();
  if (lower === 'validator') return coinbase;
  if (lower === 'fixed' && beneficiary !== undefined) return beneficiary;
  const message = 'BeneficiaryMode must be coinbase|fixed';
  throw new IsoquorumError('BENEFICIARY_MODE_INVALID', message, { field: 'beneficiaryMode', mode }, 'STOP');
}
