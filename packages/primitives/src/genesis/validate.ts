import { bytesEqual } from '../hex.ts';
import { decodeIbftExtra, decodeQbftExtra, ISTANBUL_DIGEST, type QbftExtra } from '../istanbul-extra.ts';
import { bftAlgorithmAt, raftEndBlock, selectEngine } from './bft-config.ts';
import type { ChainConfig, Transition } from './chain-config.ts';
import { genesisError } from './genesis-error.ts';
import type { Genesis } from './types.ts';

function refuse(field: string, message: string): never {
  throw genesisError('GENESIS_INVALID', message, field);
}

function validateCodeSizes(config: ChainConfig): void {
  if (config.maxCodeSize !== 0 || config.maxCodeSizeChangeBlock !== undefined)
    refuse(
      config.maxCodeSize !== 0 ? 'config.maxCodeSize' : 'config.maxCodeSizeChangeBlock',
      'maxCodeSize data invalid: maxCodeSize & maxCodeSizeChangeBlock deprecated. Consider using maxCodeSizeConfig',
    );
  let previous = 0;
  config.maxCodeSizeConfig.forEach((entry, index) => {
    const field = `config.maxCodeSizeConfig[${index}]`;
    if (entry.size < 24 || entry.size > 128)
      refuse(`${field}.size`, 'Genesis max code size must be between 24 and 128');
    if (entry.block === undefined) return refuse(`${field}.block`, 'Block number not given in maxCodeSizeConfig data');
    if (entry.block < previous) refuse(`${field}.block`, 'invalid maxCodeSize detail, block order has to be ascending');
    previous = entry.block;
  });
}

const prefix = 'transitions data invalid: ';

function validateTransition(config: ChainConfig, transition: Transition, field: string): void {
  const algorithm = transition.algorithm?.toLowerCase() ?? '';
  const mode = transition.validatorSelectionMode ?? '';
  if (!['', 'ibft', 'qbft'].includes(algorithm))
    refuse(`${field}.algorithm`, `${prefix}transition algorithm is invalid, should be either \`ibft\` or \`qbft\``);
  if (!['', 'contract', 'blockheader'].includes(mode))
    refuse(
      `${field}.validatorselectionmode`,
      `${prefix}validator selection mode is invalid, should be either \`contract\` or \`blockheader\``,
    );
  if (config.istanbul?.testQbftBlock !== undefined && algorithm !== '')
    refuse(`${field}.algorithm`, `${prefix}can't use transition algorithm and testQBFTBlock at the same time`);
  if (config.maxCodeSizeConfig.length > 0 && transition.contractSizeLimit !== 0)
    refuse(
      `${field}.contractsizelimit`,
      `${prefix}can't use transition ContractSizeLimit and MaxCodeSizeConfig at the same time`,
    );
  if (transition.block === undefined) refuse(`${field}.block`, `${prefix}block number not given in transitions data`);
}

function validateTransitionLimits(transition: Transition, field: string): void {
  const codeSize = transition.contractSizeLimit;
  if (codeSize !== 0 && (codeSize < 24 || codeSize > 128))
    refuse(`${field}.contractsizelimit`, `${prefix}transition contract code size must be between 24 and 128`);
  if (transition.validatorContractAddress !== undefined && transition.validatorSelectionMode !== 'contract')
    refuse(
      `${field}.validatorselectionmode`,
      `${prefix}validator selection mode is missing, should specify \`contract\` when using validatorcontractaddress`,
    );
  const size = transition.transactionSizeLimit;
  if (size !== 0 && (size < 32 || size > 128))
    refuse(`${field}.transactionSizeLimit`, `${prefix}genesis transaction size limit must be between 32 and 128`);
  if (!['', 'fixed', 'validators', 'list'].includes(transition.beneficiaryMode ?? ''))
    refuse(`${field}.beneficiaryMode`, `${prefix}beneficiary mode is not valid`);
}

/** Where Raft ends, somebody must be told to go on. A rule of ours: the original has no such transition. */
function validateRaftEnd(config: ChainConfig): void {
  const end = raftEndBlock(config);
  const index = config.transitions.findIndex(({ block }) => block === end);
  const transition = config.transitions[index];
  if (end === undefined || transition === undefined || transition.validators.length > 0) return;
  if (transition.validatorContractAddress === undefined)
    refuse(
      `config.transitions[${index}].validators`,
      `${prefix}a transition from Raft must name validators or their contract`,
    );
}

