import { encodeRaftAddress } from '@isoquorum/consensus/raft/cluster-state';
import type { ConfChange } from '@isoquorum/consensus/raft/conf-change';
import { emptyConfState } from '@isoquorum/consensus/raft/memory-storage';
import { createRawNode, type RawNode } from '@isoquorum/consensus/raft/raw-node';
import {
  appendThread,
  applyThread,
  type ConfState,
  type RaftMessage,
  raftNone,
  type SoftState,
} from '@isoquorum/consensus/raft/types';
import { encodeBlock } from '@isoquorum/primitives/block';
import type { CancelTimer } from '@isoquorum/platform/clock';
import { createComplaints } from '@isoquorum/platform/complaints';
import type { ChainBlock } from '../chain/chain.ts';
import type { ConsensusDriver, ConsensusStatus, DriverParts } from '../consensus-driver/driver.ts';
import { createStallWatch } from '../consensus-driver/stall-watch.ts';
import type { RaftRules } from '../engine/raft-rules.ts';
import { type Applier, createApplier } from './applier.ts';
import type { RaftCluster } from './cluster.ts';
import { createHeightTime } from './height-time.ts';
import { createRaftLinks, type RaftHello, type RaftLinks } from './links.ts';
import { openRaftLog, type RaftLogStore } from './log-store.ts';
import { clusterStateOf, createMembers, firstConfState, snapshotDataFault } from './members.ts';
import { createMinter } from './minter.ts';
import type { RaftOptions } from './options.ts';
import { createRecovery } from './recovery.ts';
import { unexpected } from './unexpected.ts';
import { raftConsensusStatus, tellNoLeader } from './status.ts';

/** As the original: a heartbeat each tick, an election after ten to twenty without one. */
const tickMs = 100;
const electionTicks = 10;
/** As the original. */
const snapshotEveryDefault = 250;
const maxMessageBytes = 1024 * 1024;
const maxUncommittedBytes = 64 * 1024 * 1024;
/** When the leader's connection breaks, one stands for election after a moment, not after all ticks. */
const earlyElectionMs = { least: 50, spread: 350 };
/** An election takes two seconds at most, where there are enough members: beyond that they are missing. */
const leaderDueMs = 3_000;

/** A Raft node at work. */
export interface RaftDriver extends ConsensusDriver {
  readonly raft: RaftCluster;
}

