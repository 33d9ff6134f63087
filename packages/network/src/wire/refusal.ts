import { IsoquorumError, isIsoquorumError, type Reaction } from '@isoquorum/primitives/errors';
import { encodeRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';

/** A coded refusal is not of the agreed form; `field` says which part. */
export type RefusalErrorCode = 'REFUSAL_INVALID';

/** What a peer answers instead of the wanted thing: RLP [code, message, reaction]. */
export interface Refusal {
  /** Upper-case letters, digits, `_`; at most 64. */
  readonly code: string;
  /** For people; at most 512 bytes. */
  readonly message: string;
  readonly reaction: Reaction;
}

const reactions: readonly Reaction[] = ['IGNORE', 'REJECT', 'RETRY', 'STOP'];
const maxMessageBytes = 512;

/** The refusal that tells a peer about `error`: our own codes as they are, anything else as INTERNAL without its text. */
export function errorToRefusal(error: unknown): Refusal {
  if (!isIsoquorumError(error)) return { code: 'INTERNAL', message: 'internal error', reaction: 'RETRY' };
  return { code: error.code, message: error.message, reaction: error.reaction === 'STOP' ? 'RETRY' : error.reaction };
}

/** The error that a refusal becomes at the receiver; `fields` usually name peer and protocol. */
export function refusalToError(refusal: Refusal, fields: Readonly<Record<string, unknown>>): IsoquorumError {
  return new IsoquorumError(refusal.code, refusal.message, { ...fields, refused: true }, refusal.reaction);
}

export function encodeRefusal(refusal: Refusal): Uint8Array {
  // A UTF-16 unit takes at most three bytes.
  const message = utf8ToBytes(refusal.message.slice(0, Math.floor(maxMessageBytes / 3)));
  const reaction = reactions.indexOf(refusal.reaction);
  return encodeRlp([utf8ToBytes(refusal.code), message, reaction === 0 ? new Uint8Array(0) : Uint8Array.of(reaction)]);
}

/** @throws REFUSAL_INVALID and RLP errors */
export function decodeRefusal(bytes: Uint8Array): Refusal {
  const outer = new RlpReader(bytes);
  const reader = outer.readList('refusal');
  outer.end('refusal');
  const codeBytes = reader.readBytes('code');
  const messageBytes = reader.readBytes('message');
  const reaction = reactions[reader.readNumber('reaction')];
  reader.end('refusal');
  const code = codeBytes.length > 64 ? '' : bytesToUtf8(codeBytes, 'code');
  if (!/^[A-Z][A-Z0-9_]*$/.test(code)) fail('code');
  if (messageBytes.length > maxMessageBytes) fail('message');
  if (reaction === undefined) fail('reaction');
  return { code, message: bytesToUtf8(messageBytes, 'message'), reaction };
}

function fail(field: string): never {
  throw new IsoquorumError('REFUSAL_INVALID', `refusal with an invalid ${field}`, { field });
}
