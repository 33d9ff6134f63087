/** Entry of the module `keccak`: hashing for whatever has its bytes at hand, tries above all. */
export { keccak256 } from './keccak-f.ts';

/** First byte of linear memory that the module leaves to its user. */
export function freeMemory(): usize {
  return (__heap_base + 63) & ~63;
}
