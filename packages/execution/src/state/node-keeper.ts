import type { Hash32 } from '@isoquorum/primitives/bytes';
import { type LetGoSink, letGoBelow } from '../trie/let-go.ts';
import { beginWalk, type TrieNode, UNLOADED } from '../trie/node.ts';
import type { Trie, TrieClock } from '../trie/trie.ts';
import { bytesToMapKey } from './node-source.ts';

const maxRoots = 4096;
/** Roots that another one was made from stay findable as long as the nodes that are theirs alone are this part of the bound. */
const supersededPart = 10;

/**
 * Decoded nodes of recent roots in memory, within a bound: every commit begins an epoch, nodes carry the epoch of their
 * last use, and when there are too many, those used longest ago go until about half of the bound is left. What every block uses
 * (the upper levels, busy contracts) therefore stays. Of older versions of a trie only a few stay, for blocks beside the
 * newest: on a chain that only grows they would fill the bound.
 */
export class NodeKeeper implements TrieClock {
  epoch = 0;
  private readonly max: number;
  private readonly roots = new Map<string, TrieNode>();
  /** Roots that another one was made from, oldest first, with how many nodes took the place of theirs. */
  private readonly superseded = new Map<string, number>();
  private supersededNodes = 0;
  /** Nodes read or made since some were let go, and those that stayed then: never less than there are. */
  private nodes = 0;
  /** How many epochs without use a node stays when there are too many; follows what leaves half of the bound. */
  private span: number | undefined;

  private readonly sink: LetGoSink;

  /** @param sink told of branches that go; nobody unless given */
  constructor(max: number, sink: LetGoSink = () => undefined) {
    this.max = max;
    this.sink = sink;
  }

  /** Upper bound of the nodes in memory. */
  get size(): number {
    return this.nodes;
  }

  noteRead(): void {
    this.nodes++;
  }

  /** The root node, if it is in memory. */
  find(root: Hash32): TrieNode | undefined {
    this.letGo();
    return this.roots.get(bytesToMapKey(root));
  }

  /** Keeps the nodes of a committed trie under its root. @param before the root from which it was made */
  keep(root: Hash32, trie: Trie, addedNodes: number, before: Hash32): void {
    const node = trie.rootNode;
    if (node === undefined) return;
    this.nodes += addedNodes;
    const key = bytesToMapKey(root);
    this.revive(key);
    this.supersede(bytesToMapKey(before), key, addedNodes);
    this.roots.delete(key);
    this.roots.set(key, node);
    if (this.roots.size > maxRoots) {
      const oldest = this.roots.keys().next().value;
      if (oldest !== undefined) this.roots.delete(oldest);
    }
    this.letGo();
  }

  private revive(key: string): void {
    this.supersededNodes -= this.superseded.get(key) ?? 0;
    this.superseded.delete(key);
  }

  private supersede(before: string, by: string, nodes: number): void {
    if (before === by || !this.roots.has(before)) return;
    this.revive(before);
    this.superseded.set(before, nodes);
    this.supersededNodes += nodes;
    for (const [oldest, count] of this.superseded) {
      if (this.supersededNodes * supersededPart <= this.max) break;
      this.superseded.delete(oldest);
      this.supersededNodes -= count;
      this.roots.delete(oldest);
    }
  }

  /** Lets nodes go that were used last before an epoch; answers how many stay. */
  private letGoBefore(before: number): number {
    const walk = beginWalk();
    let stay = 0;
    for (const [key, root] of this.roots) {
      if (root.kind === UNLOADED || root.epoch < before) this.roots.delete(key);
      else stay += letGoBelow(root, before, walk, this.sink);
    }
    return stay;
  }

  private letGo(): void {
    if (this.nodes <= this.max) return;
    const wanted = this.max >> 1;
    let span = this.span ?? this.epoch >> 1;
    this.nodes = this.letGoBefore(this.epoch + 1 - span);
    while (this.nodes > this.max - (wanted >> 1) && span > 0) {
      span >>= 1;
      this.nodes = this.letGoBefore(this.epoch + 1 - span);
    }
    this.span = Math.max(1, Math.min(4 * span, Math.round((span * wanted) / Math.max(1, this.nodes))));
  }
}
