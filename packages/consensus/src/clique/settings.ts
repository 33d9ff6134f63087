import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { headerError } from '../header-error.ts';

/** Votes are forgotten and the signers listed every so many blocks, unless the genesis says otherwise. */
const epochDefault = 30_000;

/** The settings of a Clique chain that are in force. */
export interface CliqueSettings {
  /** Least seconds between blocks; 0: blocks are made when there are transactions. */
  readonly periodSeconds: number;
  readonly epochLength: number;
  readonly allowedFutureSeconds: bigint;
}

/** @throws NOT_CLIQUE when the chain has another engine */
export function cliqueSettings(config: ChainConfig): CliqueSettings {
  const { clique } = config;
  if (clique === undefined) throw headerError('NOT_CLIQUE', { number: 0 });
  return {
    periodSeconds: clique.period,
    epochLength: clique.epoch || epochDefault,
    allowedFutureSeconds: BigInt(clique.allowedFutureBlockTime),
  };
}
