/** What `eth_getProof` gives (EIP-1186). */
export interface ProofJson {
  readonly address: string;
  readonly accountProof: readonly string[];
  readonly balance: string;
  readonly codeHash: string;
  readonly nonce: string;
  readonly storageHash: string;
  readonly storageProof: readonly { readonly key: string; readonly value: string; readonly proof: readonly string[] }[];
}

/** One account of `debug_dumpAddress` and `debug_dumpBlock`; hexadecimal without 0x, balance in decimal digits. */
export interface AccountDumpJson {
  readonly balance: string;
  readonly nonce: number;
  readonly root: string;
  readonly codeHash: string;
  readonly code?: string;
  readonly storage?: Readonly<Record<string, string>>;
}

/** What `debug_dumpBlock` gives: every account by address. */
export interface StateDumpJson {
  readonly root: string;
  readonly accounts: Readonly<Record<string, AccountDumpJson>>;
}

/** What `eth_getContractPrivacyMetadata` gives. */
export interface ContractPrivacyMetadataJson {
  readonly creationTxHash: string;
  readonly privacyFlag: number;
  readonly mandatoryFor?: readonly string[];
}

/** What `eth_createAccessList` gives. */
export interface AccessListJson {
  readonly accessList: readonly { readonly address: string; readonly storageKeys: readonly string[] }[];
  /** How the message failed, if it did. */
  readonly error?: string;
  readonly gasUsed: string;
}

/** What `debug_accountRange` gives: some accounts in the order of their hashes, and where the next ones begin (base64). */
export interface AccountRangeJson {
  readonly root: string;
  readonly accounts: Readonly<Record<string, AccountDumpJson>>;
  readonly next?: string;
}

/** What `eth_getQuorumPayloadExtra` gives; the capitals are GoQuorum's. */
export interface PayloadExtraJson {
  readonly Payload: string;
  /** Null when this node is no party. */
  readonly ExtraMetaData: {
    readonly ACHashes: readonly string[];
    readonly ACMerkleRoot: string;
    readonly PrivacyFlag: number;
    readonly ManagedParties: readonly string[] | null;
    readonly Sender: string;
    readonly MandatoryRecipients: readonly string[] | null;
  } | null;
  readonly IsSender: boolean;
}
