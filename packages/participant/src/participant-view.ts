/**
 * What a page shows of its participant. Plain data only, with `0x…` text for bytes, so that a view crosses a MessagePort as it
 * is: this is the edge of the party, as JSON is the edge of a node. Times are milliseconds since the Unix epoch unless named otherwise.
 */

/** Where the participant is between its start and taking part. */
export type Phase =
  | 'starting'
  | 'identity'
  | 'genesis'
  | 'connecting'
  | 'admission'
  | 'catching-up'
  | 'ready'
  | 'failed'
  | 'stopped';

/** Something under way that a person may be waiting for; `total` is absent while it is unknown. */
export interface ActivityView {
  readonly step: string;
  readonly text: string;
  readonly done?: number;
  readonly total?: number;
}

/** A coded problem with what a person can do about it. */
export interface ProblemView {
  readonly code: string;
  readonly message: string;
  readonly advice: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** `verified`: checked here and fresh; `old`: checked here, but it does not move; `unverified`: nothing to rely on. */
export type HeadMark = 'verified' | 'unverified' | 'old';

export interface HeadView {
  readonly number: number;
  readonly hash: string;
  /** Seconds, as in the header. */
  readonly timestamp: number;
  readonly mark: HeadMark;
  /** Stable code of the reason, such as `FULL_QUORUM`, `HEAD_OLD`, `NO_VALIDATORS`, `CATCHING_UP`. */
  readonly code: string;
  readonly reason: string;
}

export interface BlockView {
  readonly number: number;
  readonly hash: string;
  /** Seconds, as in the header. */
  readonly timestamp: number;
  readonly round: number;
  /** The block's author (coinbase). */
  readonly proposer: string;
  /** Distinct validators whose committed seal was recovered and found in the parent's set. */
  readonly sealers: readonly string[];
  readonly validatorCount: number;
  readonly quorum: number;
  readonly transactionCount: number;
  readonly privateCount: number;
}

/** A header or body that a peer offered and that was refused here. */
export interface RefusalView {
  readonly number: number;
  readonly hash: string;
  readonly peer: string;
  readonly code: string;
  readonly reason: string;
  readonly at: number;
}

export interface ValidatorView {
  readonly address: string;
  readonly name: string | undefined;
  readonly connected: boolean;
  readonly lastProposed: number | undefined;
  readonly lastSealed: number | undefined;
}

export interface PeerView {
  readonly id: string;
  readonly role: 'node' | 'browser';
  readonly name: string | undefined;
  readonly address: string | undefined;
  readonly transport: string;
  readonly direction: 'inbound' | 'outbound';
  /** Enclave key of the party behind it, when its statement was verified. */
  readonly enclaveKey: string | undefined;
  /** The height that it last told us. */
  readonly head: number;
}

export interface NetworkView {
  readonly chainId: string;
  readonly genesisHash: string;
  readonly consensus: string;
  readonly blockPeriodSeconds: number;
  readonly quorum: number;
  /** Set when two quorums of this validator set need not share a correct validator (decision 7). */
  readonly quorumWarning: string | undefined;
}

export interface HomeView {
  readonly peerId: string;
  readonly name: string | undefined;
  /** URL under which the home lists this page's key. */
  readonly url: string | undefined;
  readonly state: 'registering' | 'registered' | 'unreachable' | 'refused';
  readonly detail: string | undefined;
  readonly received: number;
}

export interface AccountView {
  readonly address: string;
  /** Next nonce at the verified head, own pending transactions included. */
  readonly nonce: string;
}

export interface PartyView {
  readonly peerId: string;
  /** Base64 of the X25519 public key, as in `privateFor`. */
  readonly enclaveKey: string;
  readonly accounts: readonly AccountView[];
  readonly home: HomeView | undefined;
  readonly statement: { readonly sequence: number; readonly signedBy: string } | undefined;
  /** False when this browser may evict the stored keys and state. */
  readonly persistent: boolean;
  /** True when the keys were made in this session, false when they were loaded. */
  readonly fresh: boolean;
}

/** A party that can be named in `privateFor`. */
export interface DirectoryEntryView {
  readonly enclaveKey: string;
  readonly name: string;
  readonly kind: 'node' | 'page';
  /** `verified`: its signed statement was checked here; `unsigned`: only a manager says so; `conflict`: no send (decision 10). */
  readonly trust: 'verified' | 'unsigned' | 'conflict';
  readonly detail: string;
  /** How a payload for it would leave this page now. */
  readonly route: 'direct' | 'home' | 'none';
  readonly peerId: string | undefined;
}

/** What this page can tell about a private transaction. */
export type Readability = 'public' | 'party' | 'stranger' | 'waiting';

export interface LogView {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
}

export interface TransactionView {
  readonly hash: string;
  readonly blockNumber: number | undefined;
  readonly index: number | undefined;
  readonly from: string;
  readonly to: string | undefined;
  readonly nonce: string;
  readonly readability: Readability;
  /** Sent by an account of this page. */
  readonly mine: boolean;
  /** The call data as this page can read it: the payload of a private transaction, absent for a stranger. */
  readonly data: string | undefined;
  /** Base64 of the 64-byte payload hash of a private transaction. */
  readonly payloadHash: string | undefined;
  /** Enclave keys of the parties, as far as the payload names them to us. */
  readonly parties: readonly string[];
  /** Undefined until this page has executed it, and for good where it is a stranger or the transaction is public. */
  readonly status: 'success' | 'failed' | undefined;
  readonly revertReason: string | undefined;
  readonly contractAddress: string | undefined;
  readonly logs: readonly LogView[];
}

/** A contract that this page knows of. */
export interface ContractView {
  readonly address: string;
  readonly private: boolean;
  readonly blockNumber: number;
  readonly creator: string;
  readonly transactionHash: string;
  /** keccak256 of the deployed code, by which ready-made contracts are recognised. */
  readonly codeHash: string;
  readonly parties: readonly string[];
}

export interface PrivateHeadView {
  readonly number: number;
  readonly root: string;
  readonly state: 'following' | 'waiting' | 'replaying';
  readonly detail: string | undefined;
}

/** Progress of one send, by the id that the caller chose. */
export interface OperationView {
  readonly id: string;
  readonly step:
    | 'preparing'
    | 'sealing'
    | 'handing-over'
    | 'signing'
    | 'broadcasting'
    | 'waiting-for-block'
    | 'done'
    | 'failed';
  readonly text: string;
  readonly transactionHash: string | undefined;
  readonly problem: ProblemView | undefined;
}

export interface ParticipantView {
  readonly phase: Phase;
  readonly activity: ActivityView | undefined;
  readonly problem: ProblemView | undefined;
  readonly network: NetworkView | undefined;
  readonly head: HeadView;
  readonly blocks: readonly BlockView[];
  readonly refusals: readonly RefusalView[];
  readonly validators: readonly ValidatorView[];
  readonly peers: readonly PeerView[];
  readonly party: PartyView | undefined;
  readonly directory: readonly DirectoryEntryView[];
  readonly transactions: readonly TransactionView[];
  readonly contracts: readonly ContractView[];
  readonly privateHead: PrivateHeadView | undefined;
  readonly operations: readonly OperationView[];
}

/** What is shown before the participant has said anything. */
export const EMPTY_VIEW: ParticipantView = {
  phase: 'starting',
  activity: { step: 'starting', text: 'Starting the participant' },
  problem: undefined,
  network: undefined,
  head: {
    number: 0,
    hash: '0x',
    timestamp: 0,
    mark: 'unverified',
    code: 'NOT_STARTED',
    reason: 'No block has been checked yet.',
  },
  blocks: [],
  refusals: [],
  validators: [],
  peers: [],
  party: undefined,
  directory: [],
  transactions: [],
  contracts: [],
  privateHead: undefined,
  operations: [],
};
