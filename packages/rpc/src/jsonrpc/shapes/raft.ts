/** One member in what `raft_cluster` gives. */
export interface RaftMemberJson {
  readonly raftId: number;
  readonly nodeId: string;
  readonly p2pPort: number;
  readonly raftPort: number;
  readonly hostname: string;
  readonly role: 'minter' | 'verifier' | 'learner';
  readonly nodeActive: boolean;
}
