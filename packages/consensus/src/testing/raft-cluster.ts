import { confChangeOf } from '../raft/conf-change.ts';
import { decodeRaftFrame, encodeRaftFrame } from '../raft/frame.ts';
import { createMemoryStorage, type MemoryStorage, type MemoryStorageContent } from '../raft/memory-storage.ts';
import { createRawNode, type RawNode } from '../raft/raw-node.ts';
import {
  appendThread,
  applyThread,
  type ConfState,
  type HardState,
  type RaftConfig,
  type RaftEntry,
  type RaftMessage,
  type RaftSnapshot,
} from '../raft/types.ts';
import { EventQueue } from './event-queue.ts';
import { createSeededRandom, type SeededRandom } from './random.ts';

/** What the disk holds: everything up to the last write that was synced. */
interface Disk {
  hardState: HardState;
  snapshot: RaftSnapshot;
  base: { index: number; term: number };
  entries: RaftEntry[];
  applied: number;
}

export interface SimulatedRaftNode {
  readonly id: number;
  disk: Disk;
  raw: RawNode | undefined;
  storage: MemoryStorage;
  /** Writes are carried out in order; a crash loses those that wait. */
  epoch: number;
  confState: ConfState;
  /** When the last write that was begun will be done. */
  writtenAtMs: number;
}

export interface RaftClusterOptions {
  readonly seed: number;
  readonly nodes: number;
  /** Percentages of messages. */
  readonly loss?: number;
  readonly duplication?: number;
  readonly crashes?: boolean;
  readonly config?: Partial<RaftConfig>;
  /** A planted fault: answers do not wait for the disk. */
  readonly isAcknowledgedEarly?: boolean;
}

const tickMs = 10;
const snapshotEvery = 20;

/**
 * Raft nodes over disks, a network and a clock from one seed: messages are lost, doubled and late, disks are slow, nodes crash and lose what was
 * not synced, the network falls apart. Every entry that any node applies is compared with what others applied at that index.
 */
export class RaftCluster {
  readonly nodes: SimulatedRaftNode[] = [];
  readonly violations: string[] = [];
  /** What was applied at an index, by whoever applied it first. */
  readonly applied = new Map<number, string>();
  readonly options: RaftClusterOptions;
  areFaultsOn = true;
  /** Nodes on one side of a cut. */
  partition: ReadonlySet<number> = new Set();
  private readonly queue = new EventQueue();
  private readonly random: SeededRandom;
  private readonly leaders = new Map<number, number>();
  private nowMs = 0;
  private proposals = 0;

  constructor(options: RaftClusterOptions) {
    this.options = options;
    this.random = createSeededRandom(options.seed);
    const ids = Array.from({ length: options.nodes }, (_, index) => index + 1);
    const confState = { voters: ids, votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };
    const snapshot = { index: 1, term: 1, confState, data: new Uint8Array(0) };
    for (const id of ids) {
      const disk: Disk = {
        hardState: { term: 1, vote: 0, commit: 1 },
        snapshot,
        base: { index: 1, term: 1 },
        entries: [],
        applied: 1,
      };
      const node = { id, disk, raw: undefined, storage: createMemoryStorage(), epoch: 0, confState, writtenAtMs: 0 };
      this.nodes.push(node);
      this.start(node);
    }
    this.at(tickMs, () => this.tickAll());
  }

  private at(delayMs: number, run: () => void): void {
    this.queue.push(this.nowMs + delayMs, run);
  }

  run(untilMs: number): void {
    for (let event = this.queue.shift(untilMs); event !== undefined; event = this.queue.shift(untilMs)) {
      this.nowMs = event.atMs;
      event.run();
    }
    this.nowMs = untilMs;
  }

