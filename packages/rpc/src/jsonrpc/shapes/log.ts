import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesToHex } from '@isoquorum/primitives/hex';
import type { Log } from '@isoquorum/primitives/log';

/** A log as JSON-RPC gives it, keys in GoQuorum's order. */
export interface LogJson {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: string;
  readonly transactionHash: string;
  readonly transactionIndex: string;
  readonly blockHash: string;
  readonly logIndex: string;
  readonly removed: boolean;
}

/** Where a log is. `logIndex` counts from the first log of the block. */
export interface LogLocation {
  readonly blockNumber: number;
  readonly blockHash: Hash32;
  readonly transactionHash: Hash32;
  readonly transactionIndex: number;
  readonly logIndex: number;
  /** The block is no longer canonical. */
  readonly removed?: boolean;
}

export function logToJson(log: Log, location: LogLocation): LogJson {
  return {
    address: bytesToHex(log.address),
    topics: log.topics.map((topic) => bytesToHex(topic)),
    data: bytesToHex(log.data),
    blockNumber: `0x${location.blockNumber.toString(16)}`,
    transactionHash: bytesToHex(location.transactionHash),
    transactionIndex: `0x${location.transactionIndex.toString(16)}`,
    blockHash: bytesToHex(location.blockHash),
    logIndex: `0x${location.logIndex.toString(16)}`,
    removed: location.removed ?? false,
  };
}
