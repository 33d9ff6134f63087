import type { ChainConfig } from './genesis/chain-config.ts';
import {
  codeSizeLimitAt,
  isGasPriceEnabledAt,
  isPrivacyEnhancementsEnabledAt,
  isPrivacyPrecompileEnabledAt,
} from './genesis/rules-at.ts';
import { isReached } from './genesis/transitions.ts';

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
