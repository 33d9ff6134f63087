import { concatBytes } from '@isoquorum/primitives/hex';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import { type ConfChangeTransition, confChangeOf } from '../raft/conf-change.ts';
import { createMemoryStorage, emptyConfState, type MemoryStorage } from '../raft/memory-storage.ts';
import { createMessage, isLocalTarget } from '../raft/message.ts';
import { createRawNode, type RawNode } from '../raft/raw-node.ts';
import {
  appendThread,
  type HardState,
  type RaftConfig,
  type RaftEntry,
  type RaftLogLevel,
  type RaftMessage,
  type RaftSnapshot,
} from '../raft/types.ts';
import { describeEntries, describeMessage, describeProgress, describeReady, parseChanges } from './raft-describe.ts';
import { plainNumbers, type TranscriptCommand, valuesOf } from './raft-transcript.ts';

interface InteractionNode {
  readonly id: number;
  readonly raw: RawNode;
  readonly storage: MemoryStorage;
  readonly config: RaftConfig;
  readonly appendWork: RaftMessage[];
  readonly applyWork: RaftMessage[];
  /** A snapshot after every entry that was applied. */
  readonly history: RaftSnapshot[];
}

const levels = ['debug', 'info', 'warn', 'error', 'fatal', 'none'];
const outOfDate = 'requested index is older than the existing snapshot';

/** A cluster in which nothing happens but what a command of a transcript asks for (etcd's rafttest). */
export class RaftInteraction {
  private readonly nodes: InteractionNode[] = [];
  private messages: RaftMessage[] = [];
  private output = '';
  private level = 0;

  /** Carries out a command. @returns what etcd's transcripts print */
  run(command: TranscriptCommand): string {
    this.output = '';
    const fault = this.dispatch(command);
    if (fault !== undefined) {
      if (this.level === levels.length - 1) return fault;
      this.write(fault);
    }
    return this.output === '' ? 'ok' : this.output;
  }

  private write(text: string): void {
    if (this.level < levels.length - 1) this.output += text;
  }

  private log(level: RaftLogLevel, message: () => string): void {
    if (this.level <= levels.indexOf(level)) this.write(`${level.toUpperCase()} ${message()}\n`);
  }

  private indented(act: () => string | undefined): string | undefined {
    const before = this.output;
    this.output = '';
    const fault = act();
    const lines = this.output.replace(/\n$/, '').split('\n');
    this.output = before + (this.output === '' ? '' : `${lines.map((line) => `  ${line}`).join('\n')}\n`);
    return fault;
  }

  private node(id: number): InteractionNode {
    const node = this.nodes[id - 1];
    if (node === undefined) throw new Error(`there is no node ${id}`);
    return node;
  }

  private dispatch(command: TranscriptCommand): string | undefined {
    const { name, args } = command;
    const ids = plainNumbers(args);
    const first = (): InteractionNode => this.node(ids[0] ?? Number.NaN);
    switch (name) {
      case '_breakpoint':
        return undefined;
      case 'add-nodes':
        return this.addNodes(command);
      case 'campaign':
        return first().raw.campaign()?.reason;
      case 'compact':
        if (!first().storage.compact(Number(args[1]?.key))) return 'requested index is unavailable due to compaction';
        return this.raftLog(first());
      case 'deliver-msgs':
        return this.deliverCommand(command);
      case 'process-ready':
        return this.each(ids, 'handling Ready', (node) => this.processReady(node));
      case 'process-append-thread':
        return this.each(ids, 'processing append thread', (node) => this.processAppendThread(node));
      case 'process-apply-thread':
        return this.each(ids, 'processing apply thread', (node) => this.processApplyThread(node));
      case 'log-level':
        return this.setLevel(args[0]?.key ?? '');
      case 'raft-log':
        return this.raftLog(first());
      case 'raft-state':
        return this.raftState();
      case 'set-randomized-election-timeout':
        first().raw.setRandomizedElectionTicks(Number(valuesOf(args, 'timeout')[0]));
        return undefined;
      case 'stabilize':
        return this.stabilizeCommand(command);
      case 'status':
        this.write(describeProgress(first().raw.progress()));
        return undefined;
      case 'tick-election':
        return this.tick(first(), first().config.electionTicks);
      case 'tick-heartbeat':
        return this.tick(first(), first().config.heartbeatTicks);
      case 'transfer-leadership':
        this.node(Number(valuesOf(args, 'from')[0])).raw.transferLeader(Number(valuesOf(args, 'to')[0]));
        return undefined;
      case 'forget-leader':
        first().raw.forgetLeader();
        return undefined;
      case 'send-snapshot':
        return this.sendSnapshot(first(), ids[1] ?? 0);
      case 'propose':
        return first().raw.propose(utf8ToBytes(args[1]?.key ?? ''))?.reason;
      case 'propose-conf-change':
        return this.proposeConfChange(command);
      case 'report-unreachable':
        first().raw.reportUnreachable(ids[1] ?? 0);
        return undefined;
      default:
        return 'unknown command';
    }
  }

