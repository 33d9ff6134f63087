import { bloomBits } from '@isoquorum/primitives/bloom';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { Log } from '@isoquorum/primitives/log';
import type { FilterCriteria } from '@isoquorum/rpc/jsonrpc/parameters/filter-criteria';
import type { BloomQuery, ElementBits } from '../bloom/index-reader.ts';

/** Addresses and topics that one filter may name; the original has no limit. */
const ELEMENTS_MAX = 10_000;

/** Which logs are wanted, made ready for looking at many. */
export interface LogFilter {
  /** Conditions over bloom filters. */
  readonly query: BloomQuery;
  /** False: certainly no log of a block with this bloom filter is wanted. */
  mayMatch(bloom: Uint8Array): boolean;
  readonly matches: (log: Log) => boolean;
}

function hasBits(bloom: Uint8Array, bits: ElementBits): boolean {
  return bits.every((bit) => ((bloom[bloom.length - 1 - (bit >> 3)] as number) & (1 << (bit & 7))) !== 0);
}

/** @throws FILTER_TOO_LARGE */
export function createLogFilter({ addresses, topics }: Pick<FilterCriteria, 'addresses' | 'topics'>): LogFilter {
  const count = topics.reduce((sum, wanted) => sum + wanted.length, addresses.length);
  if (count > ELEMENTS_MAX)
    throw new IsoquorumError('FILTER_TOO_LARGE', `a filter may name ${ELEMENTS_MAX} addresses and topics`, {
      limit: ELEMENTS_MAX,
    });
  const lists = [addresses, ...topics];
  const [wantedAddresses = new Set<string>(), ...wantedTopics] = lists.map(
    (elements) => new Set(elements.map((element) => bytesToBareHex(element))),
  );
  const query = lists
    .filter((elements) => elements.length > 0)
    .map((elements) => elements.map((element) => bloomBits(element)));
  return {
    query,
    mayMatch: (bloom) => query.every((elements) => elements.some((bits) => hasBits(bloom, bits))),
    matches: (log) => {
      if (wantedAddresses.size > 0 && !wantedAddresses.has(bytesToBareHex(log.address))) return false;
      if (wantedTopics.length > log.topics.length) return false;
      return wantedTopics.every(
        (wanted, position) => wanted.size === 0 || wanted.has(bytesToBareHex(log.topics[position] as Uint8Array)),
      );
    },
  };
}