function validateTransitions(config: ChainConfig): void {
  let previousBlock = 0;
  let isQbft = config.qbft !== undefined;
  validateRaftEnd(config);
  config.transitions.forEach((transition, index) => {
    const field = `config.transitions[${index}]`;
    validateTransition(config, transition, field);
    const block = transition.block ?? 0;
    if (block < previousBlock) refuse(`${field}.block`, `${prefix}block order should be ascending`);
    previousBlock = block;
    const algorithm = transition.algorithm?.toLowerCase();
    if (isQbft && algorithm === 'ibft') refuse(`${field}.algorithm`, `${prefix}can't transition from qbft to ibft`);
    isQbft ||= algorithm === 'qbft';
    validateTransitionLimits(transition, field);
  });
}

function decodedQbft(extraData: Uint8Array): QbftExtra | undefined {
  try {
    return decodeQbftExtra(extraData);
  } catch {
    return undefined;
  }
}

/** The rules of `geth init` for a Quorum chain (goquorum.md 1.3). @throws GENESIS_INVALID naming the field */
export function validateGenesis(genesis: Genesis): void {
  const { config } = genesis;
  if (!config.isQuorum) return;
  validateCodeSizes(config);
  validateTransitions(config);
  if (config.qbft?.validatorContractAddress !== undefined) {
    if ((decodedQbft(genesis.extraData)?.validators.length ?? 0) > 0)
      refuse(
        'extraData',
        'invalid genesis file: cant combine extraData validators and config.qbft.validatorcontractaddress at the same time',
      );
  }
  if (config.txnSizeLimit !== 0 && (config.txnSizeLimit < 32 || config.txnSizeLimit > 128))
    refuse('config.txnSizeLimit', 'Genesis transaction size limit must be between 32 and 128');
}

/** What else must hold when a node starts on this genesis. */
export interface StartOptions {
  readonly networkId: bigint;
  readonly isRaft?: boolean;
  readonly isPrivacyMarkerEnabled?: boolean;
}

/**
 * The checks of the start (goquorum.md 1.3): chain and network id, engine sections, and block 0 by the BFT header rules.
 * @throws GENESIS_INVALID naming the field
 */
export function validateStart(genesis: Genesis, options: StartOptions): void {
  const { config } = genesis;
  if (config.isQuorum && (config.chainId === 1n || options.networkId === 1n))
    refuse(config.chainId === 1n ? 'config.chainId' : 'networkId', 'Cannot have chain id or network id as 1.');
  const engine = selectEngine(config);
  if (config.isQuorum && options.isRaft !== true && engine === undefined)
    refuse('config', 'Consensus not specified. Exiting!!');
  if (config.istanbul !== undefined && (config.ibft !== undefined || config.qbft !== undefined))
    refuse(
      'config.istanbul',
      'the attributes config.Istanbul and config.[IBFT|QBFT] are mutually exclusive on the genesis file',
    );
  if (config.ibft !== undefined && config.qbft !== undefined)
    refuse('config.ibft', 'the attributes config.IBFT and config.QBFT are mutually exclusive on the genesis file');
  const hasPrecompile =
    config.privacyPrecompileBlock !== undefined ||
    config.transitions.some((transition) => transition.privacyPrecompileEnabled === true);
  if (options.isPrivacyMarkerEnabled === true && !hasPrecompile)
    refuse(
      'config.privacyPrecompileBlock',
      'Privacy marker transactions require privacyPrecompileBlock to be set in genesis.json',
    );
  if (options.isRaft !== true) validateBftGenesisBlock(genesis);
}

/** Block 0 of a BFT chain: extra decodes, mix hash, difficulty 1, IBFT nonce. @throws GENESIS_INVALID naming the field */
export function validateBftGenesisBlock(genesis: Genesis): void {
  const algorithm = bftAlgorithmAt(genesis.config, 0);
  if (algorithm === undefined) return;
  try {
    if (algorithm === 'qbft') decodeQbftExtra(genesis.extraData);
    else decodeIbftExtra(genesis.extraData);
  } catch {
    refuse('extraData', 'invalid extra data format');
  }
  if (algorithm === 'ibft' && genesis.nonce !== 0n && genesis.nonce !== 0xffffffffffffffffn)
    refuse('nonce', 'invalid nonce');
  if (!bytesEqual(genesis.mixHash, ISTANBUL_DIGEST)) refuse('mixHash', 'invalid Istanbul mix digest');
  if (genesis.difficulty !== 1n) refuse('difficulty', 'invalid difficulty');
}
