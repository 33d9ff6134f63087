/** A 20-byte account address. */
export type Address = Uint8Array & { readonly __brand?: 'Address' };
/** A 32-byte hash (Keccak-256 unless said otherwise). */
export type Hash32 = Uint8Array & { readonly __brand?: 'Hash32' };
/** The 64-byte SHA3-512 hash of an encrypted private payload; not a {@link Hash32}. */
export type EncryptedPayloadHash = Uint8Array & { readonly __brand?: 'EncryptedPayloadHash' };
/** A 32-byte X25519 public key of a party's enclave. */
export type EnclaveKey = Uint8Array & { readonly __brand?: 'EnclaveKey' };

/** No bytes; safe to share. */
export const emptyBytes: Uint8Array = new Uint8Array(0);
