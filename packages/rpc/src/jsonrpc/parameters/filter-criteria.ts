import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { ParameterError } from '../errors.ts';
import type { ParameterCodec } from './codec.ts';
import { blockNumber, type BlockNumber } from './block-selector.ts';
import { decodeHexText, hash } from './hex.ts';
import { decodeStructure, field, type Fields } from './structure.ts';

/** Which logs are wanted. An empty list of addresses means all; an empty list of topics at a position means any. */
export interface FilterCriteria {
  readonly blockHash?: Hash32;
  /** Absent: the head. */
  readonly fromBlock?: BlockNumber;
  /** Absent: the head. */
  readonly toBlock?: BlockNumber;
  readonly addresses: readonly Address[];
  readonly topics: readonly (readonly Hash32[])[];
}

interface RawCriteria {
  readonly blockHash?: Hash32;
  readonly fromBlock?: BlockNumber;
  readonly toBlock?: BlockNumber;
  readonly address?: unknown;
  readonly topics?: readonly unknown[];
}

const anything: ParameterCodec<unknown> = {
  goType: 'interface {}',
  form: 'anything',
  optional: false,
  decode: (json) => json,
  encode: (value) => value,
};
const list: ParameterCodec<readonly unknown[]> = {
  ...anything,
  goType: '[]interface {}',
  decode: (json) => {
    if (!Array.isArray(json))
      throw new ParameterError(
        `json: cannot unmarshal ${typeof json === 'object' ? 'object' : typeof json} into Go struct field input.topics of type []interface {}`,
      );
    return json;
  },
  encode: (value) => value,
};

const FIELDS: Fields<RawCriteria> = {
  blockHash: field('blockHash', hash),
  fromBlock: field('fromBlock', blockNumber),
  toBlock: field('toBlock', blockNumber),
  address: field('address', anything),
  topics: field('topics', list),
};

function decodeFixed(text: string, length: number, what: string): Uint8Array {
  const decoded = decodeHexText(text);
  if (decoded.length !== length)
    throw new ParameterError(`hex has invalid length ${decoded.length} after decoding; expected ${length} for ${what}`);
  return decoded;
}

function decodeAddresses(given: unknown): readonly Address[] {
  if (given === undefined) return [];
  if (typeof given === 'string') {
    try {
      return [decodeFixed(given, 20, 'address')];
    } catch (error) {
      throw new ParameterError(`invalid address: ${error instanceof Error ? error.message : ''}`);
    }
  }
  if (!Array.isArray(given)) throw new ParameterError('invalid addresses in query');
  return given.map((entry: unknown, position) => {
    if (typeof entry !== 'string') throw new ParameterError(`non-string address at index ${position}`);
    try {
      return decodeFixed(entry, 20, 'address');
    } catch (error) {
      throw new ParameterError(`invalid address at index ${position}: ${error instanceof Error ? error.message : ''}`);
    }
  });
}

function decodeTopics(given: readonly unknown[]): readonly (readonly Hash32[])[] {
  return given.map((position) => {
    if (position === null) return [];
    if (typeof position === 'string') return [decodeFixed(position, 32, 'topic')];
    if (!Array.isArray(position)) throw new ParameterError('invalid topic(s)');
    if (position.includes(null)) return [];
    return position.map((topic: unknown) => {
      if (typeof topic !== 'string') throw new ParameterError('invalid topic(s)');
      return decodeFixed(topic, 32, 'topic');
    });
  });
}

/** The filter of `eth_getLogs`, `eth_newFilter` and the `logs` subscription. */
export const filterCriteria: ParameterCodec<FilterCriteria> = {
  goType: 'filters.FilterCriteria',
  form: 'filter `{blockHash}` or `{fromBlock, toBlock}`, with `address` (one or a list) and `topics` (each one, a list, or null)',
  optional: false,
  decode: (json) => {
    const raw = decodeStructure<RawCriteria>(json, 'input', 'filters.input', FIELDS);
    const { blockHash, fromBlock, toBlock } = raw;
    if (blockHash !== undefined && (fromBlock !== undefined || toBlock !== undefined)) {
      throw new ParameterError('cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other');
    }
    return {
      ...(blockHash === undefined ? {} : { blockHash }),
      ...(fromBlock === undefined ? {} : { fromBlock }),
      ...(toBlock === undefined ? {} : { toBlock }),
      addresses: decodeAddresses(raw.address),
      topics: decodeTopics(raw.topics ?? []),
    };
  },
  encode: (value) => ({
    ...(value.blockHash === undefined ? {} : { blockHash: bytesToHex(value.blockHash) }),
    ...(value.fromBlock === undefined ? {} : { fromBlock: blockNumber.encode(value.fromBlock) }),
    ...(value.toBlock === undefined ? {} : { toBlock: blockNumber.encode(value.toBlock) }),
    ...(value.addresses.length === 0 ? {} : { address: value.addresses.map((entry) => bytesToHex(entry)) }),
    topics: value.topics.map((position) => (position.length === 0 ? null : position.map((topic) => bytesToHex(topic)))),
  }),
};
