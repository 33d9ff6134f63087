import { bytesToHex } from '@isoquorum/primitives/hex';
import { IsoquorumError } from '@isoquorum/primitives/errors';

/**
 * `STORE_CLOSED`: used after close; `STORE_MISS`: the key is not resident, ask with `get` and try again;
 * `STORE_LOCKED`: another process has it open; `STORE_OPEN_FAILED`: cannot be opened (corrupt, no space); `STORE_FAILED`: a read or write failed.
 */
export type StoreErrorCode = 'STORE_CLOSED' | 'STORE_MISS' | 'STORE_LOCKED' | 'STORE_OPEN_FAILED' | 'STORE_FAILED';

export function storeClosed(): never {
  throw new IsoquorumError('STORE_CLOSED', 'the store is closed', {}, 'STOP');
}

export function storeMiss(key: Uint8Array): never {
  throw new IsoquorumError('STORE_MISS', 'the key is not resident', { key: bytesToHex(key) }, 'RETRY');
}

export function storeLocked(path: string, cause: unknown): never {
  const text = `store ${path} is in use: another process has it open. Stop that one first, or give this one another directory`;
  throw new IsoquorumError('STORE_LOCKED', text, { path }, 'STOP', { cause });
}

export function storeFailed(code: 'STORE_OPEN_FAILED' | 'STORE_FAILED', path: string, cause: unknown): never {
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new IsoquorumError(code, `store ${path}: ${reason}`, { path, reason }, 'STOP', { cause });
}
