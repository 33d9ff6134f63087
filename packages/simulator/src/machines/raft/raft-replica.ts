import { confChangeOf } from '@isoquorum/consensus/raft/conf-change';
import { decodeRaftFrame, encodeRaftFrame, type RaftFrame } from '@isoquorum/consensus/raft/frame';
import { emptyConfState } from '@isoquorum/consensus/raft/memory-storage';
import { createRawNode, type RawNode } from '@isoquorum/consensus/raft/raw-node';
import {
  appendThread,
  applyThread,
  type ConfState,
  type RaftConfig,
  type RaftEntry,
  type RaftMessage,
  type RaftSnapshot,
} from '@isoquorum/consensus/raft/types';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import type { HeadPoint, Packet, Replica, ReplicaEnvironment, Standing } from '../replica.ts';
import { AppliedBlocks, blocksIn } from './applied-blocks.ts';
import { RaftDisk } from './raft-disk.ts';

const tickMs = 100;
const electionTicks = 10;
/** Milliseconds between two proposals of a leader. */
const proposeEveryMs = 250;
const changeEveryMs = 500;
/** Entries after which a snapshot is made, and how many stay behind it. */
const snapshotEvery = 20;
const keptBehind = 5;

/** How a core is made; another than the product's makes a planted fault. */
export type CreateCore = (config: RaftConfig) => RawNode;

/** A Raft core under its driver's contract: log and chain on a disk, messages to members, entries as blocks. */
export class RaftReplica implements Replica {
  protected readonly environment: ReplicaEnvironment;
  private readonly raftId: number;
  private readonly log: RaftDisk;
  private readonly chain: AppliedBlocks;
  private readonly raw: RawNode;
  private readonly tasks: ((done: () => void) => void)[] = [];
  private confState: ConfState;
  /** Blocks up to the last entry that was applied; behind the chain's head while the log is applied again. */
  private position: number;
  private snapshotIndex: number;
  private written = { term: 0, vote: 0 };
  /** Members changed: who joins cannot begin with an older snapshot, which does not know it. */
  private isSnapshotDue = false;
  private isPumping = false;
  private isWorking = false;

  /** @param bootstrap the members that an empty disk begins with; undefined for one that joins */
  constructor(
    environment: ReplicaEnvironment,
    bootstrap: RaftSnapshot | undefined,
    createCore: CreateCore = createRawNode,
  ) {
    this.environment = environment;
    this.raftId = environment.index + 1;
    this.log = new RaftDisk(environment.disk, bootstrap);
    this.chain = new AppliedBlocks(environment.disk);
    const snapshot = this.log.memory.snapshot() as RaftSnapshot;
    this.snapshotIndex = snapshot.index;
    this.position = blocksIn(snapshot.data).length;
    this.confState = snapshot.index === 0 ? emptyConfState : snapshot.confState;
    this.raw = createCore({
      id: this.raftId,
      storage: this.log.memory,
      applied: snapshot.index,
      electionTicks,
      heartbeatTicks: 1,
      random: (bound) => environment.chance.below(bound),
      asyncStorageWrites: true,
      // Few entries in a message: what stands between two of them can happen.
      maxMessageBytes: 16,
      maxUncommittedBytes: 4_000,
      maxInflightMessages: 8,
      checkQuorum: true,
      preVote: true,
      stepDownOnRemoval: true,
    });
  }

  start(): HeadPoint {
    this.every(tickMs, () => this.raw.tick());
    this.every(proposeEveryMs, () => this.propose());
    this.every(changeEveryMs, () => this.changeMembers());
    const { head } = this.chain;
    // The power may have gone between a snapshot and the blocks in it.
    const snapshot = this.log.memory.snapshot() as RaftSnapshot;
    if (this.position > head) this.enqueue((done) => this.restore(snapshot, done));
    return { number: head, hash: this.chain.hashAt(head), block: this.chain.at(head) };
  }

  receive(from: number, packet: Packet): void {
    const message = messageIn(packet);
    if (message === undefined || message.from !== from + 1) return;
    this.guard(() => this.hear(message));
  }

  /** A core that contradicts itself stops its node. */
  private guard(act: () => void): void {
    try {
      act();
      this.pump();
    } catch (error) {
      if (!isIsoquorumError(error)) throw error;
      this.environment.onViolation(`stopped: ${error.message}`);
    }
  }

  peerConnected(): void {}

  standing(): Standing {
    const { voters } = this.confState;
    return { progress: this.raw.status().applied, members: voters.map((id) => id - 1) };
  }

  protected hear(message: RaftMessage): void {
    const refusal = this.raw.step(message);
    if (refusal?.code === 'RAFT_MESSAGE_INVALID')
      this.environment.onViolation(`refused a ${message.type} of a member: ${refusal.reason}`);
  }

  private every(periodMs: number, act: () => void): void {
    this.environment.after(periodMs, () => {
      this.guard(act);
      this.every(periodMs, act);
    });
  }

  private isLeader(): boolean {
    return this.raw.status().softState.role === 'StateLeader';
  }

  private propose(): void {
    if (this.isLeader()) this.raw.propose(this.environment.chance.bytes(8));
  }

