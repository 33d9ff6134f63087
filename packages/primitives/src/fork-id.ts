import type { Hash32 } from './bytes.ts';
import type { ChainConfig } from './genesis/chain-config.ts';
import { numberToBytes } from './integer.ts';

/** EIP-2124: checksum of the genesis and the forks passed, and the next fork (0: none known). */
export interface ForkId {
  /** 4 bytes. */
  readonly hash: Uint8Array;
  readonly next: number;
}

const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 (IEEE) that goes on from `checksum`. */
function crc32(bytes: Uint8Array, checksum = 0): number {
  let value = ~checksum;
  for (const byte of bytes) value = (value >>> 8) ^ (table[(value ^ byte) & 0xff] as number);
  return ~value >>> 0;
}

/**
 * Blocks that enter the fork id: every block key of the config (also Quorum's, but not `qip714Block`), without zero and
 * repetitions, in order (goquorum.md 1.7).
 */
export function forkBlocks(config: ChainConfig): number[] {
  const blocks = [
    config.homesteadBlock,
    config.daoForkBlock,
    config.eip150Block,
    config.eip155Block,
    config.eip158Block,
    config.byzantiumBlock,
    config.constantinopleBlock,
    config.petersburgBlock,
    config.istanbulBlock,
    config.muirGlacierBlock,
    config.berlinBlock,
    config.yoloV3Block,
    config.ewasmBlock,
    config.catalystBlock,
    config.maxCodeSizeChangeBlock,
    config.privacyEnhancementsBlock,
    config.privacyPrecompileBlock,
    config.enableGasPriceBlock,
  ].filter((block): block is number => block !== undefined && block > 0);
  return [...new Set(blocks)].sort((left, right) => left - right);
}

function fixed(value: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const minimal = numberToBytes(value);
  bytes.set(minimal, length - minimal.length);
  return bytes;
}

/** Checksums before the first fork, after the first one, … */
function checksums(forks: readonly number[], genesisHash: Hash32): number[] {
  const sums = [crc32(genesisHash)];
  for (const fork of forks) sums.push(crc32(fixed(fork, 8), sums.at(-1)));
  return sums;
}

/** The fork id at head `number`. */
export function createForkId(config: ChainConfig, genesisHash: Hash32, number: number): ForkId {
  const forks = forkBlocks(config);
  const passed = forks.filter((fork) => fork <= number).length;
  return { hash: fixed(checksums(forks, genesisHash)[passed] as number, 4), next: forks[passed] ?? 0 };
}

/**
 * EIP-2124's verdict on a peer: `stale` = the remote must update, `incompatible` = we must, or the chains differ.
 */
export function checkForkId(
  config: ChainConfig,
  genesisHash: Hash32,
  number: number,
  remote: ForkId,
): 'compatible' | 'stale' | 'incompatible' {
  const forks = forkBlocks(config);
  const sums = checksums(forks, genesisHash);
  const remoteSum = new DataView(remote.hash.buffer, remote.hash.byteOffset, 4).getUint32(0);
  const passed = forks.filter((fork) => fork <= number).length;
  const position = sums.indexOf(remoteSum);
  if (position < 0) return 'incompatible';
  if (position === passed) return remote.next > 0 && number >= remote.next ? 'incompatible' : 'compatible';
  if (position > passed) return 'compatible';
  return forks[position] === remote.next ? 'compatible' : 'stale';
}
