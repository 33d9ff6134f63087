import {
  decodeValidators,
  getValidatorsCall,
  getValidatorsGas,
  validatorContractFailed,
} from '@isoquorum/consensus/validator-contract';
import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import type { StateDatabase } from '@isoquorum/execution/state/database';
import { isMissingData } from '@isoquorum/execution/state/errors';
import { createTrieReader } from '@isoquorum/execution/state/trie-reader';
import { callContract } from '@isoquorum/execution/transition/call';
import { runSync } from '@isoquorum/execution/transition/steps';
import { zeroAddress } from '@isoquorum/primitives/address';
import type { Address } from '@isoquorum/primitives/bytes';
import type { Header } from '@isoquorum/primitives/header';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { Blockchain } from '../chain/blockchain.ts';
import type { HashedHeader } from './engine.ts';

/** The contract that names validators, on the public states of this node. It is read by one engine everywhere, whatever engine runs the blocks. */
export interface ValidatorContractReader {
  /** @throws VALIDATOR_CONTRACT_FAILED; STATE_MISSING when the state after that block has been pruned */
  read(contract: Address, block: HashedHeader): readonly Address[];
  /** Whether the state after a block is kept. */
  hasState(header: Header): boolean;
}

export function createValidatorContractReader(chain: Blockchain, database: StateDatabase): ValidatorContractReader {
  const evm = createFastEvm();
  return {
    read(contract, block) {
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
    },
    hasState({ stateRoot }) {
      try {
        createTrieReader(database, stateRoot).account(zeroAddress);
        return true;
      } catch (error) {
        if (isMissingData(error)) return false;
        throw error;
      }
    },
  };
}
