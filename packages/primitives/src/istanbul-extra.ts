import type { Address } from './bytes.ts';
import { IsoquorumError } from './errors.ts';
import { concatBytes } from './hex.ts';
import { numberToBytes } from './integer.ts';
import { encodeRlp, type RlpItem } from './rlp.ts';
import { RlpReader } from './rlp-reader.ts';

export { ISTANBUL_DIGEST } from './istanbul-digest.ts';

/** A header's extra data is not of the expected engine; texts are GoQuorum's. */
export type IstanbulExtraErrorCode = 'ISTANBUL_EXTRA_INVALID' | 'ISTANBUL_SEAL_INVALID';

/** Bytes of vanity before IBFT's RLP, and inside QBFT's. */
export const istanbulVanityLength = 32;
/** Bytes of a seal: r, s, recovery id. */
export const istanbulSealLength = 65;
const validatorsMax = 65_536;

/** IBFT: vanity(32) ‖ rlp[validators, seal, committedSeals]. */
export interface IbftExtra {
  /** 32 bytes. */
  readonly vanity: Uint8Array;
  readonly validators: readonly Address[];
  /** The proposer's seal: 65 bytes, or none before sealing. */
  readonly seal: Uint8Array;
  readonly committedSeals: readonly Uint8Array[];
}

/** A QBFT vote. `voteType` is 0xff to add and 0 to drop; other values decode, and are refused by rules. */
export interface QbftVote {
  readonly recipient: Address;
  readonly voteType: number;
}

/** QBFT: rlp[vanity, validators, vote, round, committedSeals]. */
export interface QbftExtra {
  readonly vanity: Uint8Array;
  readonly validators: readonly Address[];
  readonly vote: QbftVote | undefined;
  readonly round: number;
  readonly committedSeals: readonly Uint8Array[];
}

export const qbftVoteAdd = 0xff;
export const qbftVoteDrop = 0;

function invalid(message: string, cause?: unknown): never {
  throw new IsoquorumError('ISTANBUL_EXTRA_INVALID', message, { field: 'extraData' }, 'REJECT', { cause });
}

function readSeals(reader: RlpReader): Uint8Array[] {
  return reader.readListOf('committedSeals', (seals) => seals.readBytes('committedSeals'), validatorsMax);
}

function readValidators(reader: RlpReader): Address[] {
  return reader.readListOf('validators', (list): Address => list.readFixed(20, 'validators'), validatorsMax);
}

/** @throws ISTANBUL_EXTRA_INVALID */
export function decodeIbftExtra(extraData: Uint8Array): IbftExtra {
  if (extraData.length < istanbulVanityLength) invalid('invalid istanbul header extra-data');
  try {
    const outer = new RlpReader(extraData, istanbulVanityLength);
    const fields = outer.readList('extraData');
    outer.end('extraData');
    const validators = readValidators(fields);
    const seal = fields.readBytes('seal');
    const committedSeals = readSeals(fields);
    fields.end('extraData');
    return { vanity: extraData.subarray(0, istanbulVanityLength), validators, seal, committedSeals };
  } catch (cause) {
    return invalid('invalid istanbul header extra-data', cause);
  }
}

export function encodeIbftExtra(extra: IbftExtra): Uint8Array {
  return concatBytes(extra.vanity, encodeRlp([extra.validators, extra.seal, extra.committedSeals]));
}

function readVote(reader: RlpReader): QbftVote | undefined {
  const fields = reader.readList('vote');
  if (!fields.hasMore) return undefined;
  const recipient = fields.readFixed(20, 'vote.recipient');
  const voteType = fields.readNumber('vote.voteType');
  if (voteType > 0xff) fields.fail('RLP_INTEGER_INVALID', 'vote type of more than 8 bits', 'vote.voteType');
  fields.end('vote');
  return { recipient, voteType };
}

/** @throws ISTANBUL_EXTRA_INVALID */
export function decodeQbftExtra(extraData: Uint8Array): QbftExtra {
  try {
    const outer = new RlpReader(extraData);
    const fields = outer.readList('extraData');
    outer.end('extraData');
    const vanity = fields.readBytes('vanity');
    const validators = readValidators(fields);
    const vote = readVote(fields);
    const round = fields.readNumber('round');
    if (round > 0xffffffff) fields.fail('RLP_INTEGER_INVALID', 'round of more than 32 bits', 'round');
    const committedSeals = readSeals(fields);
    fields.end('extraData');
    return { vanity, validators, vote, round, committedSeals };
  } catch (cause) {
    return invalid('invalid qbft header extra-data', cause);
  }
}

export function encodeQbftExtra(extra: QbftExtra): Uint8Array {
  const vote: RlpItem = extra.vote === undefined ? [] : [extra.vote.recipient, numberToBytes(extra.vote.voteType)];
  return encodeRlp([extra.vanity, extra.validators, vote, numberToBytes(extra.round), extra.committedSeals]);
}

/** The extra that the block hash covers, or `undefined` when the bytes are neither IBFT nor QBFT extra. */
export function filterIstanbulExtra(extraData: Uint8Array): Uint8Array | undefined {
  // Byte 32 of a QBFT extra is mostly vanity: no list starts there, which spares the cost of an exception per header.
  const mayBeIbft = (extraData[istanbulVanityLength] ?? 0) >= 0xc0;
  const ibft = mayBeIbft ? attempt(() => decodeIbftExtra(extraData)) : undefined;
  if (ibft !== undefined) return encodeIbftExtra({ ...ibft, committedSeals: [] });
  const qbft = attempt(() => decodeQbftExtra(extraData));
  return qbft === undefined ? undefined : encodeQbftExtra({ ...qbft, round: 0, committedSeals: [] });
}

function attempt<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}
