import { createGenesisHeader } from '@isoquorum/primitives/genesis/genesis';
import { headerHash } from '@isoquorum/primitives/header';
import type { Evm } from '../evm/port.ts';
import { createStateDatabase, type StateDatabase } from '../state/database.ts';
import { createGenesisState } from '../state/genesis-state.ts';
import { createMemoryNodeSource, type MemoryNodeSource } from '../state/node-source.ts';
import { applyBlock } from '../transition/apply-block.ts';
import { runAsync } from '../transition/steps.ts';
import type { AppliedBlock } from '../transition/types.ts';
import { authorOf, type RecordedChain } from './recorded-chain.ts';

export interface Replay {
  readonly source: MemoryNodeSource;
  readonly database: StateDatabase;
  readonly genesisHash: Uint8Array;
  /** Applies the blocks 1.. one after another, and hands out each result. */
  run(each?: (number: number, applied: AppliedBlock) => void | Promise<void>, until?: number): Promise<void>;
}

/** Replays the public part of a recorded chain from its genesis, over memory. */
export function createReplay(chain: RecordedChain, evm: Evm): Replay {
  const source = createMemoryNodeSource();
  const database = createStateDatabase(source);
  const genesisState = createGenesisState(chain.genesis.alloc, database);
  source.apply(genesisState.operations);
  return {
    source,
    database,
    genesisHash: headerHash(createGenesisHeader(chain.genesis, genesisState.root)),
    async run(each, until = chain.blocks.length - 1): Promise<void> {
      let parentRoot = genesisState.root;
      for (let number = 1; number <= until; number++) {
        const block = chain.blocks[number];
        if (block === undefined) return;
        const { header, transactions, uncles } = block;
        const outcome = await runAsync(
          applyBlock({
            config: chain.genesis.config,
            evm,
            database,
            blockHash: (at) => chain.hashes[at],
            header,
            transactions,
            uncles,
            parentRoot,
            author: authorOf(chain, header),
          }),
        );
        if (outcome.status === 'needs') throw new Error(`block ${number} needs ${JSON.stringify(outcome.needs)}`);
        source.apply(outcome.result.operations);
        parentRoot = outcome.result.stateRoot;
        await each?.(number, outcome.result);
      }
    },
  };
}
