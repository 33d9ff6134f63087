import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { isReached } from '@isoquorum/primitives/genesis/transitions';
import { emptyUncleHash, type Header } from '@isoquorum/primitives/header';
import { bytesEqual } from '@isoquorum/primitives/hex';

const least = 131_072n;
const divisor = 2048n;
const bombPeriod = 100_000n;

function max(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}

/** Blocks by which the bomb is put off (EIP-649, EIP-1234, EIP-2384); undefined before Byzantium. */
function bombDelay(config: ChainConfig, number: number): bigint | undefined {
  if (isReached(config.muirGlacierBlock, number)) return 9_000_000n;
  if (isReached(config.constantinopleBlock, number)) return 5_000_000n;
  return isReached(config.byzantiumBlock, number) ? 3_000_000n : undefined;
}

/**
 * Difficulty as Ethash has it, which GoQuorum's minter writes into Raft headers and nobody checks (goquorum.md 8.2). Time stamps are nanoseconds there,
 * so that it falls to its least value and stays.
 */
export function ethashDifficulty(config: ChainConfig, timestamp: bigint, parent: Header): bigint {
  const number = parent.number + 1;
  const elapsed = timestamp - parent.timestamp;
  const step = parent.difficulty / divisor;
  const delay = bombDelay(config, number);
  let factor: bigint;
  if (delay !== undefined) {
    const base = bytesEqual(parent.uncleHash, emptyUncleHash) ? 1n : 2n;
    factor = max(base - elapsed / 9n, -99n);
  } else if (isReached(config.homesteadBlock, number)) {
    factor = max(1n - elapsed / 10n, -99n);
  } else {
    factor = elapsed < 13n ? 1n : -1n;
  }
  const plain = max(parent.difficulty + step * factor, least);
  const counted = delay === undefined ? BigInt(number) : max(BigInt(number) - delay, 0n);
  const period = counted / bombPeriod;
  return period > 1n ? plain + (1n << (period - 2n)) : plain;
}
