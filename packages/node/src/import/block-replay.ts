import type { Evm } from '@isoquorum/execution/evm/port';
import type { RunOptionsOf } from '@isoquorum/execution/transition/types';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { ChainBlock, ChainReader } from '../chain/chain.ts';
import type { PayloadResolver } from '../private/payload-resolver.ts';
import { privateDigestsOf } from '../private/private-digests.ts';
import type { PrivateGroups } from '../private/private-groups.ts';
import { createPrivateWork } from '../private/private-work.ts';
import type { Executor, InnerState, ReplayedBlock } from './executor.ts';

export interface BlockReplayRequest {
  readonly block: ChainBlock;
  readonly psi: string;
  readonly evm: Evm;
  /** Called before each attempt: what is found on the way (a payload inside a marker) makes the block run again from its beginning. */
  readonly begin: () => RunOptionsOf;
  /** True: private transactions of the block one on top of the other, as GoQuorum traces a single one; false: each as it was executed. */
  readonly isUnsettled: boolean;
}

/** Runs blocks of the chain once more, for those who want to look. */
export interface BlockReplay {
  /**
   * A whole block, as one private state executed it.
   * @throws PRIVATE_STATE_BEHIND, UNKNOWN_PRIVATE_STATE, UNKNOWN_BLOCK; PAYLOAD_UNRESOLVED when the manager cannot be asked;
   * STATE_INCOMPLETE when the parent's state is not kept
   */
  run(request: BlockReplayRequest): Promise<ReplayedBlock>;
  /** The public state before the transaction at an index of a block. */
  stateBefore(block: ChainBlock, index: number): Promise<InnerState>;
}

export interface BlockReplayOptions {
  readonly chain: ChainReader;
  readonly executor: Executor;
  readonly resolver: PayloadResolver;
  /** Absent: one private state. */
  readonly groups?: PrivateGroups | undefined;
}

export function createBlockReplay({ chain, executor, resolver, groups }: BlockReplayOptions): BlockReplay {
  const runPrivately = createPrivateWork({ resolver, groups });
  return {
    stateBefore: (block, index) => executor.stateBefore(block, index),
    async run({ block, psi, evm, begin, isUnsettled }) {
      const { parentHash, number } = block.block.header;
      const privateParent = {
        root: chain.privateStateRoot(parentHash, psi),
        extraRoot: chain.privateExtraRoot(parentHash, psi),
      };
      const outcome = await runPrivately(psi, privateDigestsOf(chain.config, block.block), (known) =>
        executor.replay({ block, evm, optionsOf: begin(), psi, privateParent, known, isUnsettled }),
      );
      if (outcome.status === 'done') return outcome.result;
      if (outcome.status === 'waiting') {
        const [first] = outcome.unresolved;
        const text = `the transaction manager cannot be asked for a payload: ${first?.reason}`;
        throw new IsoquorumError('PAYLOAD_UNRESOLVED', text, { number, digest: first?.digest }, 'RETRY');
      }
      const text = `the state before block ${number} is not kept here`;
      throw new IsoquorumError('STATE_INCOMPLETE', text, { number }, 'RETRY');
    },
  };
}
