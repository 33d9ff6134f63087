import { createMessage } from '@isoquorum/consensus/raft/message';
import { majorityOf } from '@isoquorum/consensus/raft/quorum';
import { createRawNode, type RawNode } from '@isoquorum/consensus/raft/raw-node';
import { appendThread, type RaftConfig, type RaftMessage } from '@isoquorum/consensus/raft/types';
import { createRaftNetwork } from '../machines/raft/raft-network.ts';
import { RaftReplica } from '../machines/raft/raft-replica.ts';
import type { MachineNetwork } from '../machines/replica.ts';

/** The product with one fault, made by wrapping the core: nothing in the product knows of it. */
export interface RaftPlant {
  readonly name: string;
  readonly createNetwork: (nodes: number) => MachineNetwork;
}

type Change = (core: RawNode, config: RaftConfig) => Partial<RawNode>;

function core(name: string, change: Change): RaftPlant {
  const createCore = (config: RaftConfig): RawNode => {
    const raw = createRawNode(config);
    return { ...raw, ...change(raw, config) };
  };
  const createNetwork = (nodes: number): MachineNetwork =>
    createRaftNetwork({
      nodes,
      createReplica: (environment, bootstrap) => new RaftReplica(environment, bootstrap, createCore),
    });
  return { name, createNetwork };
}

/** What the core asks for, changed on its way out. */
function outgoing(name: string, change: (message: RaftMessage, raw: RawNode) => readonly RaftMessage[]): RaftPlant {
  return core(name, (raw) => ({
    ready() {
      const ready = raw.ready();
      return { ...ready, messages: ready.messages.flatMap((message) => change(message, raw)) };
    },
  }));
}

/** A leader that tells its followers of commits that so many members have, whatever the terms of the entries. */
function committing(name: string, membersOf: (voters: number) => number): RaftPlant {
  return outgoing(name, (message, raw) => {
    const progress = raw.progress();
    const to = progress.get(message.to);
    if (to === undefined || (message.type !== 'MsgApp' && message.type !== 'MsgHeartbeat')) return [message];
    const { voters } = raw.status().confState;
    const matches = voters.map((id) => progress.get(id)?.match ?? 0).toSorted((left, right) => right - left);
    const reached = matches[membersOf(voters.length) - 1] ?? 0;
    const known = message.type === 'MsgApp' ? reached : Math.min(reached, to.match);
    return [{ ...message, commit: Math.max(message.commit, known) }];
  });
}

/** Figure 8 of the Raft paper: an entry of an older term counts as committed as soon as most members have it. */
export const olderTermByCounting: RaftPlant = committing('a commit of an older term by counting', majorityOf);

/** Takes every snapshot for news. */
class Backslider extends RaftReplica {
  protected override hear(message: RaftMessage): void {
    const { snapshot } = message;
    if (snapshot !== undefined && snapshot.index <= this.standing().progress) this.restore(snapshot, () => undefined);
    super.hear(message);
  }
}

/** One fault each. */
export const raftPlants: readonly RaftPlant[] = [
  outgoing('an answer that leaves before the write', (message) => {
    if (message.to !== appendThread) return [message];
    const own = message.responses.filter(({ to }) => to === message.from);
    return [...message.responses.filter(({ to }) => to !== message.from), { ...message, responses: own }];
  }),
  outgoing('a vote that is not written', (message) => [
    message.to === appendThread ? { ...message, vote: 0 } : message,
  ]),
  core('a vote for whoever asks', (raw, { id }) => {
    const extra: RaftMessage[] = [];
    return {
      step(message) {
        if (message.type === 'MsgVote' && message.term >= raw.status().hardState.term)
          extra.push(createMessage({ type: 'MsgVoteResp', from: id, to: message.from, term: message.term }));
        return raw.step(message);
      },
      hasReady: () => extra.length > 0 || raw.hasReady(),
      ready() {
        const ready = raw.ready();
        return { ...ready, messages: [...ready.messages, ...extra.splice(0)] };
      },
    };
  }),
  committing('a commit that only a minority has', (voters) => majorityOf(voters) - 1),
  core('an append taken without a look at what is before it', (raw, { storage }) => ({
    step(message) {
      const term = message.type === 'MsgApp' ? storage.term(message.index) : undefined;
      return raw.step(typeof term === 'number' ? { ...message, logTerm: term } : message);
    },
  })),
  {
    name: 'a snapshot that takes the chain back',
    createNetwork: (nodes) =>
      createRaftNetwork({ nodes, createReplica: (environment, bootstrap) => new Backslider(environment, bootstrap) }),
  },
];