  private start(node: SimulatedRaftNode): void {
    const { disk } = node;
    const content: MemoryStorageContent = {
      hardState: { ...disk.hardState, commit: Math.max(disk.hardState.commit, disk.applied) },
      snapshot: disk.snapshot,
      base: disk.base,
      entries: disk.entries,
    };
    node.storage = createMemoryStorage(content);
    node.confState = disk.snapshot.confState;
    node.raw = createRawNode({
      id: node.id,
      storage: node.storage,
      // Membership is replayed from the snapshot on, so that everything behind it is applied again.
      applied: disk.snapshot.index,
      electionTicks: 10,
      heartbeatTicks: 1,
      random: (bound) => this.random.below(bound),
      asyncStorageWrites: true,
      preVote: true,
      checkQuorum: true,
      maxInflightMessages: 8,
      maxMessageBytes: 400,
      maxUncommittedBytes: 4000,
      ...this.options.config,
    });
  }

  crash(node: SimulatedRaftNode, downMs: number): void {
    if (node.raw === undefined) return;
    node.raw = undefined;
    node.epoch++;
    this.at(downMs, () => {
      if (node.raw === undefined) this.start(node);
    });
  }

  private tickAll(): void {
    this.at(tickMs, () => this.tickAll());
    for (const node of this.nodes) {
      node.raw?.tick();
      this.pump(node);
    }
    if (this.areFaultsOn) this.disturb();
    const leader = this.nodes.find(({ raw }) => raw?.status().softState.role === 'StateLeader');
    if (leader?.raw !== undefined && this.random.chance(60)) {
      leader.raw.propose(new TextEncoder().encode(`p${this.proposals++}`));
      this.pump(leader);
    }
  }

  private disturb(): void {
    const { crashes = true } = this.options;
    if (crashes && this.random.chance(0.7)) this.crash(this.random.pick(this.nodes), 50 + this.random.below(800));
    if (this.random.chance(0.5))
      this.partition = new Set(this.nodes.filter(() => this.random.chance(40)).map(({ id }) => id));
    else if (this.random.chance(2)) this.partition = new Set();
    if (this.random.chance(0.5))
      this.random.pick(this.nodes).raw?.transferLeader(1 + this.random.below(this.nodes.length));
  }

  /** Carries out what a node asks for. */
  private pump(node: SimulatedRaftNode): void {
    const { raw } = node;
    for (; raw !== undefined && raw === node.raw && raw.hasReady(); ) {
      const ready = raw.ready();
      this.noteLeader(node);
      for (const message of ready.messages) {
        if (message.to === appendThread) this.write(node, message);
        else if (message.to === applyThread) this.apply(node, message);
        else this.send(node, message);
      }
    }
  }

  private noteLeader(node: SimulatedRaftNode): void {
    const status = node.raw?.status();
    if (status?.softState.role !== 'StateLeader') return;
    const { term } = status.hardState;
    const other = this.leaders.get(term);
    if (other !== undefined && other !== node.id) this.violations.push(`two leaders in term ${term}`);
    this.leaders.set(term, node.id);
  }

  /** The log in memory sees it at once; disk and answers come later, unless a crash comes first. */
  private write(node: SimulatedRaftNode, message: RaftMessage): void {
    const { epoch, storage } = node;
    const { term, vote, commit, entries, snapshot, responses } = message;
    if (term + vote + commit > 0) storage.setHardState({ term, vote, commit });
    if (snapshot !== undefined) storage.applySnapshot(snapshot);
    storage.append(entries);
    if (this.options.isAcknowledgedEarly === true) this.answer(node, responses);
    const slow = this.areFaultsOn && this.random.chance(3) ? 100 : 1;
    // Writes of one node keep their order.
    node.writtenAtMs = Math.max(node.writtenAtMs, this.nowMs + slow);
    this.at(node.writtenAtMs - this.nowMs, () => {
      if (node.epoch !== epoch) return;
      const { disk } = node;
      if (term + vote + commit > 0) disk.hardState = { term, vote, commit };
      if (snapshot !== undefined) {
        disk.snapshot = snapshot;
        disk.base = { index: snapshot.index, term: snapshot.term };
        disk.entries = [];
        disk.applied = Math.max(disk.applied, snapshot.index);
        node.confState = snapshot.confState;
      }
      const first = entries[0];
      if (first !== undefined && first.index > disk.base.index)
        disk.entries = [...disk.entries.slice(0, first.index - disk.base.index - 1), ...entries];
      if (this.options.isAcknowledgedEarly !== true) this.answer(node, responses);
    });
  }

