import type { Address, EnclaveKey, EncryptedPayloadHash, Hash32 } from '@isoquorum/primitives/bytes';
import type { Transaction } from '@isoquorum/primitives/transaction/transaction';
import type { Q2tPayload } from '@isoquorum/rpc/rest/q2t';

/**
 * Who may hold a payload: the private arguments of `eth_sendTransaction` and `eth_sendRawPrivateTransaction`. Keys are the client's
 * base64 text, handed to the manager unread, as GoQuorum does: the manager's refusal is the error the client sees.
 */
export interface PrivateArguments {
  readonly privateFrom?: string;
  /** Absent: not a private transaction. Empty: private to the sender alone. */
  readonly privateFor?: readonly string[];
  /** 0 standard, 1 party protection, 2 mandatory recipients, 3 private state validation. */
  readonly privacyFlag?: number;
  readonly mandatoryFor?: readonly string[];
  /** Private state of the caller, on a node with several; the default one unless told. */
  readonly psi?: string;
}

/** Arguments of `eth_sendTransaction` and `eth_fillTransaction`, decoded. */
export interface TransactionArguments extends PrivateArguments {
  readonly from: Address;
  readonly to?: Address;
  readonly gas?: bigint;
  readonly gasPrice?: bigint;
  readonly value?: bigint;
  readonly nonce?: bigint;
  readonly data?: Uint8Array;
  readonly accessList?: readonly { readonly address: Address; readonly storageKeys: readonly Hash32[] }[];
}

/** A payload with what the manager says about it. */
export interface PayloadExtra {
  readonly payload: Q2tPayload;
  /** Whether it was sent from here. */
  readonly isSender: boolean;
}

/** Ways into the pool (goquorum.md 2.3–2.5). Texts of errors are GoQuorum's. */
export interface TransactionSubmitter {
  /** Node-held accounts (development only), in order. */
  accounts(): readonly Address[];
  /**
   * Fills defaults (gas 90000 for private or estimated by the caller, gasPrice by the chain's rule, nonce from the pool), stores and distributes the payload
   * when `privateFor` is there, signs with a node-held account, pools. @throws UNKNOWN_ACCOUNT `unknown account`, PrivateArgumentError, ManagerError, PoolError
   */
  sendTransaction(args: TransactionArguments): Promise<Hash32>;
  /** `eth_fillTransaction`: stores the payload with `/storeraw`, returns the unsigned transaction (v 37 when private). */
  fillTransaction(args: TransactionArguments): Promise<Transaction>;
  /** `eth_signTransaction`: signs as given, v 37/38 when private; no manager is asked, nothing is pooled. */
  signTransaction(args: TransactionArguments): Promise<Transaction>;
  /** `eth_sign` with a node-held account over the 32-byte digest; 65 bytes r, s, recovery id. */
  signDigest(account: Address, digest: Hash32): Uint8Array;
  /** `eth_sendRawTransaction`. */
  sendRawTransaction(transaction: Transaction): Promise<Hash32>;
  /** `eth_sendRawPrivateTransaction`: distributes the payload stored before under the digest in `data`, pools the envelope. */
  sendRawPrivateTransaction(transaction: Transaction, args: PrivateArguments): Promise<Hash32>;
  /** `eth_getQuorumPayload`: what the manager has, or `undefined` when it is no party. @throws MANAGER_NOT_ENABLED */
  payload(digest: EncryptedPayloadHash): Promise<Q2tPayload | undefined>;
  /** Who has to be a party, by the manager; none unless the payload says so. */
  mandatoryRecipients(digest: EncryptedPayloadHash): Promise<readonly EnclaveKey[]>;
  /** `eth_getQuorumPayloadExtra`: the same with what the manager says about it. @throws MANAGER_NOT_ENABLED */
  payloadExtra(digest: EncryptedPayloadHash): Promise<PayloadExtra | undefined>;
  /**
   * `eth_distributePrivateTransaction`: distributes the payload stored before and then the signed transaction itself, as the payload of a
   * privacy marker that the caller will send. Answers the digest of the latter.
   */
  distributePrivateTransaction(transaction: Transaction, args: PrivateArguments): Promise<EncryptedPayloadHash>;
}
