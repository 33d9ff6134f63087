import { IsoquorumError } from './errors.ts';
import type { ChainConfig } from './genesis/chain-config.ts';
import {
  codeSizeLimitAt,
  isGasPriceEnabledAt,
  isPrivacyEnhancementsEnabledAt,
  isPrivacyPrecompileEnabledAt,
} from './genesis/rules-at.ts';
import { isReached } from './genesis/transitions.ts';
import type { Transaction } from './transaction/types.ts';

/** Protocol rules of one block: Ethereum's forks up to Berlin, and Quorum's switches. */
export interface ForkRules {
  /** 0 when the config names none. */
  readonly chainId: bigint;
  readonly isHomestead: boolean;
  readonly isEip150: boolean;
  readonly isEip155: boolean;
  readonly isEip158: boolean;
  readonly isByzantium: boolean;
  readonly isConstantinople: boolean;
  readonly isPetersburg: boolean;
  readonly isIstanbul: boolean;
  readonly isBerlin: boolean;
  readonly isQuorum: boolean;
  readonly isPrivacyEnhancementsEnabled: boolean;
  readonly isPrivacyPrecompileEnabled: boolean;
  readonly isGasPriceEnabled: boolean;
  /** Bytes; enforced under EIP-158. */
  readonly codeSizeLimit: number;
}

export function rulesAt(config: ChainConfig, number: number): ForkRules {
  const isConstantinople = isReached(config.constantinopleBlock, number);
  return {
    chainId: config.chainId ?? 0n,
    isHomestead: isReached(config.homesteadBlock, number),
    isEip150: isReached(config.eip150Block, number),
    isEip155: isReached(config.eip155Block, number),
    isEip158: isReached(config.eip158Block, number),
    isByzantium: isReached(config.byzantiumBlock, number),
    isConstantinople,
    isPetersburg:
      isReached(config.petersburgBlock, number) || (config.petersburgBlock === undefined && isConstantinople),
    isIstanbul: isReached(config.istanbulBlock, number),
    isBerlin: isReached(config.berlinBlock, number),
    isQuorum: config.isQuorum,
    isPrivacyEnhancementsEnabled: isPrivacyEnhancementsEnabledAt(config, number),
    isPrivacyPrecompileEnabled: isPrivacyPrecompileEnabledAt(config, number),
    isGasPriceEnabled: isGasPriceEnabledAt(config, number),
    codeSizeLimit: codeSizeLimitAt(config, number),
  };
}

/** The chain id that signatures of block `number` may name: `undefined` before EIP-155 (for `transactionSender`). */
export function signerChainIdAt(config: ChainConfig, number: number): bigint | undefined {
  return isReached(config.eip155Block, number) || isReached(config.berlinBlock, number) ? config.chainId : undefined;
}

/**
 * Typed transactions exist from Berlin on; `transactionSender` does not know the block, so rules ask here first.
 * @throws TRANSACTION_TYPE_NOT_SUPPORTED with geth's text
 */
export function checkTransactionType(transaction: Transaction, rules: Pick<ForkRules, 'isBerlin'>): void {
  if (transaction.type === 0 || rules.isBerlin) return;
  const { type } = transaction;
  throw new IsoquorumError('TRANSACTION_TYPE_NOT_SUPPORTED', 'transaction type not supported', { field: 'type', type });
}