  /** A newcomer is a learner first, then a voter. */
  private changeMembers(): void {
    const wish = this.environment.wish();
    if (wish === undefined || !this.isLeader()) return;
    const nodeId = wish.node + 1;
    const { voters, learners } = this.confState;
    if (voters.includes(nodeId) === wish.isAdd) return;
    const type = wish.isAdd ? (learners.includes(nodeId) ? 'add-node' : 'add-learner') : 'remove-node';
    const context = new Uint8Array(0);
    this.raw.proposeConfChange({ version: 1, transition: 'auto', changes: [{ type, nodeId }], context });
  }

  /** Carries out all that the core asks for by now. */
  private pump(): void {
    if (this.isPumping) return;
    this.isPumping = true;
    while (this.raw.hasReady()) {
      for (const message of this.raw.ready().messages) {
        if (message.to === appendThread) this.write(message);
        else if (message.to === applyThread) this.enqueue((done) => this.apply(message, done));
        else this.pass(message);
      }
    }
    this.isPumping = false;
  }

  private pass(message: RaftMessage): void {
    if (message.to === this.raftId) {
      this.raw.step(message);
      return;
    }
    const frame: RaftFrame = { type: 'message', message };
    this.environment.send(message.to - 1, { channel: 'consensus', bytes: encodeRaftFrame(frame) });
    if (message.type === 'MsgSnap') this.raw.reportSnapshot(message.to, true);
  }

  private answer(responses: readonly RaftMessage[]): void {
    this.guard(() => {
      for (const response of responses) this.pass(response);
    });
  }

  private write(message: RaftMessage): void {
    const { term, vote, commit, entries, snapshot, responses } = message;
    const hasState = term + vote + commit > 0;
    const isVoteNew = hasState && (term !== this.written.term || vote !== this.written.vote);
    if (hasState) this.written = { term, vote };
    // As the driver: how far entries are committed is alone not worth a write.
    const isWorthIt = entries.length > 0 || snapshot !== undefined || isVoteNew;
    const hardState = hasState && isWorthIt ? { term, vote, commit } : undefined;
    this.log.write({ hardState, entries, snapshot }, () => {
      if (snapshot === undefined) this.answer(responses);
      else
        this.enqueue((done) =>
          this.restore(snapshot, () => {
            this.answer(responses);
            done();
          }),
        );
    });
  }

  /** One after the other: the chain follows the log. */
  private enqueue(task: (done: () => void) => void): void {
    this.tasks.push(task);
    if (!this.isWorking) this.work();
  }

  private work(): void {
    const task = this.tasks.shift();
    this.isWorking = task !== undefined;
    task?.(() => this.work());
  }

  private apply({ entries, responses }: RaftMessage, done: () => void): void {
    const next = (at: number): void => {
      const entry = entries[at];
      if (entry !== undefined) {
        this.applyEntry(entry, () => next(at + 1));
        return;
      }
      this.answer(responses);
      const last = entries.at(-1);
      if (last !== undefined) this.compact(last);
      done();
    };
    next(0);
  }

  private applyEntry(entry: RaftEntry, done: () => void): void {
    const change = confChangeOf(entry);
    if (change !== undefined) {
      const result = this.raw.applyConfChange(change);
      if ('voters' in result) this.confState = result;
      this.isSnapshotDue = true;
      done();
      return;
    }
    if (entry.data.length === 0) {
      done();
      return;
    }
    const number = ++this.position;
    const known = this.chain.at(number);
    if (known === undefined) {
      this.chain.append(entry.data, () => {
        this.told(number);
        done();
      });
      return;
    }
    // It was applied before a restart.
    if (bytesToBareHex(known) !== bytesToBareHex(entry.data))
      this.environment.onViolation(`has another block ${number} in its log than in its chain`);
    done();
  }

  private told(number: number): void {
    this.environment.onHead(number, this.chain.hashAt(number), this.chain.at(number) as Uint8Array);
  }

  /** The application's part of a snapshot: blocks that were missed. */
  protected restore(snapshot: RaftSnapshot, done: () => void): void {
    const blocks = blocksIn(snapshot.data);
    this.confState = snapshot.confState;
    this.snapshotIndex = snapshot.index;
    this.position = blocks.length;
    this.follow(blocks, done);
  }

  /** Takes the blocks that are not there yet. */
  private follow(blocks: readonly Uint8Array[], done: () => void): void {
    const block = blocks[this.chain.head];
    if (block === undefined) {
      done();
      return;
    }
    this.chain.append(block, () => {
      this.told(this.chain.head);
      this.follow(blocks, done);
    });
  }

  private compact({ index, term }: RaftEntry): void {
    if (!this.isSnapshotDue && index - this.snapshotIndex < snapshotEvery) return;
    this.isSnapshotDue = false;
    this.snapshotIndex = index;
    const data = this.chain.encode(this.position);
    this.log.save({ index, term, confState: this.confState, data }, index - keptBehind);
  }
}

function messageIn({ bytes }: Packet): RaftMessage | undefined {
  try {
    const frame = decodeRaftFrame(bytes);
    return frame.type === 'message' ? frame.message : undefined;
  } catch (error) {
    if (!isIsoquorumError(error)) throw error;
    return undefined;
  }
}
