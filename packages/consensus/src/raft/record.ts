import { IsoquorumError } from '@isoquorum/primitives/errors';
import { booleanToRlp, encodeRlp, numberToRlp, type RlpItem } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { type ConfState, type HardState, type RaftEntry, raftEntryTypes, type RaftSnapshot } from './types.ts';

/** What Raft writes to disk, in RLP. A record that is damaged means that the disk is: reaction STOP. */
export type RaftRecordErrorCode = 'RAFT_RECORD_INVALID';

/** Members of one kind in a configuration. */
const membersMax = 4096;

export function entryItem({ term, index, type, data }: RaftEntry): RlpItem {
  return [numberToRlp(term), numberToRlp(index), numberToRlp(raftEntryTypes.indexOf(type)), data];
}

/** @throws RLP errors */
export function readEntry(reader: RlpReader): RaftEntry {
  const fields = reader.readList('entry');
  const term = fields.readNumber('term');
  const index = fields.readNumber('index');
  const type = raftEntryTypes[fields.readNumber('type')];
  if (type === undefined) return fields.fail('RLP_INTEGER_INVALID', 'unknown entry type', 'type');
  const data = fields.readBytes('data');
  fields.end('entry');
  return { term, index, type, data };
}

function idsItem(ids: readonly number[]): RlpItem {
  return ids.map(numberToRlp);
}

function readIds(reader: RlpReader, field: string): number[] {
  const list = reader.readList(field);
  const ids: number[] = [];
  while (list.hasMore) {
    if (ids.length === membersMax) list.fail('RLP_TOO_MANY_ITEMS', 'too many members', field);
    ids.push(list.readNumber(field));
  }
  return ids;
}

function readConfState(reader: RlpReader): ConfState {
  const fields = reader.readList('confState');
  const state = {
    voters: readIds(fields, 'voters'),
    votersOutgoing: readIds(fields, 'votersOutgoing'),
    learners: readIds(fields, 'learners'),
    learnersNext: readIds(fields, 'learnersNext'),
    autoLeave: fields.readNumber('autoLeave') === 1,
  };
  fields.end('confState');
  return state;
}

/** An empty list stands for no snapshot. */
export function snapshotItem(snapshot: RaftSnapshot | undefined): RlpItem {
  if (snapshot === undefined) return [];
  const { index, term, confState, data } = snapshot;
  const { voters, votersOutgoing, learners, learnersNext, autoLeave } = confState;
  const members = [...[voters, votersOutgoing, learners, learnersNext].map(idsItem), booleanToRlp(autoLeave)];
  return [numberToRlp(index), numberToRlp(term), members, data];
}

/** @throws RLP errors */
export function readSnapshot(reader: RlpReader): RaftSnapshot | undefined {
  const fields = reader.readList('snapshot');
  if (!fields.hasMore) return undefined;
  const index = fields.readNumber('index');
  const term = fields.readNumber('term');
  const confState = readConfState(fields);
  const data = fields.readBytes('data');
  fields.end('snapshot');
  return { index, term, confState, data };
}

export function encodeEntry(entry: RaftEntry): Uint8Array {
  return encodeRlp(entryItem(entry));
}

export function encodeSnapshot(snapshot: RaftSnapshot): Uint8Array {
  return encodeRlp(snapshotItem(snapshot));
}

export function encodeHardState({ term, vote, commit }: HardState): Uint8Array {
  return encodeRlp([numberToRlp(term), numberToRlp(vote), numberToRlp(commit)]);
}

function decode<T>(what: string, bytes: Uint8Array, read: (reader: RlpReader) => T): T {
  try {
    const reader = new RlpReader(bytes);
    const value = read(reader);
    reader.end(what);
    return value;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IsoquorumError('RAFT_RECORD_INVALID', `${what} of the Raft log is damaged`, { what, reason }, 'STOP', {
      cause,
    });
  }
}

/** @throws RAFT_RECORD_INVALID */
export function decodeEntry(bytes: Uint8Array): RaftEntry {
  return decode('an entry', bytes, readEntry);
}

/** @throws RAFT_RECORD_INVALID */
export function decodeSnapshot(bytes: Uint8Array): RaftSnapshot | undefined {
  return decode('the snapshot', bytes, readSnapshot);
}

/** @throws RAFT_RECORD_INVALID */
export function decodeHardState(bytes: Uint8Array): HardState {
  return decode('the state', bytes, (reader) => {
    const fields = reader.readList('hardState');
    const state = {
      term: fields.readNumber('term'),
      vote: fields.readNumber('vote'),
      commit: fields.readNumber('commit'),
    };
    fields.end('hardState');
    return state;
  });
}
