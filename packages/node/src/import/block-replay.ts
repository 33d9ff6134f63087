import type { Evm } from '@isoquorum/execution/evm/port';
import type { RunOptionsOf } from '@isoquorum/execution/transition/types';
import type { EncryptedPayloadHash, Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToHex, isZeroBytes } from '@isoquorum/primitives/hex';
import type { ChainBlock, ChainReader } from '../chain/chain.ts';
import type { UnresolvedPayloads } from '../chain/unresolved-payloads.ts';
import type { RulesProfile } from '../node-options.ts';
import type { PayloadResolver, Unresolved } from '../private/payload-resolver.ts';
import { namedPayloadsOf } from '../private/private-digests.ts';
import { EMPTY_PRIVATE_STATE, type PrivateGroups } from '../private/private-groups.ts';
import { createPrivateWork } from '../private/private-work.ts';
import type { Executor, InnerState, PrivateRoots, ReplayedBlock } from './executor.ts';

export interface BlockReplayRequest {
  readonly block: ChainBlock;
  /** Indexes of the transactions that somebody looks at. Private ones after the last private one of them are not run. */
  readonly wanted: readonly number[];
  readonly psi: string;
  readonly evm: Evm;
  /** Called before each attempt: what is found on the way (a payload inside a marker) makes the block run again from its beginning. */
  readonly begin: () => RunOptionsOf;
  /** True: private transactions of the block one on top of the other, as GoQuorum traces a single one; false: each as it was executed. */
  readonly isUnsettled: boolean;
}

/**
 * Codes of a block that cannot be run once more: `PAYLOAD_UNRESOLVED` (the manager cannot be asked now), `PAYLOAD_MISSING` (it has a payload no
 * more with which the block was executed, or there is no manager), `PAYLOAD_LATE` (a payload is there without which the block was
 * executed), `STATE_INCOMPLETE` (the parent's state is not kept).
 */
export type BlockReplayErrorCode = 'PAYLOAD_UNRESOLVED' | 'PAYLOAD_MISSING' | 'PAYLOAD_LATE' | 'STATE_INCOMPLETE';

/** Runs blocks of the chain once more, for those who want to look. */
export interface BlockReplay {
  /**
   * A block, as one private state executed it. Where only public transactions are wanted, nothing private is asked for.
   * @throws BlockReplayErrorCode; PRIVATE_STATE_BEHIND, UNKNOWN_PRIVATE_STATE, UNKNOWN_BLOCK
   */
  run(request: BlockReplayRequest): Promise<ReplayedBlock>;
  /** Indexes of the transactions of a block that are private, or markers behind which a private one may be. */
  privateIndexes(block: ChainBlock): ReadonlySet<number>;
  /** The public state before the transaction at an index of a block. */
  stateBefore(block: ChainBlock, index: number): Promise<InnerState>;
}

export interface BlockReplayOptions {
  readonly chain: ChainReader;
  readonly executor: Executor;
  readonly resolver: PayloadResolver;
  /** What blocks were executed without. */
  readonly unresolved: UnresolvedPayloads;
  /** Absent: one private state. */
  readonly groups?: PrivateGroups | undefined;
  readonly hasManager: boolean;
  /** `goquorum`: whatever there is no payload for counts as that of others, as in the original. */
  readonly profile: RulesProfile;
}

function unresolvedError(number: number, unresolved: readonly Unresolved[]): IsoquorumError {
  const [first] = unresolved;
  const digest = `0x${first?.digest}`;
  const text = `the transaction manager cannot be asked for payload ${digest} of block ${number} now (${first?.reason}): try again when it answers`;
  return new IsoquorumError('PAYLOAD_UNRESOLVED', text, { number, digest, reason: first?.reason }, 'RETRY');
}

function withoutManager(number: number, digest: EncryptedPayloadHash): IsoquorumError {
  const text = `this node has no transaction manager to ask for payload ${bytesToHex(digest)} of block ${number}: start it with --manager`;
  return new IsoquorumError('PAYLOAD_MISSING', text, { number, digest: bytesToHex(digest) });
}

