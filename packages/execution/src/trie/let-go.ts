import type { Hash32 } from '@isoquorum/primitives/bytes';
import { BRANCH, type BranchNode, LEAF, type LoadedNode, type TrieNode, UNLOADED } from './node.ts';

/** Where in a branch's RLP each child's hash begins; 0 for a place that is empty or holds an embedded node. */
function hashOffsets(raw: Uint8Array, offsets: Uint16Array): void {
  const first = raw[0] as number;
  let offset = first < 0xf8 ? 1 : first - 0xf6;
  for (let index = 0; index < 16; index++) {
    const head = raw[offset] as number;
    offsets[index] = head === 0xa0 ? offset + 1 : 0;
    offset += head === 0xa0 ? 33 : head === 0x80 ? 1 : head - 0xc0 + 1;
  }
}

function isHashed(node: TrieNode): node is LoadedNode {
  return node.kind !== UNLOADED && node.reference?.length === 32;
}

/** Told the hash and the RLP of each branch that goes. */
export type LetGoSink = (hash: Hash32, encoded: Uint8Array) => void;

const offsets = new Uint16Array(16);

/** Tells of the branches from a node down that is going, and all below it; once in a walk, however many versions of a trie share them. */
function tellGoing(node: TrieNode, walk: number, sink: LetGoSink): void {
  if (node.kind !== BRANCH || node.walk === walk) return;
  node.walk = walk;
  if (isHashed(node)) sink(node.reference as Hash32, node.raw);
  for (const child of node.children) if (typeof child === 'object') tellGoing(child, walk, sink);
}

function letGoChildren(branch: BranchNode, before: number, walk: number, sink: LetGoSink): void {
  const { children } = branch;
  let isKnown = false;
  for (let index = 0; index < 16; index++) {
    const child = children[index];
    if (typeof child !== 'object' || !isHashed(child) || child.epoch >= before) continue;
    if (!isKnown) hashOffsets(branch.raw, offsets);
    isKnown = true;
    tellGoing(child, walk, sink);
    children[index] = offsets[index] as number;
  }
}

/**
 * Lets hashed nodes below one go that were used last before an epoch: their parents keep the hashes and load them again
 * when needed. A parent is used at least as late as its children, so whole subtrees go at once. Unhashed nodes stay.
 * @param walk from `beginWalk`: nodes that several roots share are looked at once
 * @returns how many nodes stay, the one given included, without those that were counted in this walk before
 */
export function letGoBelow(node: TrieNode, before: number, walk: number, sink: LetGoSink): number {
  if (node.kind === UNLOADED || node.walk === walk) return 0;
  node.walk = walk;
  if (node.kind === LEAF) return 1;
  let stay = 1;
  if (node.kind === BRANCH) {
    if (node.reference !== undefined) letGoChildren(node, before, walk, sink);
    for (const child of node.children) if (typeof child === 'object') stay += letGoBelow(child, before, walk, sink);
  } else if (isHashed(node.child) && node.child.epoch < before) {
    tellGoing(node.child, walk, sink);
    node.child = { kind: UNLOADED, reference: node.child.reference as Uint8Array };
  } else stay += letGoBelow(node.child, before, walk, sink);
  return stay;
}
