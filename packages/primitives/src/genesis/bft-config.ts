import type { Address } from '../bytes.ts';
import type { ChainConfig } from './chain-config.ts';
import { isReached, lastTransitionValue, transitionsUntil } from './transitions.ts';

/** What a chain runs on, from its config alone; `undefined` means Raft (or a development chain). */
export type EngineKind = 'clique' | 'istanbul' | 'ibft' | 'qbft';
export type BftAlgorithm = 'ibft' | 'qbft';

/** The BFT settings in force for block `number`. */
export interface BftConfig {
  readonly algorithm: BftAlgorithm;
  readonly epochLength: number;
  /** 0, which must be written: blocks are made on demand (GoQuorum takes 0 for "not set", and makes them every 5 s). */
  readonly blockPeriodSeconds: number;
  /** 0: empty blocks are made at the block period. */
  readonly emptyBlockPeriodSeconds: number;
  readonly requestTimeoutMs: number;
  /** 0: the timeout grows without bound. */
  readonly maxRequestTimeoutSeconds: number;
  readonly proposerPolicy: 'roundRobin' | 'sticky';
  /** True: the quorum is ceil(2N/3); false: 2F+1 (goquorum.md 9.1). */
  readonly isCeil2NBy3: boolean;
  readonly validatorSelectionMode: 'blockheader' | 'contract';
  readonly validatorContractAddress: Address | undefined;
  /** Set by config (`qbft.validators`, at block 0) or by a transition at exactly this block; empty otherwise. */
  readonly validators: readonly Address[];
}

const defaults = { requestTimeoutMs: 10_000, blockPeriodSeconds: 5, epochLength: 30_000 } as const;

function startsWith(config: ChainConfig, algorithm: BftAlgorithm): boolean {
  return config.transitions.some(
    (transition) => transition.block === 0 && transition.algorithm?.toLowerCase() === algorithm,
  );
}

/** The engine that the config selects, in GoQuorum's order (goquorum.md 1.6). */
export function selectEngine(config: ChainConfig): EngineKind | undefined {
  if (config.clique !== undefined) return 'clique';
  if (config.istanbul !== undefined) return 'istanbul';
  if (config.ibft !== undefined || startsWith(config, 'ibft')) return 'ibft';
  if (config.qbft !== undefined || startsWith(config, 'qbft')) return 'qbft';
  return undefined;
}

/** A Raft chain goes over to BFT at the first transition that names an algorithm; QBFT never goes back to IBFT. */
function lastAlgorithm(config: ChainConfig, number: number): BftAlgorithm | undefined {
  const named = transitionsUntil(config, number).map((entry) => entry.algorithm?.toLowerCase());
  if (named.includes('qbft')) return 'qbft';
  return named.includes('ibft') ? 'ibft' : undefined;
}

/** First block that is decided by IBFT or QBFT on a chain that begins with Raft; `undefined` when there is none. */
export function raftEndBlock(config: ChainConfig): number | undefined {
  if (selectEngine(config) !== undefined) return undefined;
  return config.transitions.find((entry) => (entry.algorithm ?? '') !== '')?.block;
}

/** The algorithm of block `number`; `undefined` when it is not BFT. Never goes back from QBFT to IBFT. */
export function bftAlgorithmAt(config: ChainConfig, number: number): BftAlgorithm | undefined {
  const engine = selectEngine(config);
  if (engine === 'clique') return undefined;
  if (engine === 'qbft') return 'qbft';
  if (engine === undefined) return lastAlgorithm(config, number);
  if (engine === 'istanbul' && isReached(config.istanbul?.testQbftBlock, number)) return 'qbft';
  const switched = transitionsUntil(config, number).some((entry) => entry.algorithm?.toLowerCase() === 'qbft');
  return switched ? 'qbft' : 'ibft';
}

/**
 * The settings of block `number` (the sequence being decided), or `undefined` when the chain is not BFT. Values of the
 * genesis override defaults only when non-zero; then the transitions.
 */
export function bftConfigAt(config: ChainConfig, number: number): BftConfig | undefined {
  const algorithm = bftAlgorithmAt(config, number);
  if (algorithm === undefined) return undefined;
  const legacy = config.istanbul;
  const section = legacy === undefined ? (config.ibft ?? config.qbft) : undefined;
  const qbft = legacy === undefined && config.ibft === undefined ? config.qbft : undefined;
  const last = <T>(read: Parameters<typeof lastTransitionValue<T>>[2]): T | undefined =>
    lastTransitionValue(config, number, read);
  const timeoutSeconds = last((entry) => entry.requestTimeoutSeconds || undefined) ?? section?.requestTimeoutSeconds;
  const ceilBlock = legacy === undefined ? (section?.ceil2NBy3Block ?? 0) : legacy.ceil2NBy3Block;
  const is2FPlus1 = last((entry) => entry.twoFPlus1Enabled) === true;
  const mode = last((entry) => entry.validatorSelectionMode || undefined) ?? qbft?.validatorSelectionMode;
  const exact = config.transitions.find((entry) => entry.block === number && entry.validators.length > 0);
  return {
    algorithm,
    epochLength:
      last((entry) => entry.epochLength || undefined) ??
      ((legacy === undefined ? section?.epochLength : legacy.epoch) || defaults.epochLength),
    blockPeriodSeconds:
      last((entry) => entry.blockPeriodSeconds) ?? section?.blockPeriodSeconds ?? defaults.blockPeriodSeconds,
    emptyBlockPeriodSeconds: last((entry) => entry.emptyBlockPeriodSeconds) ?? section?.emptyBlockPeriodSeconds ?? 0,
    requestTimeoutMs: timeoutSeconds ? timeoutSeconds * 1000 : defaults.requestTimeoutMs,
    maxRequestTimeoutSeconds: last((entry) => entry.maxRequestTimeoutSeconds) ?? qbft?.maxRequestTimeoutSeconds ?? 0,
    proposerPolicy: (legacy === undefined ? section?.policy : legacy.policy) === 1 ? 'sticky' : 'roundRobin',
    isCeil2NBy3: !is2FPlus1 && isReached(ceilBlock, number),
    validatorSelectionMode: mode?.toLowerCase() === 'contract' ? 'contract' : 'blockheader',
    validatorContractAddress: last((entry) => entry.validatorContractAddress) ?? section?.validatorContractAddress,
    validators: exact?.validators ?? (number === 0 ? (qbft?.validators ?? []) : []),
  };
}

export { bftConfigAt as qbftConfigAt };
