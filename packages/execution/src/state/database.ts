import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { emptyCodeHash, emptyTrieRoot } from '@isoquorum/primitives/header';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { keccak256 } from '@isoquorum/primitives/keccak';
import type { StoreOperation } from '@isoquorum/platform/store';
import type { TrieNode } from '../trie/node.ts';
import { type NodeReader, Trie } from '../trie/trie.ts';
import { bytesToMapKey, createMemoryNodeSource, type MemoryNodeSource } from './node-source.ts';
import type { NodeSource } from './types.ts';

export interface StateDatabaseOptions {
  /** Nodes kept decoded in memory before all are let go (they are read again when needed); 200,000 unless told, about 100 MB. */
  readonly maxNodes?: number;
}

const recentCommits = 8;
const maxCodes = 1024;
const maxHashes = 1 << 16;

/**
 * Access to tries and codes by hash, with what is worth keeping in memory: decoded nodes of recent roots, codes, and the
 * results of the last few commits, so that a block can be executed before the batch of the one before it is durable. One
 * per process; public and private states share it.
 */
export class StateDatabase {
  readonly source: NodeSource;
  private readonly maxNodes: number;
  private readonly roots = new Map<string, TrieNode>();
  private nodes = 0;
  private readonly codes = new Map<string, Uint8Array>();
  private readonly addressHashes = new Map<string, Hash32>();
  private readonly slotHashes = new Map<bigint, Hash32>();
  private readonly recent: MemoryNodeSource[] = [];

  constructor(source: NodeSource, options: StateDatabaseOptions = {}) {
    this.source = source;
    this.maxNodes = options.maxNodes ?? 200_000;
  }

  /** The RLP of a trie node by hash. */
  readonly readNode: NodeReader = (hash) => {
    this.nodes++;
    for (let index = this.recent.length - 1; index >= 0; index--) {
      const found = (this.recent[index] as MemoryNodeSource).node(hash);
      if (found !== undefined) return found;
    }
    return this.source.node(hash);
  };

  /** The trie with this root, sharing the nodes that are in memory. */
  openTrie(root: Hash32): Trie {
    if (bytesEqual(root, emptyTrieRoot)) return new Trie(this.readNode);
    this.letGo();
    const key = bytesToMapKey(root);
    const node = this.roots.get(key);
    if (node === undefined) return new Trie(this.readNode, root);
    return new Trie(this.readNode, node);
  }

  /** Lets all decoded nodes go when more were read or made than the bound allows; who uses a trie keeps what it has. */
  private letGo(): void {
    if (this.nodes <= this.maxNodes) return;
    this.roots.clear();
    this.nodes = 0;
  }

  /** Keeps the nodes of a committed trie in memory under its root, within the bound. */
  keepTrie(root: Hash32, trie: Trie, addedNodes: number): void {
    const node = trie.rootNode;
    if (node === undefined) return;
    this.nodes += addedNodes;
    this.letGo();
    const key = bytesToMapKey(root);
    this.roots.delete(key);
    this.roots.set(key, node);
    if (this.roots.size > 4096) {
      const oldest = this.roots.keys().next().value;
      if (oldest !== undefined) this.roots.delete(oldest);
    }
  }

  /** The code with this hash, or `undefined` when it is not at hand. */
  code(hash: Hash32): Uint8Array | undefined {
    if (bytesEqual(hash, emptyCodeHash)) return noCode;
    const key = bytesToMapKey(hash);
    let code = this.codes.get(key);
    if (code === undefined) {
      for (let index = this.recent.length - 1; index >= 0 && code === undefined; index--) {
        code = (this.recent[index] as MemoryNodeSource).code(hash);
      }
      code ??= this.source.code(hash);
      if (code === undefined) return undefined;
      if (this.codes.size >= maxCodes) this.codes.clear();
      this.codes.set(key, code);
    }
    return code;
  }

  /** The address or slot with this Keccak-256, if it was recorded. */
  preimage(hash: Hash32): Uint8Array | undefined {
    for (let index = this.recent.length - 1; index >= 0; index--) {
      const found = (this.recent[index] as MemoryNodeSource).preimage?.(hash);
      if (found !== undefined) return found;
    }
    return this.source.preimage?.(hash);
  }

  /**
   * Serves the results of a transition from memory until eight more have come. Transitions do it themselves; do it for
   * operations that come from elsewhere and are not in the store yet (the genesis).
   */
  add(operations: readonly StoreOperation[]): void {
    if (operations.length === 0) return;
    const memory = createMemoryNodeSource();
    memory.apply(operations);
    this.recent.push(memory);
    if (this.recent.length > recentCommits) this.recent.shift();
  }

  /** keccak(address), remembered. */
  hashAddress(address: Address): Hash32 {
    const key = bytesToMapKey(address);
    let hash = this.addressHashes.get(key);
    if (hash === undefined) {
      hash = keccak256(address);
      if (this.addressHashes.size >= maxHashes) this.addressHashes.clear();
      this.addressHashes.set(key, hash);
    }
    return hash;
  }

  /** keccak(slot as 32 bytes), remembered. */
  hashSlot(slot: bigint): Hash32 {
    let hash = this.slotHashes.get(slot);
    if (hash === undefined) {
      hash = keccak256(bigintToFixedBytes(slot, 32));
      if (this.slotHashes.size >= maxHashes) this.slotHashes.clear();
      this.slotHashes.set(slot, hash);
    }
    return hash;
  }
}

const noCode = new Uint8Array(0);

export function createStateDatabase(source: NodeSource, options?: StateDatabaseOptions): StateDatabase {
  return new StateDatabase(source, options);
}
