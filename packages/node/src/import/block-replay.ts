import type { Evm } from '@isoquorum/execution/evm/port';
import type { RunOptionsOf } from '@isoquorum/execution/transition/types';
import type { EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { isPrivateTransaction } from '@isoquorum/primitives/transaction/transaction';
import type { ChainBlock, ChainReader } from '../chain/chain.ts';
import type { PayloadResolver } from '../private/payload-resolver.ts';
import { transactionDigest } from '../private/private-follower.ts';
import type { Profile } from '@isoquorum/consensus/profile';
import type { Executor, InnerState, ReplayedBlock } from './executor.ts';

/** Runs blocks of the chain once more, for those who want to look. */
export interface BlockReplay {
  /**
   * A whole block, as one private state executed it.
   * @throws PRIVATE_STATE_BEHIND, UNKNOWN_PRIVATE_STATE, UNKNOWN_BLOCK; PAYLOAD_UNRESOLVED when the manager cannot be asked;
   * STATE_INCOMPLETE when the parent's state is not kept
   */
  run(block: ChainBlock, psi: string, evm: Evm, optionsOf: RunOptionsOf): Promise<ReplayedBlock>;
  /** The public state before the transaction at an index of a block. */
  stateBefore(block: ChainBlock, index: number): Promise<InnerState>;
}

export interface BlockReplayOptions {
  readonly chain: ChainReader;
  readonly executor: Executor;
  readonly resolver: PayloadResolver;
  /** Bug for bug, private transactions of a block are traced one on top of the other; strictly, each as it was executed. */
  readonly profile: Profile;
}

export function createBlockReplay({ chain, executor, resolver, profile }: BlockReplayOptions): BlockReplay {
  return {
    stateBefore: (block, index) => executor.stateBefore(block, index),
    async run(block, psi, evm, optionsOf) {
      const { parentHash, number } = block.block.header;
      const privateParentRoot = chain.privateStateRoot(parentHash, psi);
      const digests: EncryptedPayloadHash[] = block.block.transactions
        .filter(isPrivateTransaction)
        .map(transactionDigest);
      for (;;) {
        const { resolutions, unresolved } = await resolver.resolve(digests);
        const [first] = unresolved;
        if (first !== undefined) {
          const text = `the transaction manager cannot be asked for a payload: ${first.reason}`;
          throw new IsoquorumError('PAYLOAD_UNRESOLVED', text, { number, digest: first.digest }, 'RETRY');
        }
        const outcome = await executor.replay({
          block,
          evm,
          optionsOf,
          psi,
          privateParentRoot,
          resolutions,
          isUnsettled: profile === 'goquorum',
        });
        if (outcome.status === 'done') return outcome.result;
        const further = outcome.needs.flatMap((need) => (need.type === 'payload' ? need.digests : []));
        if (further.length === 0) {
          const text = `the state before block ${number} is not kept here`;
          throw new IsoquorumError('STATE_INCOMPLETE', text, { number }, 'RETRY');
        }
        digests.push(...further);
      }
    },
  };
}
