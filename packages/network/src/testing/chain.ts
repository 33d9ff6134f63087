import type { Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { Random } from '@isoquorum/platform/random';
import { bytesEqual } from '@isoquorum/primitives/hex';
import type { ChainIdentity } from '../session/chain-identity.ts';

/** Timers of the machine. */
export const testClock: Clock = {
  nowMs: () => Date.now(),
  setTimer: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

export const testRandom: Random = { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) };

export const silentLogger: Logger = { log: () => {}, child: () => silentLogger };

/** Prints to standard error when DEBUG_NETWORK is set. */
export function testLogger(name: string): Logger {
  if (process.env.DEBUG_NETWORK === undefined) return silentLogger;
  return {
    log: (level, message, fields) => console.error(`${name} ${level} ${message}`, JSON.stringify(fields ?? {})),
    child: () => testLogger(name),
  };
}

/** A chain identity for tests: same genesis byte, same network, one fork. */
export function testChain(
  overrides: { genesis?: number; networkId?: bigint; fork?: number; role?: 'node' | 'browser' } = {},
): ChainIdentity {
  const fork = new Uint8Array(4).fill(overrides.fork ?? 7);
  return {
    networkId: overrides.networkId ?? 1337n,
    genesisHash: new Uint8Array(32).fill(overrides.genesis ?? 1),
    role: overrides.role ?? 'node',
    client: 'isoquorum-test/0',
    forkIdAt: () => ({ hash: fork, next: 0 }),
    acceptsForkId: (remote) => bytesEqual(remote.hash, fork),
  };
}
