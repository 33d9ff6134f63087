import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { emptyCodeHash, emptyTrieRoot } from '@isoquorum/primitives/header';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { keccak256 } from '@isoquorum/primitives/keccak';
import type { StoreOperation } from '@isoquorum/platform/store';
import { type NodeReader, Trie } from '../trie/trie.ts';
import type { FlatState } from './flat/flat-state.ts';
import { BranchCache } from './branch-cache.ts';
import { HotMap } from './hot-map.ts';
import { NodeKeeper } from './node-keeper.ts';
import { bytesToMapKey } from './node-source.ts';
import { OperationIndex } from './operation-index.ts';
import type { NodeSource } from './types.ts';

export interface StateDatabaseOptions {
  /** Nodes kept decoded in memory; those used longest ago go first. 100,000 unless told, about 80 MB. */
  readonly maxNodes?: number;
  /** Bytes for the RLP of branches that went; 16 MiB unless told, taken when the first one goes. */
  readonly branchCacheBytes?: number;
}

/** Results that were never stored (proposals that were not decided) are forgotten when so many newer ones have come. */
const maxWaiting = 64;
const maxCodes = 512;
const maxHashes = 1 << 13;
const branchCacheBytesDefault = 16 * 1024 * 1024;
const noCode = new Uint8Array(0);

/**
 * Access to tries and codes by hash, with what is worth keeping in memory: decoded nodes of recent roots, codes, and the
 * results of commits that are not stored yet, so that a block can be executed before the batch of the one before it is
 * durable. One per process; public and private states share it.
 */
export class StateDatabase {
  readonly source: NodeSource;
  /** The public state's flat snapshot, where the node keeps one. */
  flat: FlatState | undefined;
  private readonly keeper: NodeKeeper;
  private readonly branches: BranchCache;
  private readonly codes = new HotMap<string, Uint8Array>(maxCodes);
  private readonly addressHashes = new HotMap<string, Hash32>(maxHashes);
  private readonly slotHashes = new HotMap<bigint, Hash32>(maxHashes);
  private waiting: OperationIndex[] = [];

  constructor(source: NodeSource, options: StateDatabaseOptions = {}) {
    this.source = source;
    this.branches = new BranchCache(options.branchCacheBytes ?? branchCacheBytesDefault);
    this.keeper = new NodeKeeper(options.maxNodes ?? 100_000, (hash, encoded) => this.branches.put(hash, encoded));
  }

  /** Upper bound of the decoded nodes in memory. */
  get nodesInMemory(): number {
    return this.keeper.size;
  }

  private fromWaiting(find: (result: OperationIndex) => Uint8Array | undefined): Uint8Array | undefined {
    for (let index = this.waiting.length - 1; index >= 0; index--) {
      const found = find(this.waiting[index] as OperationIndex);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The RLP of a trie node by hash. */
  readonly readNode: NodeReader = (hash) => this.fromWaiting((result) => result.node(hash)) ?? this.source.node(hash);

  /** The same for tries, which keep what they read. */
  private readonly readForTrie: NodeReader = (hash) => {
    this.keeper.noteRead();
    return this.branches.get(hash) ?? this.readNode(hash);
  };

  /** The trie with this root, sharing the nodes that are in memory. */
  openTrie(root: Hash32): Trie {
    if (bytesEqual(root, emptyTrieRoot)) return new Trie(this.readForTrie, undefined, this.keeper);
    return new Trie(this.readForTrie, this.keeper.find(root) ?? root, this.keeper);
  }

  /** Keeps the nodes of a committed trie in memory under its root, within the bound. @param before the root from which it was made */
  keepTrie(root: Hash32, trie: Trie, addedNodes: number, before: Hash32): void {
    this.keeper.keep(root, trie, addedNodes, before);
  }

  /** The code with this hash, or `undefined` when it is not at hand. */
  code(hash: Hash32): Uint8Array | undefined {
    if (bytesEqual(hash, emptyCodeHash)) return noCode;
    const key = bytesToMapKey(hash);
    const known = this.codes.get(key);
    if (known !== undefined) return known;
    const code = this.fromWaiting((result) => result.code(hash)) ?? this.source.code(hash);
    if (code !== undefined) this.codes.set(key, code);
    return code;
  }

  /** The address or slot with this Keccak-256, if it was recorded. */
  preimage(hash: Hash32): Uint8Array | undefined {
    return this.fromWaiting((result) => result.preimage(hash)) ?? this.source.preimage?.(hash);
  }

  /**
   * Serves the results of a transition from memory until they are {@link StateDatabase.settle}d. Transitions do it
   * themselves; do it for operations that come from elsewhere and are not in the store yet.
   */
  add(operations: readonly StoreOperation[]): void {
    this.keeper.epoch++;
    if (operations.length === 0) return;
    this.waiting.push(new OperationIndex(operations));
    if (this.waiting.length > maxWaiting) this.waiting.shift();
  }

  /** Told when the operations of transitions (of one, or of several in one list) are durable: the source has them now. */
  settle(operations: readonly StoreOperation[]): void {
    this.waiting = this.waiting.filter(
      (result) => result.operations !== operations && !operations.includes(result.operations[0] as StoreOperation),
    );
  }

  /** keccak(address), remembered. */
  hashAddress(address: Address): Hash32 {
    const key = bytesToMapKey(address);
    let hash = this.addressHashes.get(key);
    if (hash === undefined) {
      hash = keccak256(address);
      this.addressHashes.set(key, hash);
    }
    return hash;
  }

  /** keccak(slot as 32 bytes), remembered. */
  hashSlot(slot: bigint): Hash32 {
    let hash = this.slotHashes.get(slot);
    if (hash === undefined) {
      hash = keccak256(bigintToFixedBytes(slot, 32));
      this.slotHashes.set(slot, hash);
    }
    return hash;
  }
}

export function createStateDatabase(source: NodeSource, options?: StateDatabaseOptions): StateDatabase {
  return new StateDatabase(source, options);
}
