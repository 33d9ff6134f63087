import type { EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { numberToBytes } from '@isoquorum/primitives/integer';
import { encodeRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';

/** What privacy enhancements remember of a private contract. */
export interface PrivacyMetadata {
  /** Encrypted payload hash of the transaction that created the contract, or that shared its state last. */
  readonly creationHash: EncryptedPayloadHash;
  /** 1 party protection, 2 mandatory recipients, 3 private state validation; other numbers may come from a damaged store. */
  readonly privacyFlag: number;
}

/** What a private state holds of an account beside the account itself (goquorum.md 4.6). */
export interface AccountExtraData {
  readonly metadata: PrivacyMetadata | undefined;
  /** Base64 keys of managed parties: written by contract extension where tenants share a node. */
  readonly managedParties: readonly string[];
}

/** rlp[creation hash or nothing, flag or nothing, [party…]]. */
export function encodeAccountExtraData({ metadata, managedParties }: AccountExtraData): Uint8Array {
  return encodeRlp([
    metadata?.creationHash ?? new Uint8Array(0),
    metadata === undefined ? new Uint8Array(0) : numberToBytes(metadata.privacyFlag),
    managedParties.map(utf8ToBytes),
  ]);
}

/**
 * Reads what {@link encodeAccountExtraData} writes, and the older form of two fields; whatever comes after the third is left alone.
 * A flag of 0 is written as nothing, and so reads as "no metadata", as in GoQuorum.
 * @throws RLP_*, UTF8_INVALID
 */
export function decodeAccountExtraData(encoded: Uint8Array): AccountExtraData {
  const outer = new RlpReader(encoded);
  const reader = outer.readList('extraData');
  outer.end('extraData');
  const creationHash = reader.readOptionalFixed(64, 'creationHash');
  const privacyFlag = reader.readNumber('privacyFlag');
  const managedParties = reader.hasMore
    ? reader.readListOf('managedParties', (list) => bytesToUtf8(list.readBytes('managedParty'), 'managedParty'))
    : [];
  const metadata = creationHash === undefined || privacyFlag === 0 ? undefined : { creationHash, privacyFlag };
  return { metadata, managedParties };
}
