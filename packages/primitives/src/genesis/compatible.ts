import { bytesEqual } from '../hex.ts';
import type { ChainConfig, Transition } from './chain-config.ts';
import { isReached } from './transitions.ts';

/**
 * Two configurations of one chain disagree about blocks that exist: `what` is GoQuorum's name for it (goquorum.md 1.3), numbers are
 * blocks (`undefined`: never); below `rewindTo` they agree.
 */
export interface ConfigConflict {
  readonly what: string;
  readonly stored: number | undefined;
  readonly wanted: number | undefined;
  readonly rewindTo: number;
}

/** GoQuorum's sentence about a conflict. */
export function configConflictText({ what, stored, wanted, rewindTo }: ConfigConflict): string {
  const text = (block: number | undefined): string => (block === undefined ? '<nil>' : String(block));
  return `mismatching ${what} in database (have ${text(stored)}, want ${text(wanted)}, rewindto ${rewindTo})`;
}

type BlockKey = {
  [Key in keyof ChainConfig]: ChainConfig[Key] extends number | undefined ? Key : never;
}[keyof ChainConfig];

/** In the order in which the original looks; the last one it forgets. */
const forkNames: readonly (readonly [BlockKey, string])[] = [
  ['homesteadBlock', 'Homestead fork block'],
  ['daoForkBlock', 'DAO fork block'],
  ['eip150Block', 'EIP150 fork block'],
  ['eip155Block', 'EIP155 fork block'],
  ['eip158Block', 'EIP158 fork block'],
  ['byzantiumBlock', 'Byzantium fork block'],
  ['constantinopleBlock', 'Constantinople fork block'],
  ['petersburgBlock', 'Petersburg fork block'],
  ['istanbulBlock', 'Istanbul fork block'],
  ['muirGlacierBlock', 'Muir Glacier fork block'],
  ['berlinBlock', 'Berlin fork block'],
  ['yoloV3Block', 'YoloV3 fork block'],
  ['ewasmBlock', 'ewasm fork block'],
  ['maxCodeSizeChangeBlock', 'max code size change fork block'],
  ['qip714Block', 'permissions fork block'],
  ['privacyEnhancementsBlock', 'Privacy Enhancements fork block'],
  ['privacyPrecompileBlock', 'Privacy Precompile fork block'],
  ['enableGasPriceBlock', 'gas price fork block'],
];

function forkConflict(
  what: string,
  stored: number | undefined,
  wanted: number | undefined,
  head: number,
): ConfigConflict | undefined {
  if (stored === wanted || !(isReached(stored, head) || isReached(wanted, head))) return undefined;
  const first = Math.min(stored ?? Number.POSITIVE_INFINITY, wanted ?? Number.POSITIVE_INFINITY);
  return { what, stored, wanted, rewindTo: Math.max(first - 1, 0) };
}

function listConflict(what: string, head: number): ConfigConflict {
  return { what, stored: head, wanted: head, rewindTo: Math.max(head - 1, 0) };
}

/** Entries of a list that are in force at the head; the walk stops at the first later one, as evaluation does. */
function reached<Entry extends { readonly block: number | undefined }>(
  entries: readonly Entry[],
  head: number,
): readonly Entry[] {
  const end = entries.findIndex(({ block }) => (block ?? 0) > head);
  return end < 0 ? entries : entries.slice(0, end);
}

function codeSizeConflict(stored: ChainConfig, wanted: ChainConfig, head: number): ConfigConflict | undefined {
  const name = 'maxCodeSizeConfig data incompatible.';
  if (stored.maxCodeSizeConfig.length === 0) return undefined;
  if (wanted.maxCodeSizeConfig.length === 0)
    return listConflict('genesis file missing max code size information', head);
  const before = reached(stored.maxCodeSizeConfig, head);
  const after = reached(wanted.maxCodeSizeConfig, head);
  if (before.length !== after.length) return listConflict(`${name} updating maxCodeSize for past`, head);
  const isSame = before.every(({ block, size }, index) => block === after[index]?.block && size === after[index]?.size);
  return isSame ? undefined : listConflict(`${name} maxCodeSize historical data does not match`, head);
}

