import { type Block, encodeBlock, readBlock } from '@isoquorum/primitives/block';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { emptyRlpList, encodeRlp, encodeRlpListOf, numberToRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import {
  type CommitMessage,
  type PreparedClaim,
  type PrepareMessage,
  type PrePrepareMessage,
  QBFT_CODE,
  type QbftMessage,
  type QbftMessageType,
  type RoundChangeMessage,
  type RoundChangePayload,
} from './message.ts';

/** The bytes are no QBFT message (fields: `type` of the message, `field` that was wrong). */
export type QbftMessageErrorCode = 'QBFT_MESSAGE_INVALID';

/** Most ROUND-CHANGEs or PREPAREs in one justification. */
export const qbftJustificationItemsMax = 4096;
/** Rounds are 32-bit in headers; a message with a greater one is refused. */
export const qbftRoundMax = 0xffffffff;

const codeBytes = Object.fromEntries(
  Object.entries(QBFT_CODE).map(([type, code]) => [type, Uint8Array.of(code)]),
) as Record<QbftMessageType, Uint8Array>;

/** The signed part of a message, encoded; remembered per object. */
const payloads = new WeakMap<object, Uint8Array>();

type Payload =
  | Pick<PrePrepareMessage, 'type' | 'height' | 'round' | 'block'>
  | Pick<PrepareMessage, 'type' | 'height' | 'round' | 'digest'>
  | Pick<CommitMessage, 'type' | 'height' | 'round' | 'digest' | 'commitSeal'>
  | Pick<RoundChangePayload, 'type' | 'height' | 'round' | 'prepared'>;

function encodePayload(message: Payload): Uint8Array {
  const known = payloads.get(message);
  if (known !== undefined) return known;
  const view = [numberToRlp(message.height), numberToRlp(message.round)];
  let encoded: Uint8Array;
  switch (message.type) {
    case 'prePrepare':
      encoded = encodeRlpListOf([...view.map((item) => encodeRlp(item)), encodeBlock(message.block)]);
      break;
    case 'prepare':
      encoded = encodeRlp([...view, message.digest]);
      break;
    case 'commit':
      encoded = encodeRlp([...view, message.digest, message.commitSeal]);
      break;
    case 'roundChange': {
      const { prepared } = message;
      encoded = encodeRlp([...view, prepared === undefined ? [] : [numberToRlp(prepared.round), prepared.digest]]);
    }
  }
  payloads.set(message, encoded);
  return encoded;
}

/** The bytes whose keccak is signed: rlp[code, payload] (goquorum.md 9.5). */
export function qbftSigningBytes(message: Payload): Uint8Array {
  return encodeRlpListOf([codeBytes[message.type], encodePayload(message)]);
}

/** `[payload, signature]` of any message, encoded. */
export function encodeSignedPayload(message: Payload & { readonly signature: Uint8Array }): Uint8Array {
  return encodeRlpListOf([encodePayload(message), encodeRlp(message.signature)]);
}

/** The message as it travels after its code; byte-exact (goquorum.md 9.5). */
export function encodeQbftMessage(message: QbftMessage): Uint8Array {
  switch (message.type) {
    case 'prepare':
    case 'commit':
      return encodeSignedPayload(message);
    case 'prePrepare': {
      const roundChanges = encodeRlpListOf(message.roundChanges.map(encodeSignedPayload));
      const prepares = encodeRlpListOf(message.prepares.map(encodeSignedPayload));
      return encodeRlpListOf([encodeSignedPayload(message), encodeRlpListOf([roundChanges, prepares])]);
    }
    case 'roundChange': {
      const block = message.block === undefined ? emptyRlpList : encodeBlock(message.block);
      return encodeRlpListOf([
        encodeSignedPayload(message),
        block,
        encodeRlpListOf(message.prepares.map(encodeSignedPayload)),
      ]);
    }
  }
}

interface View {
  readonly height: number;
  readonly round: number;
}

function readView(fields: RlpReader): View {
  const height = fields.readNumber('height');
  const round = fields.readNumber('round');
  if (round > qbftRoundMax) fields.fail('RLP_INTEGER_INVALID', 'round of more than 32 bits', 'round');
  return { height, round };
}

/** `[payload, signature]`; the payload's bytes are kept for the signature. */
function readSigned<T extends object>(
  reader: RlpReader,
  name: string,
  readFields: (fields: RlpReader) => T,
): T & { readonly signature: Uint8Array } {
  const signed = reader.readList(name);
  const raw = signed.readRaw('payload');
  const fields = new RlpReader(raw).readList('payload');
  const content = readFields(fields);
  fields.end('payload');
  const message = { ...content, signature: signed.readFixed(65, 'signature') };
  signed.end(name);
  payloads.set(message, raw);
  return message;
}

function readPrepare(reader: RlpReader): PrepareMessage {
  return readSigned(reader, 'prepare', (fields) => ({
    type: 'prepare' as const,
    ...readView(fields),
    digest: fields.readFixed(32, 'digest'),
  }));
}

function readCommit(reader: RlpReader): CommitMessage {
  return readSigned(reader, 'commit', (fields) => ({
    type: 'commit' as const,
    ...readView(fields),
    digest: fields.readFixed(32, 'digest'),
    commitSeal: fields.readFixed(65, 'commitSeal'),
  }));
}

function readPrepared(fields: RlpReader): PreparedClaim | undefined {
  const list = fields.readList('prepared');
  if (!list.hasMore) return undefined;
  const round = list.readNumber('prepared.round');
  if (round > qbftRoundMax) list.fail('RLP_INTEGER_INVALID', 'round of more than 32 bits', 'prepared.round');
  const digest = list.readFixed(32, 'prepared.digest');
  list.end('prepared');
  return { round, digest };
}

function readRoundChangePayload(reader: RlpReader): RoundChangePayload {
  return readSigned(reader, 'roundChange', (fields) => ({
    type: 'roundChange' as const,
    ...readView(fields),
    prepared: readPrepared(fields),
  }));
}

/** A list of PREPAREs. @throws RLP_* */
export function readPrepares(reader: RlpReader): readonly PrepareMessage[] {
  return reader.readListOf('prepares', readPrepare, qbftJustificationItemsMax);
}

/** A list of the signed parts of ROUND-CHANGEs. @throws RLP_* */
export function readRoundChangePayloads(reader: RlpReader): readonly RoundChangePayload[] {
  return reader.readListOf('roundChanges', readRoundChangePayload, qbftJustificationItemsMax);
}

function readOptionalBlock(reader: RlpReader): Block | undefined {
  const raw = reader.readRaw('block');
  if (raw.length === 1 && raw[0] === emptyRlpList[0]) return undefined;
  const inner = new RlpReader(raw);
  return readBlock(inner);
}

function rememberPayload<T extends object>(message: T, source: object): T {
  const payload = payloads.get(source);
  if (payload !== undefined) payloads.set(message, payload);
  return message;
}

function readRoundChange(reader: RlpReader): RoundChangeMessage {
  const outer = reader.readList('message');
  const payload = readRoundChangePayload(outer);
  const message = { ...payload, block: readOptionalBlock(outer), prepares: readPrepares(outer) };
  outer.end('message');
  return rememberPayload(message, payload);
}

function readPrePrepare(reader: RlpReader): PrePrepareMessage {
  const outer = reader.readList('message');
  const signed = readSigned(outer, 'prePrepare', (fields) => ({
    type: 'prePrepare' as const,
    ...readView(fields),
    block: readBlock(fields),
  }));
  const justification = outer.readList('justification');
  const roundChanges = readRoundChangePayloads(justification);
  const prepares = readPrepares(justification);
  justification.end('justification');
  outer.end('message');
  return rememberPayload({ ...signed, roundChanges, prepares }, signed);
}

/** The signed part of a ROUND-CHANGE alone, as a PRE-PREPARE carries it. */
export function roundChangePayloadOf(message: RoundChangeMessage): RoundChangePayload {
  const { type, height, round, prepared, signature } = message;
  return rememberPayload({ type, height, round, prepared, signature }, message);
}

const readers: Record<number, { readonly name: string; readonly read: (reader: RlpReader) => QbftMessage }> = {
  [QBFT_CODE.prePrepare]: { name: 'PRE-PREPARE', read: readPrePrepare },
  // The original names COMMIT here too.
  [QBFT_CODE.prepare]: { name: 'COMMIT', read: readPrepare },
  [QBFT_CODE.commit]: { name: 'COMMIT', read: readCommit },
  [QBFT_CODE.roundChange]: { name: 'ROUND-CHANGE', read: readRoundChange },
};

/**
 * The message of a devp2p code (0x12..0x15). Strict: canonical RLP, 65-byte signatures, nothing left over. Bytes inside are
 * views. Cost is bounded by the length of the input; no signature is recovered.
 * @throws QBFT_MESSAGE_INVALID with the original's texts
 */
export function decodeQbftMessage(code: number, bytes: Uint8Array): QbftMessage {
  const kind = readers[code];
  if (kind === undefined)
    throw new IsoquorumError('QBFT_MESSAGE_INVALID', `invalid message event code ${code}`, { code });
  try {
    const reader = new RlpReader(bytes);
    const message = kind.read(reader);
    reader.end('message');
    return message;
  } catch (cause) {
    const reason = cause instanceof IsoquorumError ? cause.message : String(cause);
    const text = `failed to decode ${kind.name} message`;
    throw new IsoquorumError('QBFT_MESSAGE_INVALID', text, { code, reason }, 'REJECT', { cause });
  }
}
