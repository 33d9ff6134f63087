import { type Block, blockHash } from '@isoquorum/primitives/block';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { createGenesisHeader, type Genesis, genesisAlloc } from '@isoquorum/primitives/genesis/genesis';
import { createGenesisState } from '@isoquorum/execution/state/genesis-state';
import type { StoreOperation } from '@isoquorum/platform/store';

/** Block 0 of a chain and the operations that store its state. */
export interface GenesisBlock {
  readonly block: Block;
  readonly hash: Hash32;
  readonly operations: readonly StoreOperation[];
}

export function createGenesisBlock(genesis: Genesis): GenesisBlock {
  const state = createGenesisState(genesisAlloc(genesis));
  const block: Block = { header: createGenesisHeader(genesis, state.root), transactions: [], uncles: [] };
  return { block, hash: blockHash(block), operations: state.operations };
}