  private apply(node: SimulatedRaftNode, message: RaftMessage): void {
    for (const entry of message.entries) {
      const change = confChangeOf(entry);
      if (change !== undefined) {
        const result = node.raw?.applyConfChange(change);
        if (result !== undefined && 'voters' in result) node.confState = result;
      }
      const text = `${entry.term} ${new TextDecoder().decode(entry.data)}`;
      const known = this.applied.get(entry.index);
      if (known === undefined) this.applied.set(entry.index, text);
      else if (known !== text) this.violations.push(`${node.id} applied ${text} at ${entry.index}, not ${known}`);
      // Only what its disk has may a node count on after a crash.
      if (entry.index <= node.disk.base.index + node.disk.entries.length)
        node.disk.applied = Math.max(node.disk.applied, entry.index);
    }
    this.answer(node, message.responses);
    this.compact(node, message.entries.at(-1) as RaftEntry);
  }

  private compact(node: SimulatedRaftNode, last: RaftEntry): void {
    const { disk } = node;
    const behind = last.index - 5;
    if (last.index - disk.snapshot.index < snapshotEvery || last.index > disk.base.index + disk.entries.length) return;
    const snapshot = { index: last.index, term: last.term, confState: node.confState, data: new Uint8Array(0) };
    node.storage.setSnapshot(snapshot);
    node.storage.compact(behind);
    disk.snapshot = snapshot;
    const base = disk.entries[behind - disk.base.index - 1];
    if (base === undefined) return;
    disk.entries = disk.entries.slice(behind - disk.base.index);
    disk.base = { index: base.index, term: base.term };
  }

  private send(from: SimulatedRaftNode, message: RaftMessage): void {
    const { loss = 5, duplication = 3 } = this.options;
    const isCut = this.partition.has(from.id) !== this.partition.has(message.to);
    const isSnapshot = message.type === 'MsgSnap';
    if (isCut || (this.areFaultsOn && this.random.chance(loss))) {
      from.raw?.reportUnreachable(message.to);
      if (isSnapshot) from.raw?.reportSnapshot(message.to, false);
      return;
    }
    const frame = encodeRaftFrame({ type: 'message', message });
    const copies = this.areFaultsOn && this.random.chance(duplication) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      this.at(1 + this.random.below(this.areFaultsOn ? 40 : 4), () => {
        const decoded = decodeRaftFrame(frame);
        const to = this.nodes[message.to - 1];
        if (decoded.type === 'message' && to !== undefined) this.deliver(to, decoded.message);
        if (isSnapshot) from.raw?.reportSnapshot(message.to, true);
      });
    }
  }

  /** What waited for a write: for the node itself, or to be sent. */
  private answer(node: SimulatedRaftNode, responses: readonly RaftMessage[]): void {
    for (const response of responses) {
      if (response.to === node.id) this.deliver(node, response);
      else this.send(node, response);
    }
  }

  private deliver(node: SimulatedRaftNode, message: RaftMessage): void {
    const refusal = node.raw?.step(message);
    if (refusal?.code === 'RAFT_MESSAGE_INVALID')
      this.violations.push(`${node.id} refused ${message.type}: ${refusal.reason}`);
    this.pump(node);
  }

  commits(): readonly number[] {
    return this.nodes.map(({ raw }) => raw?.status().hardState.commit ?? 0);
  }
}
