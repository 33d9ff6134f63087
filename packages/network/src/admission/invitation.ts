import type { Random } from '@isoquorum/platform/random';
import { base64ToBytes, bytesToBase64 } from '@isoquorum/primitives/base64';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { concatBytes } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { nodeKeyToPeerId, publicKeyToPeerId } from '@isoquorum/primitives/node-key';
import { encodeRlp, numberToRlp, type RlpItem } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { recoverPublicKeyFromBytes, signDigestBytes } from '@isoquorum/primitives/secp256k1';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';

/** An invitation cannot be read (`field` says which part), or its signature is not its issuer's. */
export type InvitationErrorCode = 'INVITATION_INVALID' | 'INVITATION_SIGNATURE_INVALID';

/** A node's promise to admit whoever comes first with this text: signed, for one use, with an end. */
export interface Invitation {
  readonly genesisHash: Hash32;
  /** PeerId of the node that signed it; only this node redeems it. */
  readonly issuer: string;
  /** 16 random bytes. */
  readonly id: Uint8Array;
  /** The name that the browser gets in the lists; at most 64 bytes. */
  readonly name: string;
  /** Unix seconds after which it is worth nothing. */
  readonly expires: number;
  /** Unix seconds at which the admission itself ends; 0: none. */
  readonly admittedUntil: number;
  /** WebSocket addresses of validators with `/p2p/<PeerId>`, the issuer's first. */
  readonly multiaddrs: readonly string[];
  /** r ‖ s ‖ recovery id. */
  readonly signature: Uint8Array;
}

export interface CreateInvitationOptions {
  readonly nodeKey: Uint8Array;
  readonly genesisHash: Hash32;
  readonly multiaddrs: readonly string[];
  readonly name: string;
  readonly expires: number;
  readonly admittedUntil?: number;
  readonly random: Random;
}

const version = 1;
const maxAddresses = 16;
const maxAddressBytes = 256;
const maxNameBytes = 64;
/** Longest text that is looked at. */
export const maxInvitationText = 8192;

/** A signed invitation. @throws INVITATION_INVALID when a part is too long or an address lacks its PeerId */
export function createInvitation(options: CreateInvitationOptions): Invitation {
  const { nodeKey, genesisHash, multiaddrs, name, expires, admittedUntil = 0, random } = options;
  const unsigned = {
    genesisHash,
    issuer: nodeKeyToPeerId(nodeKey),
    id: random.bytes(16),
    name,
    expires,
    admittedUntil,
    multiaddrs,
  };
  checkFields(unsigned);
  return { ...unsigned, signature: signDigestBytes(invitationDigest(unsigned), nodeKey) };
}

/** base64url without padding, for the fragment of a URL. */
export function encodeInvitation(invitation: Invitation): string {
  const text = bytesToBase64(invitationToBytes(invitation));
  return text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** @throws INVITATION_INVALID, INVITATION_SIGNATURE_INVALID, RLP errors */
export function decodeInvitation(text: string): Invitation {
  if (text.length > maxInvitationText || !/^[A-Za-z0-9_-]+$/.test(text)) fail('text');
  const padded = text
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .padEnd(Math.ceil(text.length / 4) * 4, '=');
  let bytes: Uint8Array;
  try {
    bytes = base64ToBytes(padded, 'invitation');
  } catch {
    fail('text');
  }
  return invitationFromBytes(bytes);
}

/** RLP [version, genesis hash, issuer, id, name, expires, admitted until, [multiaddr…], signature]. */
export function invitationToBytes(invitation: Invitation): Uint8Array {
  return encodeRlp([...fieldsToRlp(invitation), invitation.signature]);
}

/** Checks the signature too. All bytes are copies. @throws INVITATION_INVALID, INVITATION_SIGNATURE_INVALID, RLP errors */
export function invitationFromBytes(bytes: Uint8Array): Invitation {
  const outer = new RlpReader(bytes);
  const reader = outer.readList('invitation');
  outer.end('invitation');
  if (reader.readNumber('version') !== version) fail('version');
  const genesisHash = reader.readFixed(32, 'genesisHash').slice();
  const issuer = readText(reader, 'issuer', 64);
  const id = reader.readFixed(16, 'id').slice();
  const name = readText(reader, 'name', maxNameBytes);
  const expires = reader.readNumber('expires');
  const admittedUntil = reader.readNumber('admittedUntil');
  const multiaddrs = reader.readListOf(
    'multiaddrs',
    (list) => readText(list, 'multiaddr', maxAddressBytes),
    maxAddresses,
  );
  const signature = reader.readFixed(65, 'signature').slice();
  reader.end('invitation');
  const invitation = { genesisHash, issuer, id, name, expires, admittedUntil, multiaddrs, signature };
  checkFields(invitation);
  checkSignature(invitation);
  return invitation;
}

type Unsigned = Omit<Invitation, 'signature'>;

function fieldsToRlp(invitation: Unsigned): RlpItem[] {
  return [
    numberToRlp(version),
    invitation.genesisHash,
    utf8ToBytes(invitation.issuer),
    invitation.id,
    utf8ToBytes(invitation.name),
    numberToRlp(invitation.expires),
    numberToRlp(invitation.admittedUntil),
    invitation.multiaddrs.map(utf8ToBytes),
  ];
}

/** Domain-separated: genesis hash and type first (architecture decision 10). */
function invitationDigest(invitation: Unsigned): Hash32 {
  const domain = utf8ToBytes('isoquorum invitation 1');
  return keccak256(concatBytes(invitation.genesisHash, domain, encodeRlp(fieldsToRlp(invitation))));
}

function checkSignature(invitation: Invitation): void {
  const { signature, issuer } = invitation;
  let signer: string | undefined;
  try {
    const publicKey = recoverPublicKeyFromBytes(
      invitationDigest(invitation),
      signature.subarray(0, 64),
      signature[64] ?? 255,
    );
    signer = publicKeyToPeerId(publicKey);
  } catch (error) {
    if (!(error instanceof IsoquorumError)) throw error;
  }
  if (signer !== issuer)
    throw new IsoquorumError('INVITATION_SIGNATURE_INVALID', 'invitation is not signed by its issuer', {
      field: 'signature',
    });
}

function checkFields(invitation: Unsigned): void {
  const { multiaddrs, name, expires, admittedUntil } = invitation;
  if (multiaddrs.length === 0 || multiaddrs.length > maxAddresses) fail('multiaddrs');
  for (const address of multiaddrs)
    if (address.length > maxAddressBytes || !/^\/[\x21-\x7e]+\/p2p\/[A-Za-z0-9]+$/.test(address)) fail('multiaddrs');
  if (utf8ToBytes(name).length > maxNameBytes || /\p{Cc}/u.test(name)) fail('name');
  for (const [field, time] of Object.entries({ expires, admittedUntil }))
    if (!Number.isSafeInteger(time) || time < 0) fail(field);
}

function readText(reader: RlpReader, field: string, maxBytes: number): string {
  const bytes = reader.readBytes(field);
  if (bytes.length > maxBytes) fail(field);
  return bytesToUtf8(bytes, field);
}

function fail(field: string): never {
  throw new IsoquorumError('INVITATION_INVALID', `invitation with an invalid ${field}`, { field });
}
