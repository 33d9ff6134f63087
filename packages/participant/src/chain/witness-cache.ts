import type { NodeSource } from '@isoquorum/execution/state/types';
import type { Witness } from '@isoquorum/network/wire/witness';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';

/** Public trie nodes and codes that validators gave, each under the hash of its bytes: what is here is what it says it is. */
export interface WitnessCache extends NodeSource {
  /** Takes what a witness holds; answers how many entries are new. */
  add(witness: Witness): number;
}

/**
 * A bounded cache in front of `base`. An entry is found only by its own hash, so a validator can withhold but not forge.
 * @param bytesMax oldest entries go beyond it
 */
export function createWitnessCache(base: NodeSource, bytesMax: number = 32 * 1024 * 1024): WitnessCache {
  const entries = new Map<string, Uint8Array>();
  let bytes = 0;
  const keep = (value: Uint8Array): number => {
    const key = bytesToBareHex(keccak256(value));
    if (entries.has(key)) return 0;
    // A copy: the view would hold the whole answer in memory.
    entries.set(key, value.slice());
    bytes += value.length;
    for (const [oldest, old] of entries) {
      if (bytes <= bytesMax || entries.size === 1) break;
      entries.delete(oldest);
      bytes -= old.length;
    }
    return 1;
  };
  const find = (hash: Hash32): Uint8Array | undefined => entries.get(bytesToBareHex(hash));
  return {
    node: (hash) => find(hash) ?? base.node(hash),
    code: (hash) => find(hash) ?? base.code(hash),
    preimage: (hash) => base.preimage?.(hash),
    add: ({ nodes, codes }) => [...nodes, ...codes].reduce((added, value) => added + keep(value), 0),
  };
}
