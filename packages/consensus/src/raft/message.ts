import { appendThread, applyThread, type RaftMessage, type RaftMessageType } from './types.ts';

/** A message with the fields that matter; the others are empty. */
export function createMessage(
  fields: Partial<RaftMessage> & { readonly type: RaftMessageType; readonly to: number },
): RaftMessage {
  return {
    type: fields.type,
    to: fields.to,
    from: fields.from ?? 0,
    term: fields.term ?? 0,
    logTerm: fields.logTerm ?? 0,
    index: fields.index ?? 0,
    entries: fields.entries ?? [],
    commit: fields.commit ?? 0,
    vote: fields.vote ?? 0,
    snapshot: fields.snapshot,
    reject: fields.reject ?? false,
    rejectHint: fields.rejectHint ?? 0,
    context: fields.context,
    responses: fields.responses ?? [],
  };
}

const localTypes: ReadonlySet<RaftMessageType> = new Set([
  'MsgHup',
  'MsgBeat',
  'MsgUnreachable',
  'MsgSnapStatus',
  'MsgCheckQuorum',
  'MsgStorageAppend',
  'MsgStorageAppendResp',
  'MsgStorageApply',
  'MsgStorageApplyResp',
]);

const responseTypes: ReadonlySet<RaftMessageType> = new Set([
  'MsgAppResp',
  'MsgVoteResp',
  'MsgHeartbeatResp',
  'MsgUnreachable',
  'MsgReadIndexResp',
  'MsgPreVoteResp',
  'MsgStorageAppendResp',
  'MsgStorageApplyResp',
]);

/** Never crosses the network. */
export function isLocalMessage(type: RaftMessageType): boolean {
  return localTypes.has(type);
}

/** Answers something that this node sent. */
export function isResponseMessage(type: RaftMessageType): boolean {
  return responseTypes.has(type);
}

/** True for the two threads of asynchronous storage writes. */
export function isLocalTarget(id: number): boolean {
  return id === appendThread || id === applyThread;
}
