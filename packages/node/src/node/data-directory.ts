import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLevelStore } from '@isoquorum/platform/node/level-store';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import type { Store } from '@isoquorum/platform/store';
import { storeFailed } from '@isoquorum/platform/store-error';
import { formatNodeKey, parseNodeKey } from '@isoquorum/primitives/node-key';

/** Opens the chain's store inside a data directory (`chaindata`), or one in memory. @throws STORE_OPEN_FAILED */
export async function openChainStore(dataDir: string | undefined): Promise<Store> {
  if (dataDir === undefined) return createMemoryStore();
  try {
    mkdirSync(dataDir, { recursive: true });
  } catch (cause) {
    storeFailed('STORE_OPEN_FAILED', dataDir, cause);
  }
  return openLevelStore(join(dataDir, 'chaindata'));
}

/** The node key of a data directory, made on first use (mode 0600). @throws NODE_KEY_INVALID */
export function loadNodeKey(dataDir: string | undefined): Uint8Array {
  if (dataDir === undefined) return new Uint8Array(randomBytes(32));
  const path = join(dataDir, 'nodekey');
  if (existsSync(path)) return parseNodeKey(readFileSync(path, 'utf8'));
  mkdirSync(dataDir, { recursive: true });
  const key = new Uint8Array(randomBytes(32));
  writeFileSync(path, formatNodeKey(key), { mode: 0o600 });
  chmodSync(path, 0o600);
  return key;
}
