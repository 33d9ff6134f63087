import type { RunningNode } from '@isoquorum/node/create-node';
import type { Address } from '@isoquorum/primitives/bytes';
import { bytesEqual, hexToBytes } from '@isoquorum/primitives/hex';
import { nodeKeyToAddress } from '@isoquorum/primitives/node-key';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import type { Fault } from '../faults/fault.ts';
import { MembershipPlan, type MembershipWish } from '../faults/membership-plan.ts';
import { raftMemberOf } from './node-kind.ts';
import type { NodeSlot } from './node-slot.ts';
import { callToName, VALIDATOR_CONTRACT } from './validator-contract.ts';

export interface OperatorsOptions {
  readonly faults: readonly Fault[];
  readonly nodeKeys: readonly Uint8Array[];
  readonly accountKeys: readonly Uint8Array[];
  /** How many decide at first: there are never fewer. */
  readonly validators: number;
  /** The block from which a contract names the validators. */
  readonly contractFrom: number | undefined;
  readonly isRaft: boolean;
  /** Starts the newcomer, if it does not run yet. */
  readonly admit: (slot: NodeSlot) => void;
  readonly note: (text: string) => void;
}

/** The people who run the nodes: they agree on who is to decide, one change after the other, and ask for it by the means of the engine. */
export class Operators {
  private readonly options: OperatorsOptions;
  private readonly plan: MembershipPlan;

  constructor(options: OperatorsOptions) {
    this.options = options;
    this.plan = new MembershipPlan(options.faults, options.validators);
  }

  /** Looks at the nodes, and asks for what is due. @param correct those that are no traitors */
  act(correct: readonly NodeSlot[], elapsedMs: number): void {
    for (let wish = this.plan.due(elapsedMs); wish !== undefined; wish = this.plan.due(elapsedMs)) {
      const key = this.options.nodeKeys[wish.node];
      const isDone = key === undefined || this.pursue(wish, key, correct);
      if (!isDone) return;
      this.plan.grant();
      this.options.note(`membership ${wish.node} ${wish.isAdd}`);
    }
  }

  /** True when there is nothing left to do for a change. */
  private pursue(change: MembershipWish, key: Uint8Array, correct: readonly NodeSlot[]): boolean {
    const running = correct.flatMap(({ running: node }) => node ?? []);
    if (this.options.isRaft) return this.changeCluster(change, key, correct);
    const candidate = nodeKeyToAddress(key);
    const highest = running.toSorted((left, right) => heightOf(right) - heightOf(left))[0];
    if (highest === undefined) return false;
    if (this.isByContract(highest)) return this.callContract(change, highest);
    const isDone = (node: RunningNode): boolean => isIncluded(candidate, validatorsOf(node)) === change.isAdd;
    // A set that is as small as at first stays so: F of it may be traitors.
    const isRefused = !change.isAdd && validatorsOf(highest).length <= this.options.validators;
    if (isRefused || running.every(isDone)) {
      for (const node of running) node.context.validators.discard(candidate);
      return true;
    }
    for (const node of running) node.context.validators.propose(candidate, change.isAdd);
    return false;
  }

  private isByContract({ context }: RunningNode): boolean {
    const { contractFrom } = this.options;
    return contractFrom !== undefined && context.chain.headNumber() >= contractFrom;
  }

  /** The contract names the newcomer, or not; it has no other names to give. */
  private callContract({ isAdd }: MembershipWish, node: RunningNode): boolean {
    const { nodeKeys, accountKeys, validators } = this.options;
    const count = isAdd ? nodeKeys.length : validators;
    if (validatorsOf(node).length === count) return true;
    const from = privateKeyToAddress(accountKeys[this.indexOf(node)] as Uint8Array);
    const call = { from, to: hexToBytes(VALIDATOR_CONTRACT), data: callToName(count), gas: 100_000n };
    void node.context.submitter.sendTransaction(call).catch(() => undefined);
    return false;
  }

  private indexOf({ address }: RunningNode): number {
    return this.options.nodeKeys.findIndex((key) => bytesEqual(nodeKeyToAddress(key), address));
  }

  /** A newcomer is a learner first, then a voter; ids of those who were removed are never used again. */
  private changeCluster(
    { node: index, isAdd }: MembershipWish,
    key: Uint8Array,
    correct: readonly NodeSlot[],
  ): boolean {
    const leader = correct.find(
      ({ running: node }) => node?.context.raft?.raftStatus()?.softState.role === 'StateLeader',
    );
    const slot = correct.find((other) => other.index === index);
    const raft = leader?.running?.context.raft;
    const state = raft?.raftStatus()?.confState;
    if (raft === undefined || state === undefined || slot === undefined) return slot === undefined;
    const id = index + 1;
    const isVoter = state.voters.includes(id);
    if (isAdd) {
      if (isVoter || slot.standing === 'removed') return true;
      const isLearner = state.learners.includes(id);
      raft.changeMember(isLearner ? 'add-node' : 'add-learner', id, isLearner ? undefined : raftMemberOf(key, index));
      if (isLearner) this.options.admit(slot);
      return false;
    }
    if (slot.standing === 'removed' || (isVoter && state.voters.length <= this.options.validators)) return true;
    if (isVoter || state.learners.includes(id)) {
      raft.changeMember('remove-node', id, undefined);
      return false;
    }
    slot.standing = 'removed';
    return true;
  }
}

const heightOf = ({ context }: RunningNode): number => context.chain.headNumber();

function validatorsOf({ context }: RunningNode): readonly Address[] {
  const { block, hash } = context.chain.head();
  return context.validators.validatorsAfter(block.header, hash);
}

const isIncluded = (candidate: Address, validators: readonly Address[]): boolean =>
  validators.some((validator) => bytesEqual(validator, candidate));
