import type { Evm } from '@isoquorum/execution/evm/port';
import type { StateDatabase } from '@isoquorum/execution/state/database';
import { createTrieReader } from '@isoquorum/execution/state/trie-reader';
import { simulatePrivate } from '@isoquorum/execution/transition/simulate-private';
import { runAsync } from '@isoquorum/execution/transition/steps';
import type { Clock } from '@isoquorum/platform/clock';
import type { Address, EncryptedPayloadHash, Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { isPrivacyEnhancementsEnabledAt } from '@isoquorum/primitives/genesis/rules-at';
import type { Header } from '@isoquorum/primitives/header';
import type { LegacyTransaction } from '@isoquorum/primitives/transaction/transaction';
import type { ChainReader } from '../chain/chain.ts';
import type { StateAccess } from '../chain/state-access.ts';
import { callError } from '../handlers/calls.ts';

/** Time that a simulation may take, as in the original. */
const timeoutMs = 5_000;

/** What a simulation found, for the manager. */
export interface SimulatedTransaction {
  readonly affectedContracts: readonly EncryptedPayloadHash[];
  readonly executionHash: Hash32 | undefined;
}

/**
 * Tries a private transaction on the head's state. Undefined while the chain has no privacy enhancements.
 * @throws RpcError as a call that fails so, PRIVACY_METADATA_NOT_FOUND, PRIVACY_FLAG_MISMATCH, PRIVATE_STATE_BEHIND
 */
export type Simulate = (
  transaction: LegacyTransaction,
  sender: Address,
  privacyFlag: number,
  psi: string,
) => Promise<SimulatedTransaction | undefined>;

export interface SimulateOptions {
  readonly chain: ChainReader;
  readonly states: StateAccess;
  readonly database: StateDatabase;
  readonly evm: Evm;
  readonly author: (header: Header) => Address;
  readonly clock: Clock;
}

export function createSimulate(options: SimulateOptions): Simulate {
  const { chain, states, database, evm, clock } = options;
  return async (transaction, sender, privacyFlag, psi) => {
    if (!isPrivacyEnhancementsEnabledAt(chain.config, chain.headNumber())) return undefined;
    const { hash, block } = chain.head();
    const { header } = block;
    const view = states.at(hash, psi);
    const endMs = clock.nowMs() + timeoutMs;
    const outcome = await runAsync(
      simulatePrivate({
        config: chain.config,
        evm,
        database,
        header,
        author: options.author(header),
        states: {
          publicState: createTrieReader(database, view.publicRoot),
          privateState: createTrieReader(database, view.privateRoot),
        },
        extraRoot: view.privateExtraRoot,
        blockHash: (number) => (number < header.number ? chain.hashByNumber(number) : undefined),
        transaction,
        sender,
        privacyFlag: privacyFlag as 0 | 1 | 2 | 3,
        options: {
          checkDeadline: () => {
            if (clock.nowMs() <= endMs) return;
            throw new IsoquorumError('CALL_TIMEOUT', `execution aborted (timeout = ${timeoutMs / 1000}s)`, {
              timeoutMs,
            });
          },
        },
      }),
    );
    if (outcome.status === 'needs') {
      throw new IsoquorumError(
        'STATE_INCOMPLETE',
        'this node does not hold the state that the request needs',
        {},
        'RETRY',
      );
    }
    const { result } = outcome;
    if (result.status === 'done') return result;
    const { status, output, error } = result.result;
    throw callError(status === 'revert' ? 'revert' : 'failure', output, error);
  };
}
