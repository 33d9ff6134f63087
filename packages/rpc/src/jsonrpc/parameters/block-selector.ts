import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { ParameterError } from '../errors.ts';
import { jsonKind, kindMismatch, type ParameterCodec } from './codec.ts';
import { hash, HEX_ERRORS, readQuantity } from './hex.ts';

/** A block number, or the head (`latest`), or what would come next (`pending`). `earliest` is 0. */
export type BlockNumber = number | 'latest' | 'pending';

/** A block by number or by hash. `neither` is an object that names none: an error when the method runs. */
export type BlockSelector =
  | { readonly type: 'number'; readonly number: BlockNumber }
  | { readonly type: 'hash'; readonly hash: Hash32; readonly requireCanonical: boolean }
  | { readonly type: 'neither' };

const INT64_MAX = (1n << 63n) - 1n;
const TAGS: Readonly<Record<string, BlockNumber>> = { earliest: 0, latest: 'latest', pending: 'pending' };

function readNumber(text: string, tooHigh: string): BlockNumber {
  const tag = Object.hasOwn(TAGS, text) ? TAGS[text] : undefined;
  if (tag !== undefined) return tag;
  const number = readQuantity(text, 16, HEX_ERRORS.uint64, false);
  if (typeof number === 'string') throw new ParameterError(number);
  if (number > INT64_MAX) throw new ParameterError(tooHigh);
  return Number(number);
}

function encodeNumber(value: BlockNumber): string {
  return typeof value === 'string' ? value : `0x${value.toString(16)}`;
}

/** A block by number or tag. Anything that is not a string is read as its JSON text, so a number lacks its prefix. */
export const blockNumber: ParameterCodec<BlockNumber> = {
  goType: 'rpc.BlockNumber',
  form: 'block number as a quantity, or `latest`, `earliest`, `pending`',
  optional: false,
  decode: (json) =>
    readNumber(typeof json === 'string' ? json.trim() : 'not a string', 'block number larger than int64'),
  encode: encodeNumber,
};

function readObject(json: Readonly<Record<string, unknown>>): BlockSelector {
  const number = json['blockNumber'];
  const blockHash = json['blockHash'];
  const numberGiven = number !== undefined && number !== null;
  const hashGiven = blockHash !== undefined && blockHash !== null;
  const readHash = hashGiven ? hash.decode(blockHash) : undefined;
  const readBlockNumber = numberGiven ? blockNumber.decode(number) : undefined;
  if (readHash !== undefined && readBlockNumber !== undefined) {
    throw new ParameterError('cannot specify both BlockHash and BlockNumber, choose one or the other');
  }
  if (readHash !== undefined)
    return { type: 'hash', hash: readHash, requireCanonical: json['requireCanonical'] === true };
  return readBlockNumber === undefined ? { type: 'neither' } : { type: 'number', number: readBlockNumber };
}

/** A block by number, tag or hash (EIP-1898). */
export const blockSelector: ParameterCodec<BlockSelector> = {
  goType: 'rpc.BlockNumberOrHash',
  form: 'block number as a quantity, `latest`, `earliest`, `pending`, a block hash, or `{blockNumber}` or `{blockHash, requireCanonical}`',
  optional: false,
  decode: (json) => {
    if (json === null) return { type: 'neither' };
    if (jsonKind(json) === 'object') {
      try {
        return readObject(json as Readonly<Record<string, unknown>>);
      } catch (error) {
        // The original tries the object first, and reads it as a string when that fails.
        if (error instanceof ParameterError && error.message.startsWith('cannot specify both')) throw error;
        throw kindMismatch(json, 'string');
      }
    }
    if (typeof json !== 'string') throw kindMismatch(json, 'string');
    if (json.length === 66) {
      if (!/^0[xX][0-9a-fA-F]{64}$/.test(json))
        throw new ParameterError(/^0[xX]/.test(json) ? HEX_ERRORS.syntax : HEX_ERRORS.prefix);
      return { type: 'hash', hash: hexToBytes(`0x${json.slice(2)}`), requireCanonical: false };
    }
    return { type: 'number', number: readNumber(json, 'blocknumber too high') };
  },
  encode: (value) => {
    if (value.type === 'number') return encodeNumber(value.number);
    return value.type === 'hash' ? { blockHash: bytesToHex(value.hash), requireCanonical: value.requireCanonical } : {};
  },
};

/** Selects the head. */
export const LATEST: BlockSelector = { type: 'number', number: 'latest' };
