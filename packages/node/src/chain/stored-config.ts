import { IsoquorumError } from '@isoquorum/primitives/errors';
import { configConflict, configConflictText } from '@isoquorum/primitives/genesis/compatible';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';
import type { Store, StoreOperation } from '@isoquorum/platform/store';
import { configKey } from './keys.ts';

/** `CONFIG_INCOMPATIBLE`: the genesis file changes rules of blocks that the store holds already; texts are GoQuorum's. */
export type StoredConfigErrorCode = 'CONFIG_INCOMPATIBLE';

/** JSON has neither bytes nor big numbers: both are written as objects of one key. */
function write(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return { $number: value.toString() };
  return value instanceof Uint8Array ? { $bytes: bytesToHex(value) } : value;
}

function read(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('$number' in value && typeof value.$number === 'string') return BigInt(value.$number);
  return '$bytes' in value && typeof value.$bytes === 'string' ? hexToBytes(value.$bytes) : value;
}

export function encodeConfig(config: ChainConfig): Uint8Array {
  return utf8ToBytes(JSON.stringify(config, write));
}

/** What {@link encodeConfig} wrote; keys that it did not know yet are absent. */
export function decodeConfig(bytes: Uint8Array): ChainConfig {
  return JSON.parse(bytesToUtf8(bytes, 'config'), read) as ChainConfig;
}

/**
 * The configuration that the chain was made with, against the one it is opened with. Answers what has to be written when it is new.
 * @throws CONFIG_INCOMPATIBLE (STOP)
 */
export function checkStoredConfig(store: Store, config: ChainConfig, head: number): StoreOperation[] {
  const value = encodeConfig(config);
  const known = store.getSync(configKey);
  if (known !== undefined) {
    const conflict = configConflict(decodeConfig(known), config, head);
    if (conflict !== undefined) {
      const fields = { ...conflict, head };
      const text = `${configConflictText(conflict)}: the genesis file changes rules of blocks that are there; give the one that they were made with, or begin anew from an export up to block ${conflict.rewindTo}`;
      throw new IsoquorumError('CONFIG_INCOMPATIBLE', text, fields, 'STOP');
    }
    if (bytesToUtf8(known, 'config') === bytesToUtf8(value, 'config')) return [];
  }
  return [{ type: 'put', key: configKey, value }];
}