/** Carries out what the Raft core asks for: log to disk, messages to members, committed blocks into the chain, new blocks from the pool. */
export function createRaftDriver(parts: DriverParts, rules: RaftRules, options: RaftOptions): RaftDriver {
  const { chain, clock, logger, random } = parts;
  const { raftId } = options;
  const members = createMembers();
  const heightTime = createHeightTime(chain.reader, clock);
  const stops: (() => void)[] = [() => heightTime.stop()];
  const timers = new Map<'tick' | 'election', CancelTimer>();
  let raw: RawNode | undefined;
  let log: RaftLogStore | undefined;
  let links: RaftLinks | undefined;
  let applier: Applier | undefined;
  let opening: Promise<void> = Promise.resolve();
  let isPumping = false;
  let isStopped = false;
  let recovery = createRecovery(false);
  const complain = createComplaints(logger, clock, { burst: 16, perSecond: 0.2 });
  let hasJoined = false;
  /** What the last write of the state said. */
  let written = { term: 0, vote: 0 };
  const stall = createStallWatch(clock, tellStall);

  const minter = createMinter({
    parts,
    raftId,
    blockTimeMs: options.blockTimeMs ?? 50,
    isInSeconds: options.isInSeconds ?? false,
    feeRecipient: options.feeRecipient ?? parts.address,
    endBlock: rules.end?.block,
    onMinted: propose,
  });

  function fail(error: unknown): void {
    if (!isStopped) parts.onFatal(error);
  }

  function isLeader(): boolean {
    return raw?.status().softState.role === 'StateLeader';
  }

  function propose(block: ChainBlock): void {
    const data = encodeBlock(block.block);
    applier?.keep(data, block);
    const refusal = isLeader() ? raw?.propose(data) : undefined;
    if (refusal !== undefined || !isLeader()) minter.unwind(block.hash);
    pump();
  }

  function randomBelow(bound: number): number {
    const [high = 0, low = 0] = random.bytes(2);
    return (high * 256 + low) % bound;
  }

  function setTimer(kind: 'tick' | 'election', delayMs: number, act: () => void): void {
    timers.get(kind)?.();
    timers.set(kind, clock.setTimer(delayMs, act));
  }

  function tick(): void {
    setTimer('tick', tickMs, tick);
    // Their answers say how far their logs go by now.
    if (recovery.isUnderWay()) links?.greetMembers();
    else links?.greetUnknown();
    // Without a leader the ticks lead to an election, and that is not for us now.
    if (!recovery.isUnderWay() || raw?.status().softState.lead !== raftNone) raw?.tick();
    pump();
  }

  /** Carries out all that the core asks for by now. */
  function pump(): void {
    if (isPumping || raw === undefined) return;
    isPumping = true;
    try {
      while (!isStopped && raw.hasReady()) {
        const ready = raw.ready();
        if (ready.softState !== undefined) noteRole(ready.softState);
        for (const message of ready.messages) {
          if (message.to === appendThread) write(message);
          else if (message.to === applyThread) applier?.apply(message.entries, () => deliver(message.responses));
          else send(message);
        }
      }
    } catch (error) {
      fail(error);
    } finally {
      isPumping = false;
    }
  }

  /** Answers of the two threads: for ourselves, or to be sent. */
  function deliver(responses: readonly RaftMessage[]): void {
    if (isStopped) return;
    for (const response of responses) {
      if (response.to === raftId) raw?.step(response);
      else send(response);
    }
    pump();
  }

  function write(message: RaftMessage): void {
    const { term, vote, commit, entries, snapshot, responses } = message;
    const isVoteNew = term + vote + commit > 0 && (term !== written.term || vote !== written.vote);
    // How far entries are committed is learned again from a leader: alone it is not worth a write.
    const isWorthIt = entries.length > 0 || snapshot !== undefined || isVoteNew;
    written = term + vote + commit > 0 ? { term, vote } : written;
    const hardState = term + vote + commit > 0 && isWorthIt ? { term, vote, commit } : undefined;
    log
      ?.write({ hardState, entries, snapshot })
      .then(async () => {
        if (snapshot !== undefined) {
          logger.log('info', 'A Raft snapshot came in place of entries', { index: snapshot.index });
          await applier?.restore(snapshot);
        }
        deliver(responses);
      })
      .catch(fail);
  }

  function send(message: RaftMessage): void {
    links
      ?.send(message)
      .then((isSent) => {
        if (isStopped) return;
        if (!isSent) raw?.reportUnreachable(message.to);
        if (message.type === 'MsgSnap') raw?.reportSnapshot(message.to, isSent);
        if (!isSent || message.type === 'MsgSnap') pump();
      })
      .catch(fail);
  }

  function noteRole({ role, lead }: SoftState): void {
    logger.log('info', 'Raft', { role: role.slice('State'.length), leader: lead, raftId });
    if (role !== 'StateLeader') minter.stop();
    if (lead === raftNone) {
      stall.expectIfIdle(leaderDueMs);
      return;
    }
    stall.stop();
    timers.get('election')?.();
  }

  function tellStall(): void {
    if (!isStopped) tellNoLeader(logger, statusOf());
  }

  function statusOf(): ConsensusStatus {
    return raftConsensusStatus({
      raftId,
      members,
      status: raw?.status(),
      progress: raw?.progress(),
      isConnected: (id) => links?.isConnected(id) === true,
      isRecovering: recovery.isUnderWay(),
      height: chain.reader.headNumber() + 1,
      sinceMs: heightTime.sinceMs(),
    });
  }

  /** Everything of former terms is applied: what is minted now follows on it. */
  function noteApplied(term: number): void {
    const status = raw?.status();
    if (status?.softState.role !== 'StateLeader' || status.hardState.term !== term || minter.isMinting()) return;
    noteJoined();
    logger.log('info', 'This node mints', { raftId, term });
    minter.start();
  }

  function noteJoined(): void {
    recovery.end();
    if (hasJoined) return;
    hasJoined = true;
    log?.noteJoined().catch(fail);
  }

  function hello(): RaftHello {
    const { term, commit } = raw?.status().hardState ?? { term: 0, commit: 0 };
    const lastIndex = log?.memory.lastIndex() ?? 0;
    const lastTerm = log?.memory.term(lastIndex);
    return { raftId, term, lastTerm: typeof lastTerm === 'number' ? lastTerm : 0, lastIndex, commit };
  }

  function uponHello(greeting: RaftHello): void {
    raw?.forgetProgress(greeting.raftId, greeting.lastIndex);
    const isMember = members.byId(greeting.raftId) !== undefined;
    if (recovery.hear(greeting, log?.memory.lastIndex() ?? 0, isMember)) {
      logger.log('warn', 'The cluster has a history that this disk lacks: it comes first', { raftId });
    }
    pump();
  }

  /** Answers why no correct member sends this, if that is so. */
  function uponMessage(message: RaftMessage): string | undefined {
    if (isStopped || raw === undefined) return undefined;
    const fault = unexpected(message) ?? (recovery.maySee(message, raw.status()) ? take(raw, message) : undefined);
    const { from, type } = message;
    if (fault !== undefined)
      complain('warn', `member ${from}`, 'A Raft message is invalid', { from, type, reason: fault });
    return fault;
  }

  function take(node: RawNode, message: RaftMessage): string | undefined {
    // What the core takes for opaque is looked at before it is on disk: behind that nobody could start with it.
    const fault = message.snapshot && snapshotDataFault(message.snapshot.data);
    if (fault !== undefined) return fault;
    const refusal = node.step(message);
    if (message.type === 'MsgApp' && !hasJoined && message.commit <= (log?.memory.lastIndex() ?? 0)) noteJoined();
    pump();
    return refusal?.code === 'RAFT_MESSAGE_INVALID' ? refusal.reason : undefined;
  }

  /** The leader's connection broke: with a process that died everybody sees that at once. */
  function uponGone(id: number): void {
    if (isStopped || raw === undefined || raw.status().softState.lead !== id) return;
    raw.forgetLeader();
    setTimer('election', earlyElectionMs.least + randomBelow(earlyElectionMs.spread), () => {
      if (isStopped || recovery.isUnderWay() || raw?.status().softState.lead !== raftNone) return;
      raw.campaign();
      pump();
    });
    pump();
  }

  async function open(): Promise<void> {
    const first = options.members;
    const data = (): Uint8Array => {
      members.load({ members: first, removed: [], headHash: chain.reader.genesisHash });
      return members.encode(chain.reader.genesisHash);
    };
    const bootstrap =
      first.length === 0 ? undefined : { index: 1, term: 1, confState: firstConfState(first), data: data() };
    log = await openRaftLog({ store: chain.store, logger, bootstrap, onFailure: fail });
    if (isStopped) return;
    hasJoined = log.hasJoined;
    recovery = createRecovery(hasJoined);
    const snapshot = log.memory.snapshot();
    applier = createApplier({
      parts,
      members,
      log,
      minter,
      snapshotEvery: options.snapshotEvery ?? snapshotEveryDefault,
      onApplied: noteApplied,
      onMembers,
      applyConfChange,
      confState,
      isStopped: () => isStopped,
    });
    if (snapshot !== 'unavailable' && snapshot.index > 0) {
      members.load(clusterStateOf(snapshot.data));
      applier.expect(clusterStateOf(snapshot.data).headHash);
    }
    onMembers();
    raw = createRawNode({
      id: raftId,
      storage: log.memory,
      // What is behind the snapshot is applied again: blocks that are in the chain are passed over, members are counted anew.
      applied: snapshot === 'unavailable' ? 0 : snapshot.index,
      electionTicks,
      heartbeatTicks: 1,
      random: randomBelow,
      asyncStorageWrites: true,
      maxMessageBytes,
      maxUncommittedBytes,
      maxInflightMessages: 256,
      checkQuorum: true,
      preVote: true,
      // A removed leader would take itself for the minter for ever, though nobody hears it.
      stepDownOnRemoval: true,
      log: (level, message) => {
        if (level === 'warn' || level === 'error') complain(level, 'core', `Raft: ${message()}`);
      },
    });
    links = createRaftLinks({
      host: parts.host,
      clock,
      logger,
      members,
      raftId,
      hello,
      onHello: uponHello,
      onMessage: uponMessage,
      onGone: uponGone,
    });
    stops.push(() => links?.stop());
    stops.push(parts.pool.onEvent((event) => event.type === 'pending' && minter.request()));
    stops.push(chain.reader.onEvent((event) => event.type === 'head' && minter.noteHead(event.head.hash)));
    stall.expectIfIdle(leaderDueMs);
    tick();
  }

  function confState(): ConfState {
    return raw?.status().confState ?? emptyConfState;
  }

  function applyConfChange(change: ConfChange): ConfState {
    const result = raw?.applyConfChange(change);
    if (result !== undefined && 'code' in result)
      logger.log('error', 'A committed change of members is void', { reason: result.reason });
    pump();
    return confState();
  }

  function onMembers(): void {
    options.onMembers?.(members.all());
    if (!members.removed().includes(raftId)) return;
    logger.log('warn', 'This node was removed from the cluster', { raftId });
    minter.stop();
  }

  return {
    raft: {
      raftId,
      members,
      isDnsEnabled: options.isDnsEnabled ?? false,
      raftStatus: () => raw?.status(),
      snapshotIndex() {
        const snapshot = log?.memory.snapshot() ?? 'unavailable';
        return snapshot === 'unavailable' ? 0 : snapshot.index;
      },
      transferLeader(id) {
        raw?.transferLeader(id);
        pump();
      },
      isConnected: (id) => links?.isConnected(id) ?? id === raftId,
      changeMember(type, id, address) {
        const context = address === undefined ? new Uint8Array(0) : encodeRaftAddress(address);
        const change = { version: 1, transition: 'auto', changes: [{ type, nodeId: id }], context } as const;
        const refusal = raw?.proposeConfChange(change);
        pump();
        return refusal;
      },
    },
    start() {
      opening = open().catch(fail);
    },
    async stop() {
      isStopped = true;
      minter.stop();
      stall.stop();
      for (const cancel of timers.values()) cancel();
      for (const stop of stops) stop();
      await opening;
      await applier?.idle();
      await log?.flush().catch(() => undefined);
    },
    async idle() {
      await opening;
      await applier?.idle();
    },
    status: statusOf,
  };
}
