/** What the core asks of its host. Pointers are to words (32 bytes, little-endian) unless a comment says otherwise. */

/** Reads a slot: replaces the slot's number by its value. Answers 1 when it was not accessed before in this transaction. */
@external("host", "sload")
export declare function hostLoad(slot: usize): i32;

/** Writes a slot; its value lies below its number on the stack. Answers the gas. */
@external("host", "sstore")
export declare function hostStore(slot: usize): i32;

/** Replaces a slot's number by its value of transient storage. */
@external("host", "tload")
export declare function hostLoadTransient(slot: usize): void;

@external("host", "tstore")
export declare function hostStoreTransient(slot: usize): void;

/** Replaces an address by a balance (0), code size (1) or code hash (2). Answers 1 when the account was not accessed before. */
@external("host", "account")
export declare function hostAccount(address: usize, what: i32): i32;

/** Marks an account as accessed, and answers 1 when it was not so before. */
@external("host", "access")
export declare function hostAccess(address: usize): i32;

/** Copies code of an account to `target` (bytes), zeros after its end. */
@external("host", "codecopy")
export declare function hostCopyCode(address: usize, target: usize, from: u32, length: u32): void;

@external("host", "selfbalance")
export declare function hostSelfBalance(target: usize): void;

/** Replaces a block's number by its hash, or 0. */
@external("host", "blockhash")
export declare function hostBlockHash(number: usize): void;

/** Replaces an index by the hash of a blob, or 0. */
@external("host", "blobhash")
export declare function hostBlobHash(index: usize): void;

/** Topics lie below `offsetWord` and the word after it on the stack; data are bytes. */
@external("host", "log")
export declare function hostLog(topics: u32, firstTopic: usize, data: usize, length: u32): void;

/** Destroys the running account in favour of another. Answers the gas. */
@external("host", "selfdestruct")
export declare function hostSelfDestruct(beneficiary: usize): i32;

/** Bit 0: the account was not accessed before; bit 1: the call pays for a new account. Remembers the target. */
@external("host", "target")
export declare function hostTarget(address: usize, kind: u32, hasValue: i32): i32;
