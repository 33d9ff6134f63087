import { decodeRaftFrame } from '@isoquorum/consensus/raft/frame';
import type { RaftMessage } from '@isoquorum/consensus/raft/types';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import type { Report, Witness } from '../machines/replica.ts';

/** Messages that a member sends only if it leads. */
const leading: ReadonlySet<string> = new Set(['MsgApp', 'MsgHeartbeat', 'MsgSnap']);

/** Hears every message of a Raft cluster and knows the rules of the algorithm: one leader in a term, one vote, one entry at a place. */
export class RaftWitness implements Witness {
  private readonly report: Report;
  private readonly leaders = new Map<number, number>();
  private readonly votes = new Map<string, number>();
  private readonly entries = new Map<string, string>();

  constructor(report: Report) {
    this.report = report;
  }

  said(from: number, frame: Uint8Array): void {
    const decoded = decodeRaftFrame(frame);
    if (decoded.type !== 'message') return;
    const { message } = decoded;
    if (leading.has(message.type)) this.checkLeader(from, message);
    if (message.type === 'MsgVoteResp' && !message.reject) this.checkVote(from, message);
    for (const { index, term, type, data } of message.type === 'MsgApp' ? message.entries : [])
      this.checkEntry(`${index} of term ${term}`, `${type} ${bytesToBareHex(data)}`);
  }

  head(): void {}

  private checkLeader(node: number, { term }: RaftMessage): void {
    const other = this.leaders.get(term) ?? node;
    this.leaders.set(term, node);
    if (other !== node) this.report(`nodes ${other} and ${node} both lead in term ${term}`);
  }

  private checkVote(node: number, { term, to }: RaftMessage): void {
    const key = `${node} ${term}`;
    const other = this.votes.get(key) ?? to;
    this.votes.set(key, to);
    if (other !== to) this.report(`node ${node} voted for two in term ${term}`);
  }

  /** What two leaders write at a place differs in its term, so that one of the two can be told from the other. */
  private checkEntry(place: string, what: string): void {
    const other = this.entries.get(place) ?? what;
    this.entries.set(place, what);
    if (other !== what) this.report(`two different entries at ${place}`);
  }
}
