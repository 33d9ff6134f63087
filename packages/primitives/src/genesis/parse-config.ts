import type {
  BftSection,
  ChainConfig,
  CliqueSection,
  LegacyIstanbulSection,
  QbftSection,
  Transition,
} from './chain-config.ts';
import type { JsonObject } from './json-object.ts';

function parseBft(json: JsonObject): BftSection {
  return {
    epochLength: json.number('epochlength') ?? 0,
    blockPeriodSeconds: json.number('blockperiodseconds'),
    emptyBlockPeriodSeconds: json.number('emptyblockperiodseconds'),
    requestTimeoutSeconds: json.number('requesttimeoutseconds') ?? 0,
    policy: json.number('policy') ?? 0,
    ceil2NBy3Block: json.block('ceil2Nby3Block'),
    validatorContractAddress: json.address('validatorcontractaddress'),
  };
}

function parseQbft(json: JsonObject): QbftSection {
  return {
    ...parseBft(json),
    blockReward: json.hexOrDecimal('blockReward', 256),
    beneficiaryMode: json.string('beneficiaryMode'),
    miningBeneficiary: json.address('miningBeneficiary'),
    validatorSelectionMode: json.string('validatorselectionmode'),
    validators: json.addresses('validators'),
    maxRequestTimeoutSeconds: json.number('maxRequestTimeoutSeconds'),
  };
}

function parseIstanbul(json: JsonObject): LegacyIstanbulSection {
  return {
    epoch: json.number('epoch') ?? 0,
    policy: json.number('policy') ?? 0,
    ceil2NBy3Block: json.block('ceil2Nby3Block'),
    testQbftBlock: json.block('testQBFTBlock'),
  };
}

function parseClique(json: JsonObject): CliqueSection {
  return {
    period: json.number('period') ?? 0,
    epoch: json.number('epoch') ?? 0,
    allowedFutureBlockTime: json.number('allowedFutureBlockTime') ?? 0,
  };
}

function parseTransition(json: JsonObject): Transition {
  return {
    block: json.block('block'),
    algorithm: json.string('algorithm'),
    epochLength: json.number('epochlength') ?? 0,
    blockPeriodSeconds: json.number('blockperiodseconds'),
    emptyBlockPeriodSeconds: json.number('emptyblockperiodseconds'),
    requestTimeoutSeconds: json.number('requesttimeoutseconds') ?? 0,
    contractSizeLimit: json.number('contractsizelimit') ?? 0,
    validatorContractAddress: json.address('validatorcontractaddress'),
    validators: json.addresses('validators'),
    validatorSelectionMode: json.string('validatorselectionmode'),
    enhancedPermissioningEnabled: json.boolean('enhancedPermissioningEnabled'),
    privacyEnhancementsEnabled: json.boolean('privacyEnhancementsEnabled'),
    privacyPrecompileEnabled: json.boolean('privacyPrecompileEnabled'),
    gasPriceEnabled: json.boolean('gasPriceEnabled'),
    minerGasLimit: json.uint64('miner.gaslimit') ?? 0n,
    twoFPlus1Enabled: json.boolean('2FPlus1Enabled'),
    transactionSizeLimit: json.number('transactionSizeLimit') ?? 0,
    blockReward: json.hexOrDecimal('blockReward', 256),
    beneficiaryMode: json.string('beneficiaryMode'),
    miningBeneficiary: json.address('miningBeneficiary'),
    maxRequestTimeoutSeconds: json.number('maxRequestTimeoutSeconds'),
  };
}

function section<T>(json: JsonObject, name: string, parse: (section: JsonObject) => T): T | undefined {
  const inner = json.object(name);
  return inner === undefined ? undefined : parse(inner);
}

/** The `config` object (goquorum.md 1.1). `isQuorum` is true when absent. @throws GENESIS_FIELD_INVALID */
export function parseChainConfig(json: JsonObject): ChainConfig {
  return {
    chainId: json.hexOrDecimal('chainId', 256),
    homesteadBlock: json.block('homesteadBlock'),
    daoForkBlock: json.block('daoForkBlock'),
    daoForkSupport: json.boolean('daoForkSupport') ?? false,
    eip150Block: json.block('eip150Block'),
    eip150Hash: json.hash('eip150Hash'),
    eip155Block: json.block('eip155Block'),
    eip158Block: json.block('eip158Block'),
    byzantiumBlock: json.block('byzantiumBlock'),
    constantinopleBlock: json.block('constantinopleBlock'),
    petersburgBlock: json.block('petersburgBlock'),
    istanbulBlock: json.block('istanbulBlock'),
    muirGlacierBlock: json.block('muirGlacierBlock'),
    berlinBlock: json.block('berlinBlock'),
    yoloV3Block: json.block('yoloV3Block'),
    ewasmBlock: json.block('ewasmBlock'),
    catalystBlock: json.block('catalystBlock'),
    isQuorum: json.boolean('isQuorum') ?? true,
    txnSizeLimit: json.number('txnSizeLimit') ?? 0,
    maxCodeSize: json.number('maxCodeSize') ?? 0,
    maxCodeSizeChangeBlock: json.block('maxCodeSizeChangeBlock'),
    maxCodeSizeConfig: json
      .objects('maxCodeSizeConfig')
      .map((entry) => ({ block: entry.block('block'), size: entry.number('size') ?? 0 })),
    transitions: json.objects('transitions').map(parseTransition),
    qip714Block: json.block('qip714Block'),
    privacyEnhancementsBlock: json.block('privacyEnhancementsBlock'),
    privacyPrecompileBlock: json.block('privacyPrecompileBlock'),
    enableGasPriceBlock: json.block('enableGasPriceBlock'),
    isMps: json.boolean('isMPS') ?? false,
    istanbul: section(json, 'istanbul', parseIstanbul),
    ibft: section(json, 'ibft', parseBft),
    qbft: section(json, 'qbft', parseQbft),
    clique: section(json, 'clique', parseClique),
  };
}