  private each(
    ids: readonly number[],
    title: string,
    act: (node: InteractionNode) => string | undefined,
  ): string | undefined {
    for (const id of ids) {
      const node = this.node(id);
      if (ids.length > 1) this.write(`> ${id} ${title}\n`);
      const fault = ids.length > 1 ? this.indented(() => act(node)) : act(node);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  private addNodes({ args }: TranscriptCommand): string | undefined {
    const numbers = (key: string): number[] => valuesOf(args, key).map(Number);
    const isTrue = (key: string): boolean => valuesOf(args, key)[0] === 'true';
    const index = numbers('index')[0] ?? 0;
    const confState = { ...emptyConfState, voters: numbers('voters'), learners: numbers('learners') };
    const data = utf8ToBytes(valuesOf(args, 'content')[0] ?? '');
    const isBootstrap = index > 0 || confState.voters.length + confState.learners.length + data.length > 0;
    if (isBootstrap && index <= 1) return 'index must be specified as > 1 due to bootstrap';
    const snapshot: RaftSnapshot = { index, term: isBootstrap ? 1 : 0, confState, data };
    const applying = numbers('max-committed-size-per-ready')[0];
    for (let count = Number(args[0]?.key); count > 0; count--) {
      const id = this.nodes.length + 1;
      const storage = createMemoryStorage();
      if (isBootstrap) storage.applySnapshot(snapshot);
      const history = [snapshot];
      const config: RaftConfig = {
        id,
        electionTicks: 3,
        heartbeatTicks: 1,
        maxInflightMessages: numbers('inflight')[0] ?? 0x7fffffff,
        storage: { ...storage, snapshot: () => history.at(-1) as RaftSnapshot },
        random: (bound) => bound - 1,
        applied: index,
        asyncStorageWrites: isTrue('async-storage-writes'),
        preVote: isTrue('prevote'),
        checkQuorum: isTrue('checkquorum'),
        disableConfChangeValidation: isTrue('disable-conf-change-validation'),
        stepDownOnRemoval: isTrue('step-down-on-removal'),
        readOnly: valuesOf(args, 'read-only')[0] === 'lease-based' ? 'lease' : 'safe',
        log: (level, message) => this.log(level, message),
        ...(applying === undefined ? {} : { maxApplyingBytes: applying }),
      };
      this.nodes.push({ id, raw: createRawNode(config), storage, config, appendWork: [], applyWork: [], history });
    }
    return undefined;
  }

  private setLevel(name: string): string | undefined {
    const level = levels.indexOf(name.toLowerCase());
    if (level < 0) return `log levels must be either of ${levels.join(' ')}`;
    this.level = level;
    return undefined;
  }

  private raftLog({ storage }: InteractionNode): undefined {
    const first = storage.firstIndex();
    const last = storage.lastIndex();
    if (last < first) {
      this.write(`log is empty: first index=${first}, last index=${last}`);
      return undefined;
    }
    const entries = storage.entries(first, last + 1, Number.POSITIVE_INFINITY);
    if (entries !== 'compacted') this.write(describeEntries(entries));
    return undefined;
  }

  private raftState(): undefined {
    for (const { id, raw } of this.nodes) {
      const { softState, hardState, confState } = raw.status();
      const isVoter = [...confState.voters, ...confState.votersOutgoing].includes(id);
      const voter = isVoter ? '(Voter)' : '(Non-Voter)';
      this.write(`${id}: ${softState.role} ${voter} Term:${hardState.term} Lead:${softState.lead}\n`);
    }
    return undefined;
  }

  private tick({ raw }: InteractionNode, count: number): undefined {
    for (let i = 0; i < count; i++) raw.tick();
    return undefined;
  }

  private sendSnapshot({ id, raw, history }: InteractionNode, to: number): undefined {
    const { term } = raw.status().hardState;
    const message = createMessage({ type: 'MsgSnap', term, from: id, to, snapshot: history.at(-1) as RaftSnapshot });
    this.messages.push(message);
    this.write(describeMessage(message));
    return undefined;
  }

  private proposeConfChange({ args, input }: TranscriptCommand): string | undefined {
    const changes = parseChanges(input);
    if (typeof changes === 'string') return changes;
    const transition = (valuesOf(args, 'transition')[0] ?? 'auto') as ConfChangeTransition;
    const version = ['true', '1'].includes(valuesOf(args, 'v1')[0] ?? '') ? 1 : 2;
    if (version === 1 && (changes.length !== 1 || transition !== 'auto'))
      return 'v1 conf change can only have one operation and no transition';
    const { raw } = this.node(plainNumbers(args)[0] ?? 0);
    return raw.proposeConfChange({ version, transition, changes, context: new Uint8Array(0) })?.reason;
  }

  private takeMessages(to: number, type: string | undefined, isDropped: boolean): RaftMessage[] {
    const isTaken = (message: RaftMessage): boolean => {
      const isLocal = message.from === message.to || isLocalTarget(message.from) || isLocalTarget(message.to);
      return message.to === to && !(isDropped && isLocal) && (type === undefined || message.type === type);
    };
    const taken = this.messages.filter(isTaken);
    this.messages = this.messages.filter((message) => !isTaken(message));
    return taken;
  }

  private deliver(to: number, type: string | undefined, isDropped: boolean): number {
    const taken = this.takeMessages(to, type, isDropped);
    for (const message of taken) {
      this.write(`${isDropped ? 'dropped: ' : ''}${describeMessage(message)}\n`);
      const refusal = isDropped ? undefined : this.node(to).raw.step(message);
      if (refusal !== undefined) this.write(`${refusal.reason}\n`);
    }
    return taken.length;
  }

  private deliverCommand({ args }: TranscriptCommand): undefined {
    const type = valuesOf(args, 'type')[0];
    let count = 0;
    for (const { key, values } of args) {
      if (values.length === 0) count += this.deliver(Number(key), type, false);
      else if (key === 'drop') for (const id of values) count += this.deliver(Number(id), type, true);
    }
    if (count === 0) this.write('no messages\n');
    return undefined;
  }

  private store(
    { storage }: InteractionNode,
    written: {
      readonly hardState: HardState | undefined;
      readonly entries: readonly RaftEntry[];
      readonly snapshot: RaftSnapshot | undefined;
    },
  ): string | undefined {
    if (written.hardState !== undefined) storage.setHardState(written.hardState);
    if (written.snapshot === undefined) {
      storage.append(written.entries);
      return undefined;
    }
    if (written.entries.length > 0) return "can't apply snapshot and entries at the same time";
    return storage.applySnapshot(written.snapshot) ? undefined : outOfDate;
  }

  private apply({ raw, history }: InteractionNode, entries: readonly RaftEntry[]): string | undefined {
    for (const entry of entries) {
      const last = history.at(-1) as RaftSnapshot;
      const change = confChangeOf(entry);
      const result = change === undefined ? last.confState : raw.applyConfChange(change);
      if ('code' in result) return result.reason;
      const data = concatBytes(last.data, change === undefined ? entry.data : change.context);
      history.push({ index: entry.index, term: entry.term, confState: result, data });
    }
    return undefined;
  }

  private processReady(node: InteractionNode): string | undefined {
    const ready = node.raw.ready();
    this.write(describeReady(ready));
    const isAsync = node.config.asyncStorageWrites === true;
    const fault = isAsync ? undefined : (this.store(node, ready) ?? this.apply(node, ready.committedEntries));
    if (fault !== undefined) return fault;
    for (const message of ready.messages) {
      if (!isLocalTarget(message.to)) this.messages.push(message);
      else (message.to === appendThread ? node.appendWork : node.applyWork).push(message);
    }
    if (!isAsync) node.raw.advance();
    return undefined;
  }

  private processThread(
    work: RaftMessage[],
    nothing: string,
    act: (message: RaftMessage) => string | undefined,
  ): string | undefined {
    const message = work.shift();
    if (message === undefined) {
      this.write(nothing);
      return undefined;
    }
    this.write(`Processing:\n${describeMessage({ ...message, responses: [] })}\n`);
    const fault = act(message);
    if (fault !== undefined) return fault;
    this.write('Responses:\n');
    for (const response of message.responses) this.write(`${describeMessage(response)}\n`);
    this.messages.push(...message.responses);
    return undefined;
  }

  private processAppendThread(node: InteractionNode): string | undefined {
    return this.processThread(node.appendWork, 'no append work to perform', (message) => {
      const { term, vote, commit, entries, snapshot } = message;
      const hardState = term + vote + commit === 0 ? undefined : { term, vote, commit };
      return this.store(node, { hardState, entries, snapshot });
    });
  }

  private processApplyThread(node: InteractionNode): string | undefined {
    return this.processThread(node.applyWork, 'no apply work to perform', ({ entries }) => this.apply(node, entries));
  }

  private stabilizeCommand({ args }: TranscriptCommand): string | undefined {
    const before = this.level;
    const level = valuesOf(args, 'log-level')[0];
    const fault = level === undefined ? undefined : this.setLevel(level);
    const ids = plainNumbers(args);
    const result = fault ?? this.stabilize(ids.length === 0 ? this.nodes : ids.map((id) => this.node(id)));
    this.level = before;
    return result;
  }

  private stabilize(nodes: readonly InteractionNode[]): string | undefined {
    const phases: readonly {
      readonly title: string;
      readonly isWaiting: (node: InteractionNode) => boolean;
      readonly act: (node: InteractionNode) => string | undefined;
    }[] = [
      { title: 'handling Ready', isWaiting: ({ raw }) => raw.hasReady(), act: (node) => this.processReady(node) },
      {
        title: 'receiving messages',
        isWaiting: ({ id }) => this.messages.some(({ to }) => to === id),
        act: ({ id }) => void this.deliver(id, undefined, false),
      },
      {
        title: 'processing append thread',
        isWaiting: ({ appendWork }) => appendWork.length > 0,
        act: (node) => this.processAppendThread(node),
      },
      {
        title: 'processing apply thread',
        isWaiting: ({ applyWork }) => applyWork.length > 0,
        act: (node) => this.processApplyThread(node),
      },
    ];
    for (let isDone = false; !isDone; ) {
      isDone = true;
      for (const { title, isWaiting, act } of phases) {
        for (const node of nodes.filter(isWaiting)) {
          isDone = false;
          this.write(`> ${node.id} ${title}\n`);
          // Threads work until nothing waits; a Ready and a batch of messages are one piece.
          do {
            const fault = this.indented(() => act(node));
            if (fault !== undefined) return fault;
          } while (title.endsWith('thread') && isWaiting(node));
        }
      }
    }
    return undefined;
  }
}
