import {
  decodeValidators,
  getValidatorsCall,
  getValidatorsGas,
  validatorContractFailed,
} from '@isoquorum/consensus/validator-contract';
import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import type { StateDatabase } from '@isoquorum/execution/state/database';
import { createTrieReader } from '@isoquorum/execution/state/trie-reader';
import { callContract } from '@isoquorum/execution/transition/call';
import { runSync } from '@isoquorum/execution/transition/steps';
import type { Address } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { Blockchain } from '../chain/blockchain.ts';
import type { HashedHeader } from './engine.ts';

/** Asks the contract on the public state after a block. It is read by one engine at every node, whatever engine runs its blocks. */
export type ReadValidatorContract = (contract: Address, block: HashedHeader) => readonly Address[];

/** @throws VALIDATOR_CONTRACT_FAILED; STATE_MISSING when the state of that block has been pruned */
export function createValidatorContractReader(chain: Blockchain, database: StateDatabase): ReadValidatorContract {
  const evm = createFastEvm();
  return (contract, block) => {
    const { header } = block;
    const publicState = createTrieReader(database, header.stateRoot);
    const outcome = runSync(
      callContract({
        config: chain.reader.config,
        evm,
        header,
        author: header.coinbase,
        states: { publicState, privateState: publicState },
        blockHash: (number) => (number < header.number ? chain.ancestorHash(block, number) : undefined),
        gasCap: getValidatorsGas,
        request: { to: contract, data: getValidatorsCall },
      }),
    );
    if (outcome.status !== 'done') {
      const fields = { number: header.number };
      throw new IsoquorumError('STATE_MISSING', `the state of block ${header.number} is not kept`, fields);
    }
    const { status, output, error } = outcome.result;
    if (status !== 'success') throw validatorContractFailed(header.number, error ?? status);
    return decodeValidators(header.number, output);
  };
}
