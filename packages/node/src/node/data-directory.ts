import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLevelStore } from '@isoquorum/platform/node/level-store';
import { makeDirectory } from '@isoquorum/platform/node/make-directory';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import type { Store } from '@isoquorum/platform/store';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { formatNodeKey, parseNodeKey } from '@isoquorum/primitives/node-key';

/**
 * Opens the chain's store inside a data directory (`chaindata`), or one in memory.
 * @param writeBufferBytes of LevelDB, where not its default
 * @throws STORE_LOCKED, STORE_OPEN_FAILED, DIRECTORY_UNUSABLE
 */
export async function openChainStore(dataDir: string | undefined, writeBufferBytes?: number): Promise<Store> {
  if (dataDir === undefined) return createMemoryStore();
  makeDirectory(dataDir);
  return openLevelStore(join(dataDir, 'chaindata'), writeBufferBytes === undefined ? {} : { writeBufferBytes });
}

/**
 * The node key of a data directory, made on first use (mode 0600). To be called while its chain's store is open: the store's lock keeps other
 * processes from making one too. @throws NODE_KEY_INVALID, DIRECTORY_UNUSABLE
 */
export function loadNodeKey(dataDir: string | undefined): Uint8Array {
  if (dataDir === undefined) return new Uint8Array(randomBytes(32));
  const path = join(dataDir, 'nodekey');
  if (existsSync(path)) return parseNodeKey(readFileSync(path, 'utf8'));
  makeDirectory(dataDir);
  const key = new Uint8Array(randomBytes(32));
  try {
    writeFileSync(path, formatNodeKey(key), { mode: 0o600 });
    chmodSync(path, 0o600);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const text = `nothing can be written in ${dataDir}: ${reason}`;
    throw new IsoquorumError('DIRECTORY_UNUSABLE', text, { path: dataDir, reason }, 'STOP', { cause });
  }
  return key;
}
