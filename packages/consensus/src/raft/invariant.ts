import { IsoquorumError } from '@isoquorum/primitives/errors';

/** The storage or the caller broke its contract (say, entries vanished): going on could lose data. Reaction STOP. */
export type RaftInvariantErrorCode = 'RAFT_INVARIANT_BROKEN';

/** @throws RAFT_INVARIANT_BROKEN always */
export function brokenInvariant(message: string, fields: Readonly<Record<string, unknown>> = {}): never {
  throw new IsoquorumError('RAFT_INVARIANT_BROKEN', message, fields, 'STOP');
}
