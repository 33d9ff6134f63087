import { bytesToUtf8 } from '@isoquorum/primitives/utf8';
import { type ConfChangeSingle, confChangeOf } from '../raft/conf-change.ts';
import { type AckedIndex, sortedIds } from '../raft/quorum.ts';
import type { ProgressView } from '../raft/raw-node.ts';
import type { MemberConfig } from '../raft/tracker.ts';
import {
  appendThread,
  applyThread,
  type ConfState,
  type RaftEntry,
  type RaftMessage,
  type RaftSnapshot,
  type Ready,
} from '../raft/types.ts';

/** How etcd's transcripts show configurations, entries, messages and `Ready`. */

const hex = (id: number): string => id.toString(16);

function describeTarget(id: number): string {
  if (id === appendThread) return 'AppendThread';
  if (id === applyThread) return 'ApplyThread';
  return id === 0 ? 'None' : hex(id);
}

const letters = { 'add-node': 'v', 'add-learner': 'l', 'remove-node': 'r', 'update-node': 'u' } as const;

export function describeChanges(changes: readonly ConfChangeSingle[]): string {
  return changes.map(({ type, nodeId }) => `${letters[type]}${nodeId}`).join(' ');
}

/** `v1 l2 r3 u4`, or what is wrong with it. */
export function parseChanges(text: string): readonly ConfChangeSingle[] | string {
  const changes: ConfChangeSingle[] = [];
  for (const token of text.split(/\s+/).filter((part) => part !== '')) {
    const found = Object.entries(letters).find(([, letter]) => token.startsWith(letter));
    if (found === undefined) return `unknown input: ${token}`;
    changes.push({ type: found[0] as ConfChangeSingle['type'], nodeId: Number(token.slice(1)) });
  }
  return changes;
}

export function describeEntry(entry: RaftEntry): string {
  const text =
    entry.type === 'EntryNormal'
      ? JSON.stringify(bytesToUtf8(entry.data, 'data'))
      : describeChanges(confChangeOf(entry)?.changes ?? []);
  return `${entry.term}/${entry.index} ${entry.type}${text === '' ? '' : ` ${text}`}`;
}

export function describeEntries(entries: readonly RaftEntry[]): string {
  return entries.map((entry) => `${describeEntry(entry)}\n`).join('');
}

function describeConfState(state: ConfState): string {
  const list = (ids: readonly number[]): string => `[${ids.join(' ')}]`;
  return `Voters:${list(state.voters)} VotersOutgoing:${list(state.votersOutgoing)} Learners:${list(state.learners)} LearnersNext:${list(state.learnersNext)} AutoLeave:${state.autoLeave}`;
}

function describeSnapshot(snapshot: RaftSnapshot): string {
  return `Index:${snapshot.index} Term:${snapshot.term} ConfState:${describeConfState(snapshot.confState)}`;
}

export function describeMessage(message: RaftMessage, indent = ''): string {
  const { from, to, type, term, logTerm, index, entries, snapshot, responses } = message;
  let text = `${indent}${describeTarget(from)}->${describeTarget(to)} ${type} Term:${term} Log:${logTerm}/${index}`;
  if (message.reject) text += ` Rejected (Hint: ${message.rejectHint})`;
  if (message.commit !== 0) text += ` Commit:${message.commit}`;
  if (message.vote !== 0) text += ` Vote:${message.vote}`;
  if (entries.length === 1) text += ` Entries:[${describeEntry(entries[0] as RaftEntry)}]`;
  else if (entries.length > 1)
    text += ` Entries:[${entries.map((entry) => `\n${indent}  ${describeEntry(entry)}`).join('')}\n${indent}]`;
  if (snapshot !== undefined && snapshot.index !== 0) text += `\n${indent}  Snapshot: ${describeSnapshot(snapshot)}`;
  if (responses.length > 0)
    text += ` Responses:[${responses.map((each) => `\n${describeMessage(each, `${indent}  `)}`).join('')}\n${indent}]`;
  return text;
}

export function describeReady(ready: Ready): string {
  const { softState, hardState, entries, snapshot, committedEntries, messages } = ready;
  let text = '';
  if (softState !== undefined) text += `Lead:${softState.lead} State:${softState.role}\n`;
  if (hardState !== undefined) {
    const vote = hardState.vote === 0 ? '' : ` Vote:${hardState.vote}`;
    text += `HardState Term:${hardState.term}${vote} Commit:${hardState.commit}\n`;
  }
  if (entries.length > 0) text += `Entries:\n${describeEntries(entries)}`;
  if (snapshot !== undefined) text += `Snapshot ${describeSnapshot(snapshot)}\n`;
  if (committedEntries.length > 0) text += `CommittedEntries:\n${describeEntries(committedEntries)}`;
  if (messages.length > 0) text += `Messages:\n${messages.map((each) => `${describeMessage(each)}\n`).join('')}`;
  return text === '' ? '<empty Ready>' : `Ready MustSync=${ready.mustSync}:\n${text}`;
}

export function describeProgress(progress: ReadonlyMap<number, ProgressView>): string {
  let text = '';
  for (const id of sortedIds(progress.keys())) {
    const view = progress.get(id) as ProgressView;
    text += `${id}: ${view.state} match=${view.match} next=${view.next}`;
    if (view.isLearner) text += ' learner';
    if (view.isPaused) text += ' paused';
    if (view.pendingSnapshot > 0) text += ` pendingSnap=${view.pendingSnapshot}`;
    if (!view.recentActive) text += ' inactive';
    if (view.inflightCount > 0) text += ` inflight=${view.inflightCount}${view.isInflightFull ? '[full]' : ''}`;
    text += '\n';
  }
  return text;
}

const set = (ids: ReadonlySet<number>): string => `(${sortedIds(ids).map(hex).join(' ')})`;

export function describeConfig({ voters, learners, learnersNext, autoLeave }: MemberConfig): string {
  let text = `voters=${set(voters.incoming)}`;
  if (voters.outgoing.size > 0) text += `&&${set(voters.outgoing)}`;
  if (learners.size > 0) text += ` learners=${set(learners)}`;
  if (learnersNext.size > 0) text += ` learners_next=${set(learnersNext)}`;
  return autoLeave ? `${text} autoleave` : text;
}

/** A bar for each voter, as long as there are voters with a lower index. */
export function describeQuorum(ids: ReadonlySet<number>, acked: AckedIndex): string {
  if (ids.size === 0) return '<empty majority quorum>';
  const count = ids.size;
  let text = `${' '.repeat(count)}    idx\n`;
  for (const id of sortedIds(ids)) {
    const index = acked(id);
    const bar = [...ids].filter((other) => (acked(other) ?? 0) < (index ?? 0)).length;
    text += index === undefined ? `?${' '.repeat(count)}` : `${'x'.repeat(bar)}>${' '.repeat(count - bar)}`;
    text += ` ${String(index ?? 0).padStart(5)}    (id=${hex(id)})\n`;
  }
  return text;
}
