import type { RaftMessage } from '@isoquorum/consensus/raft/types';

/**
 * Why a message that the core would take does not come from a member that runs this program; undefined when it may. Reads by index and hand-overs are not
 * asked for over the network here, and only changes of members are proposed by way of the leader: what nobody needs cannot be used to fill queues and log.
 */
export function unexpected({ type, entries }: RaftMessage): string | undefined {
  switch (type) {
    case 'MsgTransferLeader':
    case 'MsgReadIndex':
    case 'MsgReadIndexResp':
      return `${type} comes from nobody`;
    case 'MsgProp':
      return entries.every((entry) => entry.type !== 'EntryNormal')
        ? undefined
        : 'a block of a member that does not lead';
    default:
      return undefined;
  }
}
