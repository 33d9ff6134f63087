import { committedIndex, type JointConfig } from './quorum.ts';
import type { RaftMessage } from './types.ts';

/**
 * Reads that wait until a quorum confirms that the leader still leads. Each gets a position; a heartbeat carries the newest one, and its answer confirms
 * all up to it.
 */
export interface ReadOnlyQueue {
  add(request: RaftMessage, commit: number): void;
  /** Context of the next heartbeat: eight bytes, little endian; undefined when no read waits. */
  heartbeatContext(): Uint8Array | undefined;
  /** The member confirmed what the context names. */
  acknowledge(id: number, context: Uint8Array): void;
  /** Reads that a quorum has confirmed since the last call. */
  takeConfirmed(voters: JointConfig): readonly { readonly request: RaftMessage; readonly index: number }[];
}

export const readContextLength = 8;

export function createReadOnlyQueue(): ReadOnlyQueue {
  const acks = new Map<number, number>();
  let waiting: { readonly request: RaftMessage; readonly index: number }[] = [];
  let confirmed = 0;

  return {
    add: (request, index) => void waiting.push({ request, index }),
    heartbeatContext() {
      if (waiting.length === 0) return undefined;
      const context = new Uint8Array(readContextLength);
      new DataView(context.buffer).setBigUint64(0, BigInt(confirmed + waiting.length), true);
      return context;
    },
    acknowledge(id, context) {
      const view = new DataView(context.buffer, context.byteOffset, context.byteLength);
      // Nobody can confirm what was not asked.
      const position = Math.min(Number(view.getBigUint64(0, true)), confirmed + waiting.length);
      acks.set(id, Math.max(acks.get(id) ?? 0, position));
    },
    takeConfirmed(voters) {
      const position = committedIndex(voters, (id) => acks.get(id));
      if (position <= confirmed || position === Number.POSITIVE_INFINITY) return [];
      const taken = waiting.slice(0, position - confirmed);
      waiting = waiting.slice(position - confirmed);
      confirmed = position;
      return taken;
    },
  };
}