/** The fields of a transition with the names that the original's messages give them. */
const transitionNames: Readonly<Record<keyof Transition, string>> = {
  block: 'Block',
  algorithm: 'Algorithm',
  epochLength: 'EpochLength',
  blockPeriodSeconds: 'BlockPeriodSeconds',
  emptyBlockPeriodSeconds: 'EmptyBlockPeriodSeconds',
  requestTimeoutSeconds: 'RequestTimeoutSeconds',
  contractSizeLimit: 'ContractSizeLimit',
  validatorContractAddress: 'ValidatorContractAddress',
  validators: 'Validators',
  validatorSelectionMode: 'ValidatorSelectionMode',
  enhancedPermissioningEnabled: 'EnhancedPermissioningEnabled',
  privacyEnhancementsEnabled: 'PrivacyEnhancementsEnabled',
  privacyPrecompileEnabled: 'PrivacyPrecompileEnabled',
  gasPriceEnabled: 'GasPriceEnabled',
  minerGasLimit: 'MinerGasLimit',
  twoFPlus1Enabled: 'TwoFPlus1Enabled',
  transactionSizeLimit: 'TransactionSizeLimit',
  blockReward: 'BlockReward',
  beneficiaryMode: 'BeneficiaryMode',
  miningBeneficiary: 'MiningBeneficiary',
  maxRequestTimeoutSeconds: 'MaxRequestTimeoutSeconds',
};

function isSameValue(left: unknown, right: unknown): boolean {
  if (left instanceof Uint8Array && right instanceof Uint8Array) return bytesEqual(left, right);
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((value, index) => isSameValue(value, right[index]));
  return left === right;
}

function transitionConflict(stored: ChainConfig, wanted: ChainConfig, head: number): ConfigConflict | undefined {
  const before = reached(stored.transitions, head);
  const after = reached(wanted.transitions, head);
  if (before.length > 0 && wanted.transitions.length === 0)
    return listConflict('genesis file missing transitions information', head);
  if (before.length !== after.length)
    return listConflict('transitions data incompatible. updating transitions for past', head);
  for (const [index, entry] of before.entries()) {
    for (const [key, name] of Object.entries(transitionNames) as [keyof Transition, string][]) {
      if (isSameValue(entry[key], after[index]?.[key])) continue;
      return listConflict(`transitions.${name} data incompatible. ${name} historical data does not match`, head);
    }
  }
  return undefined;
}

const isPetersburgWithConstantinople = ({ petersburgBlock, constantinopleBlock }: ChainConfig, head: number): boolean =>
  forkConflict('', petersburgBlock, constantinopleBlock, head) === undefined;

function forkBlockConflict(stored: ChainConfig, wanted: ChainConfig, head: number): ConfigConflict | undefined {
  for (const [key, what] of forkNames) {
    const conflict = forkConflict(what, stored[key], wanted[key], head);
    if (conflict === undefined) continue;
    // Petersburg may be named in the past where Constantinople was: without a block of its own it came with that.
    if (
      key === 'petersburgBlock' &&
      stored.petersburgBlock === undefined &&
      isPetersburgWithConstantinople(wanted, head)
    )
      continue;
    return conflict;
  }
  return undefined;
}

/**
 * Whether a chain with this head may go on under another configuration than the one it was made with (goquorum.md 1.3).
 * Where the original compares pointers (`2FPlus1Enabled`) or not at all (`enableGasPriceBlock`), values are compared.
 */
export function configConflict(stored: ChainConfig, wanted: ChainConfig, head: number): ConfigConflict | undefined {
  if (head === 0) return undefined;
  const forks = forkBlockConflict(stored, wanted, head);
  if (forks !== undefined) return forks;
  if (isReached(wanted.eip155Block, head) && stored.chainId !== wanted.chainId) {
    const id = (config: ChainConfig): number | undefined =>
      config.chainId === undefined ? undefined : Number(config.chainId);
    return { what: 'EIP155 chain ID', stored: id(stored), wanted: id(wanted), rewindTo: 0 };
  }
  if (stored.isMps !== wanted.isMps) {
    const what = 'the IsMPS (multiple private states support) flag once configured at block height 0 cannot be changed';
    return { what, stored: 0, wanted: head, rewindTo: 0 };
  }
  return (
    forkConflict('Ceil 2N/3 fork block', stored.istanbul?.ceil2NBy3Block, wanted.istanbul?.ceil2NBy3Block, head) ??
    forkConflict('Test QBFT fork block', stored.istanbul?.testQbftBlock, wanted.istanbul?.testQbftBlock, head) ??
    codeSizeConflict(stored, wanted, head) ??
    transitionConflict(stored, wanted, head)
  );
}
