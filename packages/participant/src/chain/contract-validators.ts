import {
  decodeValidators,
  getValidatorsCall,
  getValidatorsGas,
  validatorContractFailed,
} from '@isoquorum/consensus/validator-contract';
import { validatorContractAt } from '@isoquorum/consensus/snapshot';
import type { Evm } from '@isoquorum/execution/evm/port';
import { createStateDatabase, type StateDatabase } from '@isoquorum/execution/state/database';
import { createGenesisState } from '@isoquorum/execution/state/genesis-state';
import { createMemoryNodeSource } from '@isoquorum/execution/state/node-source';
import { createTrieReader } from '@isoquorum/execution/state/trie-reader';
import { callContract, type CallResult } from '@isoquorum/execution/transition/call';
import { runAsync } from '@isoquorum/execution/transition/steps';
import type { Steps, TransitionOutcome } from '@isoquorum/execution/transition/types';
import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { createGenesisHeader, type Genesis, genesisAlloc } from '@isoquorum/primitives/genesis/genesis';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { type Header, headerHash } from '@isoquorum/primitives/header';
import type { PublicState } from './public-state.ts';

/** Asks the contract that names the validators, on the state after a header whose seals were checked. */
export type ReadValidators = (contract: Address, header: Header) => Promise<readonly Address[]>;

interface Asking {
  readonly config: ChainConfig;
  readonly evm: Evm;
  readonly database: StateDatabase;
}

function question(
  { config, evm, database }: Asking,
  contract: Address,
  header: Header,
  blockHash: (number: number) => Hash32 | undefined,
): Steps<TransitionOutcome<CallResult>> {
  const publicState = createTrieReader(database, header.stateRoot);
  return callContract({
    config,
    evm,
    header,
    author: header.coinbase,
    states: { publicState, privateState: publicState },
    blockHash,
    gasCap: getValidatorsGas,
    request: { to: contract, data: getValidatorsCall },
  });
}

function answer(number: number, { status, output, error }: CallResult): readonly Address[] {
  if (status !== 'success') throw validatorContractFailed(number, error ?? status);
  return decodeValidators(number, output);
}

/**
 * Runs `getValidators()` here, on parts of the state that validators prove to belong to the header: nobody's word is taken.
 * @throws VALIDATOR_CONTRACT_FAILED; NOT_SERVED when no validator keeps that state
 */
export function createValidatorsReader(options: {
  readonly config: ChainConfig;
  readonly evm: Evm;
  readonly publicState: PublicState;
  /** Hashes of checked blocks, for contracts that ask for them. */
  readonly blockHash: (number: number) => Hash32 | undefined;
}): ReadValidators {
  const { config, evm, publicState, blockHash } = options;
  return async (contract, header) => {
    const anchor = { blockHash: headerHash(header), stateRoot: header.stateRoot };
    await publicState.prefetch(anchor, [{ address: contract, slots: [] }]);
    const asking = { config, evm, database: publicState.database };
    return answer(header.number, await publicState.run(anchor, () => question(asking, contract, header, blockHash)));
  };
}

/** The first validators of a chain whose genesis names their contract: it is run on the genesis state, which the genesis file holds. */
export async function readGenesisValidators(genesis: Genesis, evm: Evm): Promise<readonly Address[] | undefined> {
  const contract = validatorContractAt(genesis.config, 0);
  if (contract === undefined) return undefined;
  const state = createGenesisState(genesisAlloc(genesis));
  const source = createMemoryNodeSource();
  source.apply(state.operations);
  const asking = { config: genesis.config, evm, database: createStateDatabase(source) };
  const header = createGenesisHeader(genesis, state.root);
  const outcome = await runAsync(question(asking, contract, header, () => undefined));
  if (outcome.status !== 'done') throw validatorContractFailed(0, 'the genesis state lacks a part');
  return answer(0, outcome.result);
}
