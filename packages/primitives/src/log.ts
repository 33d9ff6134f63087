import type { Address, Hash32 } from './bytes.ts';
import { encodeRlp, type RlpItem } from './rlp.ts';
import type { RlpReader } from './rlp-reader.ts';

/** What a LOG instruction wrote. */
export interface Log {
  readonly address: Address;
  readonly topics: readonly Hash32[];
  readonly data: Uint8Array;
}

function logToRlp(log: Log): RlpItem {
  return [log.address, log.topics, log.data];
}

const encodedLogs = new WeakMap<readonly Log[], Uint8Array>();
const noLogs = Uint8Array.of(0xc0);

/** RLP of a list of logs. Remembered: a receipt is encoded for its trie and for the store. Do not change it. */
export function encodeLogs(logs: readonly Log[]): Uint8Array {
  if (logs.length === 0) return noLogs;
  let encoded = encodedLogs.get(logs);
  if (encoded === undefined) {
    encoded = encodeRlp(logs.map(logToRlp));
    encodedLogs.set(logs, encoded);
  }
  return encoded;
}

/** The next log. At most 4 topics. @throws RLP_* */
export function readLog(reader: RlpReader): Log {
  const fields = reader.readList('log');
  const address = fields.readFixed(20, 'log.address');
  const topics = fields.readListOf('log.topics', (inner): Hash32 => inner.readFixed(32, 'log.topics'), 4);
  const data = fields.readBytes('log.data');
  fields.end('log');
  return { address, topics, data };
}
