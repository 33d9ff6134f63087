import type { EnclaveKey, EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { IsoquorumError, type Reaction } from '@isoquorum/primitives/errors';
import { encodeRlp, numberToRlp, type RlpItem } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';

/*
 * The home protocol: what a page (or a node on its own behalf) asks of a manager. One request, one answer; RLP. The node between them carries the
 * bytes and adds the PeerId that it authenticated. Request: [method, arguments…]. Answer: [0, result…] or [1, code, message, reaction].
 */

/** A manager's or page's key in the directory. */
export interface DirectoryParty {
  readonly key: EnclaveKey;
  readonly urls: readonly string[];
  /** Encoded statement; empty for Tessera's unsigned entries. */
  readonly statement: Uint8Array;
  /** The answering manager has seen a proof of possession; its word only. */
  readonly isProven: boolean;
  readonly isConflicting: boolean;
  readonly isRevoked: boolean;
  /** The proof for the verifier that asked; empty when none is kept. */
  readonly proof: Uint8Array;
}

/** What a manager says about itself. */
export interface HomeInfo {
  /** Its P2P URL, as it is to be named in `homes`. */
  readonly url: string;
  /** Its own enclave keys, default first. */
  readonly keys: readonly EnclaveKey[];
  /** All zero while the manager does not know its chain. */
  readonly genesisHash: Uint8Array;
}

export interface WaitingPayload {
  readonly sequence: number;
  readonly hash: EncryptedPayloadHash;
  readonly receivedMs: number;
  /** LEGACY bytes of the sealed payload. */
  readonly payload: Uint8Array;
}

/** A proof-of-possession challenge of another manager, passed through to the page. */
export interface HomeChallenge {
  readonly id: number;
  readonly payload: Uint8Array;
}

export interface PollResult {
  /** Highest sequence number of payloads waiting for the key; 0: none. */
  readonly lastSequence: number;
  readonly challenges: readonly HomeChallenge[];
  /** Enclave keys of other managers for which the home keeps no proof of the current statement. */
  readonly unprovenVerifiers: readonly EnclaveKey[];
}

export type HomeRequest =
  | { readonly method: 'info' }
  | { readonly method: 'register'; readonly statement: Uint8Array; readonly proof: Uint8Array }
  | { readonly method: 'unregister'; readonly key: EnclaveKey }
  | { readonly method: 'directory'; readonly verifier: Uint8Array }
  | {
      readonly method: 'prove';
      readonly key: EnclaveKey;
      readonly proofs: readonly { readonly verifier: EnclaveKey; readonly proof: Uint8Array }[];
    }
  | { readonly method: 'waiting'; readonly key: EnclaveKey; readonly after: number; readonly maxBytes: number }
  | {
      readonly method: 'acknowledge';
      readonly key: EnclaveKey;
      readonly hashes: readonly EncryptedPayloadHash[];
      readonly signature: Uint8Array;
    }
  | { readonly method: 'relay'; readonly recipient: EnclaveKey; readonly payload: Uint8Array }
  | { readonly method: 'poll'; readonly key: EnclaveKey; readonly after: number; readonly waitMs: number }
  | {
      readonly method: 'answerChallenge';
      readonly key: EnclaveKey;
      readonly id: number;
      readonly plaintext: Uint8Array;
    }
  | { readonly method: 'push'; readonly payload: Uint8Array };

export type HomeMessageErrorCode =
  | 'HOME_METHOD_UNKNOWN'
  | 'HOME_ANSWER_INVALID'
  /** The other side refused; `fields.remoteCode` is its code, the reaction its reaction. */
  | 'HOME_REFUSED';

const maxListed = 4_096;

export function encodeHomeRequest(request: HomeRequest): Uint8Array {
  const make = (...items: RlpItem[]): Uint8Array => encodeRlp([utf8ToBytes(request.method), ...items]);
  switch (request.method) {
    case 'info':
      return make();
    case 'register':
      return make(request.statement, request.proof);
    case 'unregister':
      return make(request.key);
    case 'directory':
      return make(request.verifier);
    case 'prove':
      return make(
        request.key,
        request.proofs.map(({ verifier, proof }) => [verifier, proof]),
      );
    case 'waiting':
      return make(request.key, numberToRlp(request.after), numberToRlp(request.maxBytes));
    case 'acknowledge':
      return make(request.key, [...request.hashes], request.signature);
    case 'relay':
      return make(request.recipient, request.payload);
    case 'poll':
      return make(request.key, numberToRlp(request.after), numberToRlp(request.waitMs));
    case 'answerChallenge':
      return make(request.key, numberToRlp(request.id), request.plaintext);
    case 'push':
      return make(request.payload);
  }
}

function readArguments(method: string, reader: RlpReader): HomeRequest {
  const key = (): Uint8Array => reader.readFixed(32, 'key');
  switch (method) {
    case 'info':
      return { method };
    case 'register':
      return { method, statement: reader.readBytes('statement'), proof: reader.readBytes('proof') };
    case 'unregister':
      return { method, key: key() };
    case 'directory':
      return { method, verifier: reader.readBytes('verifier') };
    case 'prove': {
      const own = key();
      const proofs = reader.readListOf(
        'proofs',
        (list) => {
          const pair = list.readList('proof');
          return { verifier: pair.readFixed(32, 'verifier'), proof: pair.readFixed(32, 'proof') };
        },
        maxListed,
      );
      return { method, key: own, proofs };
    }
    case 'waiting':
      return { method, key: key(), after: reader.readNumber('after'), maxBytes: reader.readNumber('maxBytes') };
    case 'acknowledge': {
      const own = key();
      const hashes = reader.readListOf('hashes', (list) => list.readFixed(64, 'hash'), maxListed);
      return { method, key: own, hashes, signature: reader.readBytes('signature') };
    }
    case 'relay':
      return { method, recipient: reader.readFixed(32, 'recipient'), payload: reader.readBytes('payload') };
    case 'poll':
      return { method, key: key(), after: reader.readNumber('after'), waitMs: reader.readNumber('waitMs') };
    case 'answerChallenge':
      return { method, key: key(), id: reader.readNumber('id'), plaintext: reader.readBytes('plaintext') };
    case 'push':
      return { method, payload: reader.readBytes('payload') };
    default:
      throw new IsoquorumError('HOME_METHOD_UNKNOWN', `unknown home method ${method.slice(0, 40)}`, {
        method: method.slice(0, 40),
      });
  }
}

/** Byte strings are views. @throws RLP_*, UTF8_INVALID, HOME_METHOD_UNKNOWN */
export function decodeHomeRequest(bytes: Uint8Array): HomeRequest {
  const outer = new RlpReader(bytes);
  const reader = outer.readList('request');
  outer.end('request');
  const request = readArguments(bytesToUtf8(reader.readBytes('method'), 'method'), reader);
  reader.end('request');
  return request;
}

/** A result as RLP items; the request's method says which. */
export function encodeHomeAnswer(...result: readonly RlpItem[]): Uint8Array {
  return encodeRlp([new Uint8Array(0), ...result]);
}

export function encodeHomeError(error: IsoquorumError): Uint8Array {
  return encodeRlp([
    Uint8Array.of(1),
    utf8ToBytes(error.code),
    utf8ToBytes(error.message.slice(0, 1_000)),
    utf8ToBytes(error.reaction),
  ]);
}

const reactions: readonly string[] = ['IGNORE', 'REJECT', 'RETRY'];

/** A reader of the answer's result. @throws HOME_REFUSED, HOME_ANSWER_INVALID */
export function openHomeAnswer(bytes: Uint8Array): RlpReader {
  let failure: { code: string; message: string; reaction: string };
  try {
    const reader = new RlpReader(bytes).readList('answer');
    if (reader.readNumber('status') === 0) return reader;
    const [code = '', message = '', reaction = ''] = ['code', 'message', 'reaction'].map((field) =>
      bytesToUtf8(reader.readBytes(field), field),
    );
    failure = { code, message, reaction };
  } catch (cause) {
    throw new IsoquorumError('HOME_ANSWER_INVALID', 'malformed answer of the home', {}, 'REJECT', { cause });
  }
  const reaction = (reactions.includes(failure.reaction) ? failure.reaction : 'REJECT') as Reaction;
  throw new IsoquorumError('HOME_REFUSED', failure.message, { remoteCode: failure.code }, reaction);
}

export function directoryPartyToRlp(party: DirectoryParty): RlpItem {
  const flags = (party.isProven ? 1 : 0) | (party.isConflicting ? 2 : 0) | (party.isRevoked ? 4 : 0);
  return [party.key, party.urls.map(utf8ToBytes), party.statement, numberToRlp(flags), party.proof];
}

export function readDirectoryParty(list: RlpReader): DirectoryParty {
  const reader = list.readList('party');
  const key = reader.readBytes('key').slice();
  const urls = reader.readListOf('urls', (inner) => bytesToUtf8(inner.readBytes('url'), 'url'), 16);
  const statement = reader.readBytes('statement').slice();
  const flags = reader.readNumber('flags');
  const proof = reader.readBytes('proof').slice();
  return {
    key,
    urls,
    statement,
    isProven: (flags & 1) !== 0,
    isConflicting: (flags & 2) !== 0,
    isRevoked: (flags & 4) !== 0,
    proof,
  };
}
