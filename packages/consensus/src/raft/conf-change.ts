import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { encodeRlp, numberToRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import type { RaftEntry } from './types.ts';

/** What a change does to one member; the position is etcd's number. `update` has no meaning to Raft itself. */
export const confChangeTypes = ['add-node', 'remove-node', 'update-node', 'add-learner'] as const;

export type ConfChangeType = (typeof confChangeTypes)[number];

/** `auto`: joint only when needed, and left by itself; `implicit`: joint, left by itself; `explicit`: joint, left by an empty change. */
export const confChangeTransitions = ['auto', 'implicit', 'explicit'] as const;

export type ConfChangeTransition = (typeof confChangeTransitions)[number];

export interface ConfChangeSingle {
  readonly type: ConfChangeType;
  readonly nodeId: number;
}

/** A change of members. V1 has exactly one change and the transition `auto`; a V2 without changes leaves a joint configuration. */
export interface ConfChange {
  readonly version: 1 | 2;
  readonly transition: ConfChangeTransition;
  readonly changes: readonly ConfChangeSingle[];
  /** For the application: Quorum's address of a new member. */
  readonly context: Uint8Array;
}

const changesMax = 256;
const empty = new Uint8Array(0);

/** Leaves a joint configuration. */
export const leaveJointChange: ConfChange = { version: 2, transition: 'auto', changes: [], context: empty };

export function isLeaveJoint(change: ConfChange): boolean {
  return change.transition === 'auto' && change.changes.length === 0;
}

/** Whether the change goes by way of a joint configuration, and if so whether that is left by itself. */
export function enterJoint(change: ConfChange): { readonly autoLeave: boolean } | undefined {
  if (change.transition === 'auto' && change.changes.length <= 1) return undefined;
  return { autoLeave: change.transition !== 'explicit' };
}

/** rlp[transition, [[type, id], …], context]; nothing at all for {@link leaveJointChange}, so that it weighs nothing. */
export function encodeConfChange(change: ConfChange): Uint8Array {
  if (isLeaveJoint(change) && change.context.length === 0) return empty;
  return encodeRlp([
    numberToRlp(confChangeTransitions.indexOf(change.transition)),
    change.changes.map(({ type, nodeId }) => [numberToRlp(confChangeTypes.indexOf(type)), numberToRlp(nodeId)]),
    change.context,
  ]);
}

function read(version: 1 | 2, data: Uint8Array): ConfChange {
  const outer = new RlpReader(data);
  const fields = outer.readList('confChange');
  outer.end('confChange');
  const transition = confChangeTransitions[fields.readNumber('transition')];
  if (transition === undefined) return fields.fail('RLP_INTEGER_INVALID', 'unknown transition', 'transition');
  const list = fields.readList('changes');
  const changes: ConfChangeSingle[] = [];
  while (list.hasMore) {
    const item = list.readList('change');
    const type = confChangeTypes[item.readNumber('type')];
    if (type === undefined) return item.fail('RLP_INTEGER_INVALID', 'unknown type', 'type');
    const nodeId = item.readNumber('nodeId');
    item.end('change');
    changes.push({ type, nodeId });
    if (changes.length > changesMax) return list.fail('RLP_TOO_MANY_ITEMS', 'too many changes', 'changes');
  }
  const context = fields.readBytes('context');
  fields.end('confChange');
  return { version, transition, changes, context };
}

/** The change in a conf-change entry; undefined for other entries and for data that is none. */
export function confChangeOf(entry: Pick<RaftEntry, 'type' | 'data'>): ConfChange | undefined {
  if (entry.type === 'EntryNormal') return undefined;
  const version = entry.type === 'EntryConfChange' ? 1 : 2;
  if (entry.data.length === 0) return version === 2 ? leaveJointChange : undefined;
  try {
    const change = read(version, entry.data);
    if (version === 1 && (change.changes.length !== 1 || change.transition !== 'auto')) return undefined;
    return change;
  } catch (error) {
    if (isIsoquorumError(error)) return undefined;
    throw error;
  }
}
