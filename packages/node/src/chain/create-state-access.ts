import type { StateDatabase } from '@isoquorum/execution/state/database';
import type { ChainReader } from './chain.ts';
import { statePruned, unknownBlock } from './errors.ts';
import type { StateAccess } from './state-access.ts';

export function createStateAccess(chain: ChainReader, database: StateDatabase): StateAccess {
  return {
    database,
    at(blockHash, psi) {
      const header = chain.headerByHash(blockHash);
      if (header === undefined) throw unknownBlock(blockHash);
      const keptFrom = chain.statesKeptFrom();
      if (header.number < keptFrom && header.number > 0) throw statePruned(header.stateRoot, header.number, keptFrom);
      return {
        header,
        hash: blockHash,
        publicRoot: header.stateRoot,
        privateRoot: chain.privateStateRoot(blockHash, psi),
        privateExtraRoot: chain.privateExtraRoot(blockHash, psi),
      };
    },
  };
}
