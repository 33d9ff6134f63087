import type { Address, EncryptedPayloadHash, Hash32 } from '@isoquorum/primitives/bytes';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import type { Header } from '@isoquorum/primitives/header';
import type { Receipt } from '@isoquorum/primitives/receipt';
import type { Transaction } from '@isoquorum/primitives/transaction/transaction';
import type { StoreOperation } from '@isoquorum/platform/store';
import type { Evm, EvmRunOptions } from '../evm/port.ts';
import type { StateDatabase } from '../state/database.ts';
import type { StateReader } from '../state/types.ts';

/** Something that a transition cannot go on without (decision 3). Resolve it, then run the transition again. */
export type Need =
  /** Payloads of private transactions, by encrypted payload hash: ask the manager. */
  | { readonly type: 'payload'; readonly digests: readonly EncryptedPayloadHash[] }
  /** What this private state itself once sent under these digests, opened (contract extension): see {@link ApplyPrivateInput.extensionProofs}. */
  | { readonly type: 'extension'; readonly uuids: readonly EncryptedPayloadHash[] }
  /**
   * Parts of a state that this machine does not hold: ask a node for a witness of `root` (the state root in whose trie the
   * node is missing). `address`/`slots` name what was read; `hash` is the missing node or, with `isCode`, the missing code.
   */
  | {
      readonly type: 'public';
      readonly root: Hash32;
      readonly address: Address | undefined;
      readonly slots: readonly Hash32[];
      readonly hash: Hash32;
      readonly isCode: boolean;
    }
  /** Keys of the local store that are not resident (a page's mirror): read them, then run again. */
  | { readonly type: 'local'; readonly keys: readonly Uint8Array[] };

export type TransitionOutcome<T> =
  | { readonly status: 'done'; readonly result: T }
  | { readonly status: 'needs'; readonly needs: readonly Need[] };

/** A computation that may wait for an engine: yields promises, ends with a value. Run it by `runSync` or `runAsync` of `steps.ts`. */
export type Steps<T> = Generator<PromiseLike<unknown>, T, unknown>;

/** What every transition has to know about the chain and the machine. */
export interface TransitionContext {
  readonly config: ChainConfig;
  readonly evm: Evm;
  readonly database: StateDatabase;
  /** Hash of the ancestor of the block at this number (the 256 before it are asked for). */
  readonly blockHash: (number: number) => Hash32 | undefined;
}

/** How to run the transaction at an index of a block: for tracers. */
export type RunOptionsOf = (index: number) => EvmRunOptions | undefined;

export interface ApplyBlockInput extends TransitionContext {
  readonly optionsOf?: RunOptionsOf;
  readonly header: Header;
  readonly transactions: readonly Transaction[];
  /** Uncles of the block: any is an error. */
  readonly uncles?: readonly Header[];
  /** State root of the parent. */
  readonly parentRoot: Hash32;
  /** Author of the block by its engine: QBFT and Raft `header.coinbase`, IBFT the recovered proposer, Clique the signer. */
  readonly author: Address;
}

/** A transaction of a block that does something in private, and the public state as the transactions before it left it. */
export interface PrivateTransactionView {
  /** `marker`: a public transaction behind whose digest there may be a private one (goquorum.md 6). */
  readonly kind: 'private' | 'marker';
  readonly index: number;
  readonly transaction: Transaction;
  readonly hash: Hash32;
  readonly sender: Address;
  readonly digest: EncryptedPayloadHash;
  readonly publicState: StateReader;
  /** Gas that the transactions before it used (goes into the private receipt: a private transaction adds none). */
  readonly cumulativeGasUsed: bigint;
}

export interface AppliedBlock {
  readonly stateRoot: Hash32;
  readonly receipts: readonly Receipt[];
  readonly receiptsRoot: Hash32;
  readonly logsBloom: Uint8Array;
  readonly gasUsed: bigint;
  /** Trie nodes, codes and preimages to be stored in the block's batch. */
  readonly operations: readonly StoreOperation[];
  readonly privateTransactions: readonly PrivateTransactionView[];
}

/**
 * What is known of a private transaction's payload (decision 2). Keyed by the digest in bare lower-case hex. A payload without metadata
 * counts as a standard one.
 */
