import type { Address, Hash32 } from './bytes.ts';
import type { RlpItem } from './rlp.ts';
import type { RlpReader } from './rlp-reader.ts';

/** What a LOG instruction wrote. */
export interface Log {
  readonly address: Address;
  readonly topics: readonly Hash32[];
  readonly data: Uint8Array;
}

export function logToRlp(log: Log): RlpItem {
  return [log.address, log.topics, log.data];
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
