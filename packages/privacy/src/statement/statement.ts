import type { EnclaveKey, Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { encodeRlp, numberToRlp, type RlpItem } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';
import { normalizePartyUrl } from '../codec/party-info.ts';
import { checkSignature, domainBytes, type SigningKey, type StatementSigner } from './signer.ts';

/** What a party says about itself (decision 10). */
export interface PartyStatementBody {
  readonly genesisHash: Hash32;
  readonly enclaveKey: EnclaveKey;
  readonly signingKey: SigningKey;
  /** A manager's own key, or one that lives in a page. */
  readonly role: 'manager' | 'page';
  /** P2P URLs of the managers that take payloads for the key, at least one, at most two; normalised. */
  readonly homes: readonly string[];
  /** Grows with each statement of one signing key for one enclave key. */
  readonly sequence: number;
  /** Milliseconds since the Unix epoch. */
  readonly validFromMs: number;
  /** Earlier enclave keys of the same signing key that are not to be used any more. */
  readonly revokes: readonly EnclaveKey[];
}

export interface PartyStatement extends PartyStatementBody {
  readonly signature: Uint8Array;
}

export type StatementErrorCode =
  | 'STATEMENT_INVALID' // malformed; fields.field
  | 'STATEMENT_GENESIS_MISMATCH'
  | 'STATEMENT_SIGNATURE_INVALID';

const STATEMENT_TYPE = 'party-statement/1';
const maxHomes = 2;
const maxRevoked = 16;
/** Longer encodings are refused before decoding. */
export const MAX_STATEMENT_BYTES = 8_192;

function invalid(field: string, reason: string): IsoquorumError {
  return new IsoquorumError('STATEMENT_INVALID', `party statement: ${field}: ${reason}`, { field });
}

function bodyToRlp(body: PartyStatementBody): RlpItem {
  return [
    body.enclaveKey,
    numberToRlp(body.signingKey.type === 'ed25519' ? 1 : 0),
    body.signingKey.publicKey,
    numberToRlp(body.role === 'page' ? 1 : 0),
    body.homes.map(utf8ToBytes),
    numberToRlp(body.sequence),
    numberToRlp(body.validFromMs),
    [...body.revokes],
  ];
}

function signedBytes(body: PartyStatementBody): Uint8Array {
  return domainBytes(body.genesisHash, STATEMENT_TYPE, bodyToRlp(body));
}

/** 32 bytes that name a statement without its signature; what a proof of possession is about. */
export function statementDigest(body: PartyStatementBody): Hash32 {
  return keccak256(signedBytes(body));
}

/** @throws STATEMENT_INVALID */
function checkBody(body: PartyStatementBody): void {
  if (body.genesisHash.length !== 32) throw invalid('genesisHash', 'expected 32 bytes');
  if (body.enclaveKey.length !== 32) throw invalid('enclaveKey', 'expected 32 bytes');
  if (body.signingKey.publicKey.length !== (body.signingKey.type === 'ed25519' ? 32 : 33))
    throw invalid('signingKey', 'wrong length');
  if (body.homes.length < 1 || body.homes.length > maxHomes) throw invalid('homes', `expected 1 to ${maxHomes}`);
  for (const home of body.homes) if (normalizePartyUrl(home) !== home) throw invalid('homes', 'not normalised');
  if (body.revokes.length > maxRevoked) throw invalid('revokes', `at most ${maxRevoked}`);
  if (body.revokes.some((key) => key.length !== 32 || bytesEqual(key, body.enclaveKey)))
    throw invalid('revokes', 'expected other 32-byte keys');
}

/** @throws STATEMENT_INVALID, and what the signer throws */
export async function signStatement(
  body: Omit<PartyStatementBody, 'signingKey'>,
  signer: StatementSigner,
): Promise<PartyStatement> {
  const complete = { ...body, signingKey: { type: signer.type, publicKey: signer.publicKey } };
  checkBody(complete);
  return { ...complete, signature: await signer.sign(signedBytes(complete)) };
}

/** Canonical: equal statements have equal bytes. */
export function encodeStatement(statement: PartyStatement): Uint8Array {
  return encodeRlp([statement.genesisHash, bodyToRlp(statement), statement.signature]);
}

/**
 * Decodes and checks form and signature (not possession, not the chain).
 * @throws RLP_* , STATEMENT_INVALID, PARTY_URL_INVALID, STATEMENT_SIGNATURE_INVALID
 */
export function decodeStatement(bytes: Uint8Array): PartyStatement {
  if (bytes.length > MAX_STATEMENT_BYTES) throw invalid('length', `more than ${MAX_STATEMENT_BYTES} bytes`);
  const outer = new RlpReader(bytes);
  const reader = outer.readList('statement');
  outer.end('statement');
  const genesisHash = reader.readFixed(32, 'genesisHash').slice();
  const inner = reader.readList('body');
  const enclaveKey = inner.readFixed(32, 'enclaveKey').slice();
  const keyType = inner.readNumber('signingKey.type');
  const publicKey = inner.readBytes('signingKey').slice();
  const role = inner.readNumber('role');
  if (keyType > 1) throw invalid('signingKey.type', 'unknown');
  if (role > 1) throw invalid('role', 'unknown');
  const statement: PartyStatement = {
    genesisHash,
    enclaveKey,
    signingKey: { type: keyType === 1 ? 'ed25519' : 'secp256k1', publicKey },
    role: role === 1 ? 'page' : 'manager',
    homes: inner.readListOf('homes', (list) => bytesToUtf8(list.readBytes('homes'), 'homes'), maxHomes),
    sequence: inner.readNumber('sequence'),
    validFromMs: inner.readNumber('validFrom'),
    revokes: inner.readListOf('revokes', (list) => list.readFixed(32, 'revokes').slice(), maxRevoked),
    signature: reader.readBytes('signature').slice(),
  };
  inner.end('body');
  reader.end('statement');
  checkBody(statement);
  checkSignature(statement.signingKey, signedBytes(statement), statement.signature);
  return statement;
}

/** @throws STATEMENT_GENESIS_MISMATCH */
export function checkStatementChain(statement: PartyStatement, genesisHash: Hash32): void {
  if (!bytesEqual(statement.genesisHash, genesisHash)) {
    throw new IsoquorumError('STATEMENT_GENESIS_MISMATCH', 'the statement belongs to another chain', {});
  }
}

/** The same key signed both. */
export function isSameSigner(left: PartyStatementBody, right: PartyStatementBody): boolean {
  return (
    left.signingKey.type === right.signingKey.type && bytesEqual(left.signingKey.publicKey, right.signingKey.publicKey)
  );
}