export type PayloadResolution =
  | { readonly type: 'payload'; readonly payload: Uint8Array; readonly metadata?: PayloadMetadata }
  | { readonly type: 'notParty' };

/** What a manager says of a payload beside its bytes (goquorum.md 4). */
export interface PayloadMetadata {
  readonly privacyFlag: 0 | 1 | 2 | 3;
  /** Encrypted payload hashes of the creations of the contracts that the sender's simulation called. */
  readonly affectedContracts: readonly EncryptedPayloadHash[];
  /** Merkle root over the affected contracts after the sender's simulation; undefined or zero unless flag 3. */
  readonly executionHash: Hash32 | undefined;
  /** Base64 keys of the parties that the manager keeps the payload for. */
  readonly managedParties: readonly string[];
}

export type PayloadResolutions = ReadonlyMap<string, PayloadResolution>;

export interface ApplyPrivateInput extends TransitionContext {
  readonly optionsOf?: RunOptionsOf;
  /** For traces like GoQuorum's: each transaction sees those before it as if they were parts of itself. Roots are then not to be used. */
  readonly isUnsettled?: boolean;
  readonly header: Header;
  readonly author: Address;
  /** Private state identifier; `private` unless there are several. */
  readonly psi: string;
  /** Private root after the parent; the empty-trie root at genesis. */
  readonly parentRoot: Hash32;
  /** Root of the extra data that goes with it; the empty-trie root when absent. */
  readonly parentExtraRoot?: Hash32 | undefined;
  readonly privateTransactions: readonly PrivateTransactionView[];
  readonly resolutions: PayloadResolutions;
  /**
   * With several private states: whether a payload with these managed parties is this state's. Absent: every payload is, and a
   * marker's private transaction runs even without its payload.
   */
  readonly isOwn?: ((managedParties: readonly string[]) => boolean) | undefined;
  /**
   * Contract extension, by digest in bare hex: the bytes that were sealed under it (the address of a management contract) if a party of this
   * private state sent it, else undefined. Asked for by the need `extension`; absent: nothing was ever accepted here.
   */
  readonly extensionProofs?: ReadonlyMap<string, Uint8Array | undefined>;
}

/** What a private transaction of a block came to in a private state. */
export interface PrivateReceipt {
  /** Index of the transaction in the block: of the private one, or of the marker. */
  readonly index: number;
  /** True for the private transaction inside a marker: the receipt is its own, under its own hash. */
  readonly isInner: boolean;
  readonly receipt: Receipt;
}

export interface AppliedPrivate {
  readonly psi: string;
  readonly stateRoot: Hash32;
  /** Root of the accounts' extra data (privacy enhancements). */
  readonly extraRoot: Hash32;
  /** In block order: one per private transaction, and one per marker whose private transaction ran. */
  readonly receipts: readonly PrivateReceipt[];
  readonly logsBloom: Uint8Array;
  readonly operations: readonly StoreOperation[];
}

/** Header fields that the proposer decides before its block is filled. */
export interface BuildBlockInput extends TransitionContext {
  /** Roots, bloom and gasUsed of this header are ignored. */
  readonly header: Header;
  readonly parentRoot: Hash32;
  readonly author: Address;
  /** Candidates in the order in which to try them; a sender's nonces ascending. */
  readonly candidates: Iterable<Transaction>;
  /** Answers true when it is time to stop adding transactions. */
  readonly isTimeUp?: () => boolean;
  /** Of each transaction's run; `pause` is asked before each transaction, too. */
  readonly runOptions?: Pick<EvmRunOptions, 'pause' | 'checkDeadline'>;
}

/** A candidate that was not taken, with GoQuorum's text, and what becomes of it. */
export interface SkippedTransaction {
  readonly transaction: Transaction;
  readonly error: Error;
  /** `drop`: can never be mined; `later`: may fit a later block. */
  readonly fate: 'drop' | 'later';
}

export interface BuiltBlock {
  /** The given header with stateRoot, transactionsRoot, receiptsRoot, logsBloom, gasUsed and uncleHash filled in. */
  readonly header: Header;
  readonly transactions: readonly Transaction[];
  readonly skipped: readonly SkippedTransaction[];
  readonly applied: AppliedBlock;
}
