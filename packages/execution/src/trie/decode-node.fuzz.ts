import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { keccak256 } from '@isoquorum/primitives/keccak';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeNode } from './decode-node.ts';
import { encodeNode } from './hash-node.ts';
import { UNLOADED } from './node.ts';
import { Trie } from './trie.ts';

const runs = Number(process.env['FUZZ_RUNS'] ?? 2000);

/** Encodings of real nodes, to be damaged. */
function realNodes(): Uint8Array[] {
  const nodes: Uint8Array[] = [];
  const trie = new Trie();
  for (let index = 0; index < 60; index++)
    trie.put(keccak256(Uint8Array.of(index)).subarray(0, 3), new Uint8Array(1 + (index % 40)).fill(index + 1));
  trie.commit((_, encoded) => nodes.push(encoded));
  return nodes;
}

function decodeOrRefuse(bytes: Uint8Array): void {
  try {
    const node = decodeNode(bytes, keccak256(bytes));
    if (node.kind !== UNLOADED) expect(encodeNode(node).length).toBeGreaterThan(0);
  } catch (error) {
    if (!isIsoquorumError(error, 'TRIE_NODE_INVALID')) throw error;
  }
}

describe('decodeNode on bad bytes', () => {
  it('refuses any bytes with its own error', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), decodeOrRefuse), { numRuns: runs });
  });

  it('refuses damaged nodes with its own error', () => {
    const nodes = realNodes();
    const damage = fc.record({
      node: fc.nat(nodes.length - 1),
      place: fc.nat(600),
      byte: fc.nat(255),
      cut: fc.nat(600),
    });
    fc.assert(
      fc.property(damage, ({ node, place, byte, cut }) => {
        const bytes = (nodes[node] as Uint8Array).slice(0, cut === 0 ? undefined : cut + 1);
        if (place < bytes.length) bytes[place] = byte;
        decodeOrRefuse(bytes);
      }),
      { numRuns: runs },
    );
  });
});
