import type { Address, Hash32 } from '../bytes.ts';

/** Keys that `ibft` and `qbft` share, as written (0 or `undefined`: not set; see `bft-config.ts` for the values in force). */
export interface BftSection {
  readonly epochLength: number;
  /** 0: on demand. */
  readonly blockPeriodSeconds: number | undefined;
  readonly emptyBlockPeriodSeconds: number | undefined;
  readonly requestTimeoutSeconds: number;
  /** 0 round robin, 1 sticky. */
  readonly policy: number;
  readonly ceil2NBy3Block: number | undefined;
  readonly validatorContractAddress: Address | undefined;
}

export interface QbftSection extends BftSection {
  /** Wei per block. */
  readonly blockReward: bigint | undefined;
  readonly beneficiaryMode: string | undefined;
  readonly miningBeneficiary: Address | undefined;
  readonly validatorSelectionMode: string | undefined;
  readonly validators: readonly Address[];
  readonly maxRequestTimeoutSeconds: number | undefined;
}

/** The deprecated `istanbul` key. */
export interface LegacyIstanbulSection {
  readonly epoch: number;
  readonly policy: number;
  readonly ceil2NBy3Block: number | undefined;
  readonly testQbftBlock: number | undefined;
}

export interface CliqueSection {
  readonly period: number;
  readonly epoch: number;
  readonly allowedFutureBlockTime: number;
}

/** One entry of `transitions`; what is absent keeps the value in force. */
export interface Transition {
  readonly block: number | undefined;
  readonly algorithm: string | undefined;
  readonly epochLength: number;
  /** 0: on demand. */
  readonly blockPeriodSeconds: number | undefined;
  readonly emptyBlockPeriodSeconds: number | undefined;
  readonly requestTimeoutSeconds: number;
  /** KB. */
  readonly contractSizeLimit: number;
  readonly validatorContractAddress: Address | undefined;
  readonly validators: readonly Address[];
  readonly validatorSelectionMode: string | undefined;
  readonly enhancedPermissioningEnabled: boolean | undefined;
  readonly privacyEnhancementsEnabled: boolean | undefined;
  readonly privacyPrecompileEnabled: boolean | undefined;
  readonly gasPriceEnabled: boolean | undefined;
  readonly minerGasLimit: bigint;
  readonly twoFPlus1Enabled: boolean | undefined;
  /** KB. */
  readonly transactionSizeLimit: number;
  readonly blockReward: bigint | undefined;
  readonly beneficiaryMode: string | undefined;
  readonly miningBeneficiary: Address | undefined;
  readonly maxRequestTimeoutSeconds: number | undefined;
}

/** `config` of a genesis file: Ethereum's keys of GoQuorum 24.4 (geth 1.10.3) and Quorum's. Block keys: `undefined` is never. */
export interface ChainConfig {
  readonly chainId: bigint | undefined;
  readonly homesteadBlock: number | undefined;
  readonly daoForkBlock: number | undefined;
  readonly daoForkSupport: boolean;
  readonly eip150Block: number | undefined;
  readonly eip150Hash: Hash32 | undefined;
  readonly eip155Block: number | undefined;
  readonly eip158Block: number | undefined;
  readonly byzantiumBlock: number | undefined;
  readonly constantinopleBlock: number | undefined;
  readonly petersburgBlock: number | undefined;
  readonly istanbulBlock: number | undefined;
  readonly muirGlacierBlock: number | undefined;
  readonly berlinBlock: number | undefined;
  readonly yoloV3Block: number | undefined;
  readonly ewasmBlock: number | undefined;
  readonly catalystBlock: number | undefined;

  readonly isQuorum: boolean;
  /** KB; 0 is not set. */
  readonly txnSizeLimit: number;
  /** KB, deprecated. */
  readonly maxCodeSize: number;
  readonly maxCodeSizeChangeBlock: number | undefined;
  readonly maxCodeSizeConfig: readonly { readonly block: number | undefined; readonly size: number }[];
  readonly transitions: readonly Transition[];
  readonly qip714Block: number | undefined;
  readonly privacyEnhancementsBlock: number | undefined;
  readonly privacyPrecompileBlock: number | undefined;
  readonly enableGasPriceBlock: number | undefined;
  readonly isMps: boolean;
  readonly istanbul: LegacyIstanbulSection | undefined;
  readonly ibft: BftSection | undefined;
  readonly qbft: QbftSection | undefined;
  readonly clique: CliqueSection | undefined;
}
