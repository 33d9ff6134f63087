import type { Address } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { booleanToRlp, encodeRlp, numberToRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { createMessage, isLocalMessage } from './message.ts';
import { entryItem, readEntry, readSnapshot, snapshotItem } from './record.ts';
import { type RaftEntry, type RaftMessage, raftMessageTypes } from './types.ts';

/** A frame is of no known kind, or carries a message that never crosses a network. */
export type RaftFrameErrorCode = 'RAFT_FRAME_INVALID';

/** Who has an id in the cluster: the Ethereum address of its node key. */
export interface RaftSeat {
  readonly raftId: number;
  readonly address: Address;
}

/**
 * What travels on `/isoquorum/raft/1`: first a `hello` in each direction (again after every connection), then messages. A hello says who speaks and how
 * far its disk goes, so that a leader notices when a member has lost its disk; and whom it knows as members, for those that were away while somebody
 * joined.
 */
export type RaftFrame =
  | {
      readonly type: 'hello';
      readonly raftId: number;
      readonly term: number;
      /** Of the last entry on disk. */
      readonly lastTerm: number;
      readonly lastIndex: number;
      readonly commit: number;
      readonly members: readonly RaftSeat[];
    }
  | { readonly type: 'message'; readonly message: RaftMessage };

const helloKind = 0;
const messageKind = 1;
const entriesMax = 65_536;
const contextMax = 64;
const membersMax = 1024;

function invalid(reason: string): never {
  throw new IsoquorumError('RAFT_FRAME_INVALID', `Raft frame: ${reason}`, { reason }, 'REJECT');
}

/** rlp[0, raftId, term, lastTerm, lastIndex, commit, [[raftId, address]…]] or rlp[1, type, from, to, term, logTerm, index, commit, vote, reject, rejectHint, context, [entry…], snapshot]. */
export function encodeRaftFrame(frame: RaftFrame): Uint8Array {
  if (frame.type === 'hello')
    return encodeRlp([
      ...[helloKind, frame.raftId, frame.term, frame.lastTerm, frame.lastIndex, frame.commit].map(numberToRlp),
      frame.members.map(({ raftId, address }) => [numberToRlp(raftId), address]),
    ]);
  const { message } = frame;
  return encodeRlp([
    numberToRlp(messageKind),
    numberToRlp(raftMessageTypes.indexOf(message.type)),
    ...[message.from, message.to, message.term, message.logTerm, message.index, message.commit, message.vote].map(
      numberToRlp,
    ),
    booleanToRlp(message.reject),
    numberToRlp(message.rejectHint),
    message.context ?? new Uint8Array(0),
    message.entries.map(entryItem),
    snapshotItem(message.snapshot),
  ]);
}

function readMessage(fields: RlpReader): RaftMessage {
  const type = raftMessageTypes[fields.readNumber('type')];
  if (type === undefined || isLocalMessage(type)) return invalid('a message that never crosses a network');
  const from = fields.readNumber('from');
  const to = fields.readNumber('to');
  const term = fields.readNumber('term');
  const logTerm = fields.readNumber('logTerm');
  const index = fields.readNumber('index');
  const commit = fields.readNumber('commit');
  const vote = fields.readNumber('vote');
  const reject = fields.readNumber('reject') === 1;
  const rejectHint = fields.readNumber('rejectHint');
  const context = fields.readBytes('context');
  if (context.length > contextMax) return invalid('a long context');
  const list = fields.readList('entries');
  const entries: RaftEntry[] = [];
  while (list.hasMore) {
    if (entries.length === entriesMax) return invalid('too many entries');
    entries.push(readEntry(list));
  }
  const snapshot = readSnapshot(fields);
  return createMessage({
    type,
    from,
    to,
    term,
    logTerm,
    index,
    commit,
    vote,
    reject,
    rejectHint,
    context: context.length === 0 ? undefined : context,
    entries,
    snapshot,
  });
}

function readMembers(fields: RlpReader): RaftSeat[] {
  const list = fields.readList('members');
  const members: RaftSeat[] = [];
  while (list.hasMore) {
    if (members.length === membersMax) return invalid('too many members');
    const seat = list.readList('member');
    members.push({ raftId: seat.readNumber('raftId'), address: seat.readFixed(20, 'address') });
    seat.end('member');
  }
  return members;
}

/** Data of entries are views of `bytes`; whether the message makes sense is for `RawNode.step` to say. @throws RAFT_FRAME_INVALID, RLP errors */
export function decodeRaftFrame(bytes: Uint8Array): RaftFrame {
  const outer = new RlpReader(bytes);
  const fields = outer.readList('frame');
  outer.end('frame');
  const kind = fields.readNumber('kind');
  if (kind !== helloKind && kind !== messageKind) return invalid('of an unknown kind');
  const frame: RaftFrame =
    kind === messageKind
      ? { type: 'message', message: readMessage(fields) }
      : {
          type: 'hello',
          raftId: fields.readNumber('raftId'),
          term: fields.readNumber('term'),
          lastTerm: fields.readNumber('lastTerm'),
          lastIndex: fields.readNumber('lastIndex'),
          commit: fields.readNumber('commit'),
          members: readMembers(fields),
        };
  fields.end('frame');
  return frame;
}
