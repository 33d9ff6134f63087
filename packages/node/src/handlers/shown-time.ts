import type { HandlerContext } from './context.ts';

const NANOSECONDS = 1_000_000_000n;
/** Times above this are no seconds: it would be the year 33658. */
const SECONDS_MAX = 1_000_000_000_000n;

/**
 * A block or header in JSON with its time in seconds, where the node is told to show it so: GoQuorum's Raft chains hold nanoseconds, which
 * few tools can read. Hash, size and everything else stay those of the block.
 */
export function withShownTime<Json extends { readonly timestamp: string }>(context: HandlerContext, json: Json): Json {
  if (!context.showsRaftSeconds || context.validators.kind !== 'raft') return json;
  const time = BigInt(json.timestamp);
  return time > SECONDS_MAX ? { ...json, timestamp: `0x${(time / NANOSECONDS).toString(16)}` } : json;
}