function lost(number: number, digest: EncryptedPayloadHash): IsoquorumError {
  const text = `block ${number} was executed with payload ${bytesToHex(digest)}, which the transaction manager does not have now: start the node with the manager that had it, or bring the payload back (a resend, a backup)`;
  return new IsoquorumError('PAYLOAD_MISSING', text, { number, digest: bytesToHex(digest) });
}

function late(number: number, digest: EncryptedPayloadHash): IsoquorumError {
  const text = `payload ${bytesToHex(digest)} came after block ${number} was executed without it, and the block has not been executed again: wait, or restart the node with --ask-manager-again`;
  return new IsoquorumError('PAYLOAD_LATE', text, { number, digest: bytesToHex(digest) }, 'RETRY');
}

export function createBlockReplay(options: BlockReplayOptions): BlockReplay {
  const { chain, executor, resolver, groups, unresolved, profile } = options;
  const runPrivately = createPrivateWork({ resolver, groups });

  /** @throws PRIVATE_STATE_BEHIND, UNKNOWN_PRIVATE_STATE, UNKNOWN_BLOCK */
  function rootsAfter(hash: Hash32, psi: string): PrivateRoots {
    return { root: chain.privateStateRoot(hash, psi), extraRoot: chain.privateExtraRoot(hash, psi) };
  }

  /** @throws PAYLOAD_MISSING, PAYLOAD_LATE when the block was executed with or without other payloads than there are now */
  function refuseOthers(
    { hash, block }: ChainBlock,
    psi: string,
    without: readonly EncryptedPayloadHash[],
    withThem: readonly EncryptedPayloadHash[],
  ): void {
    // A block that was never executed here is run with what there is.
    if (!chain.isCanonical(hash)) return;
    const { number } = block.header;
    const wasWithout = (digest: EncryptedPayloadHash): boolean => unresolved.has({ digest, number, psi });
    const lostOne = without.find((digest) => !isZeroBytes(digest) && !wasWithout(digest));
    if (lostOne !== undefined) throw options.hasManager ? lost(number, lostOne) : withoutManager(number, lostOne);
    const lateOne = withThem.find(wasWithout);
    if (lateOne !== undefined) throw late(number, lateOne);
  }

  return {
    stateBefore: (block, index) => executor.stateBefore(block, index),
    privateIndexes: ({ block }) => new Set(namedPayloadsOf(chain.config, block).map(({ index }) => index)),
    async run({ block, wanted, psi, evm, begin, isUnsettled }) {
      const { parentHash, number } = block.block.header;
      const named = namedPayloadsOf(chain.config, block.block);
      const looked = named.filter(({ index }) => wanted.includes(index));
      const last = looked.at(-1)?.index;
      const isJudged = profile === 'strict' && psi !== EMPTY_PRIVATE_STATE;
      const unknown = looked.find(({ digest }) => !isZeroBytes(digest));
      if (isJudged && !options.hasManager && unknown !== undefined) throw withoutManager(number, unknown.digest);
      const parent = last === undefined ? undefined : rootsAfter(parentHash, psi);
      const digests = named.filter(({ index }) => last !== undefined && index <= last).map(({ digest }) => digest);
      const outcome = await runPrivately(psi, digests, (known) => {
        const privately = parent && last !== undefined ? { psi, parent, known, last, isUnsettled } : undefined;
        return executor.replay({ block, evm, optionsOf: begin(), privately });
      });
      if (outcome.status === 'done') {
        if (isJudged) refuseOthers(block, psi, outcome.notParty, outcome.resolved);
        return outcome.result;
      }
      if (outcome.status === 'waiting') throw unresolvedError(number, outcome.unresolved);
      const text = `the state before block ${number} is not kept here`;
      throw new IsoquorumError('STATE_INCOMPLETE', text, { number }, 'RETRY');
    },
  };
}
