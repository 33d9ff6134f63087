import { bytesToHex } from '@isoquorum/primitives/hex';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { decodeRlpList } from '@isoquorum/primitives/rlp';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { naiveRoot } from '../testing/naive-trie.ts';
import { iterateTrie } from './iterate.ts';
import { listRoot } from './list-root.ts';
import { createProof, verifyProof } from './proof.ts';
import { Trie } from './trie.ts';

class Nodes {
  readonly map = new Map<string, Uint8Array>();
  readonly sink = (hash: Uint8Array, encoded: Uint8Array): void => {
    this.map.set(bytesToHex(hash), encoded);
  };
  readonly read = (hash: Uint8Array): Uint8Array | undefined => this.map.get(bytesToHex(hash));
}

/** Whether a node's RLP has a list among its items. */
function hasEmbedded(encoded: Uint8Array): boolean {
  return decodeRlpList(encoded).some((item) => !(item instanceof Uint8Array));
}

/** Short keys of two bytes that share prefixes, and values from one byte to more than a hash. */
const key = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 255 }))
  .map(([a, b]) => Uint8Array.of(a * 17, b));
const value = fc.uint8Array({ minLength: 1, maxLength: 40 });
const change = fc.tuple(key, fc.option(value, { nil: undefined, freq: 3 }));

describe('trie', () => {
  it('is the empty root when nothing is in it', () => {
    const trie = new Trie();
    expect(trie.commit(() => {})).toEqual(emptyTrieRoot);
    trie.put(utf8ToBytes('a'), utf8ToBytes('b'));
    trie.delete(utf8ToBytes('a'));
    trie.delete(utf8ToBytes('b'));
    expect(trie.commit(() => {})).toEqual(emptyTrieRoot);
  });

  it('has the root of the definition after any changes, through commits and new readers', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(change, { maxLength: 30 }), { maxLength: 6 }),
        fc.boolean(),
        (rounds, isReopened) => {
          const nodes = new Nodes();
          const model = new Map<string, readonly [Uint8Array, Uint8Array]>();
          let trie = new Trie(nodes.read);
          for (const round of rounds) {
            for (const [at, to] of round) {
              if (to === undefined) {
                trie.delete(at);
                model.delete(bytesToHex(at));
              } else {
                trie.put(at, to);
                model.set(bytesToHex(at), [at, to]);
              }
              expect(trie.get(at)).toEqual(to);
            }
            const root = trie.commit(nodes.sink);
            expect(bytesToHex(root)).toBe(bytesToHex(naiveRoot(model.values())));
            if (isReopened) trie = new Trie(nodes.read, root);
          }
          const root = trie.commit(nodes.sink);
          const textOf = ([at, to]: readonly [Uint8Array, Uint8Array]): string => `${bytesToHex(at)} ${bytesToHex(to)}`;
          const leaves = [...iterateTrie(nodes.read, root)].map(textOf);
          const texts: string[] = [...model.values()].map(textOf);
          expect(leaves).toEqual(texts.sort());
        },
      ),
      { numRuns: 150 },
    );
  });

  it('leaves what another trie shares as it was', () => {
    const nodes = new Nodes();
    const first = new Trie(nodes.read);
    for (let index = 0; index < 300; index++)
      first.put(keccak256(Uint8Array.of(index, index >> 8)), Uint8Array.of(index & 255, 1));
    const root = first.commit(nodes.sink);
    const second = new Trie(nodes.read, first.rootNode);
    for (let index = 0; index < 300; index += 3) second.delete(keccak256(Uint8Array.of(index, index >> 8)));
    for (let index = 1; index < 300; index += 3)
      second.put(keccak256(Uint8Array.of(index, index >> 8)), Uint8Array.of(9, 9));
    expect(second.commit(nodes.sink)).not.toEqual(root);
    for (let index = 0; index < 300; index++) {
      expect(first.get(keccak256(Uint8Array.of(index, index >> 8)))).toEqual(Uint8Array.of(index & 255, 1));
    }
    expect(first.commit(nodes.sink)).toEqual(root);
  });

  it('embeds nodes shorter than 32 bytes deep down: 60,000 small slots of a contract', () => {
    // A leaf is embedded below a branch at depth eight: among these slots the hashes of 256,199 and 292,616 share eight nibbles.
    const first = 240_000;
    const nodes = new Nodes();
    let trie = new Trie(nodes.read);
    const entries: (readonly [Uint8Array, Uint8Array])[] = [];
    let embedded = 0;
    for (let slot = 0; slot < 60_000; slot++) {
      const at = keccak256(bigintToFixedBytes(BigInt(first + slot), 32));
      entries.push([at, Uint8Array.of(1 + (slot % 100))]);
      trie.put(at, Uint8Array.of(1 + (slot % 100)));
      if (slot % 20_000 === 19_999) trie = new Trie(nodes.read, trie.commit(nodes.sink));
    }
    const root = trie.commit(nodes.sink);
    expect(bytesToHex(root)).toBe(bytesToHex(naiveRoot(entries)));
    for (const encoded of nodes.map.values()) if (hasEmbedded(encoded)) embedded++;
    expect(embedded).toBeGreaterThan(0);
    const again = new Trie(nodes.read, root);
    for (const [at, to] of entries) expect(again.get(at)).toEqual(to);
    for (const [at] of entries.slice(1)) again.delete(at);
    expect(bytesToHex(again.commit(nodes.sink))).toBe(bytesToHex(naiveRoot(entries.slice(0, 1))));
  });

  it('embeds nodes shorter than 32 bytes: 20,000 small values under hashed keys', () => {
    const trie = new Trie();
    const entries: (readonly [Uint8Array, Uint8Array])[] = [];
    for (let index = 0; index < 20_000; index++) {
      const at = keccak256(Uint8Array.of(index & 255, index >> 8)).subarray(0, 4);
      entries.push([at, Uint8Array.of(1)]);
      trie.put(at, Uint8Array.of(1));
    }
    const distinct = new Map(entries.map((entry) => [bytesToHex(entry[0]), entry]));
    expect(bytesToHex(trie.commit(() => {}))).toBe(bytesToHex(naiveRoot(distinct.values())));
  });

  it('says which node is missing, and where', () => {
    const nodes = new Nodes();
    const trie = new Trie(nodes.read);
    for (let index = 0; index < 100; index++)
      trie.put(keccak256(Uint8Array.of(index)), new Uint8Array(40).fill(index + 1));
    const root = trie.commit(nodes.sink);
    const at = keccak256(Uint8Array.of(5));
    const { nodes: proof } = createProof(nodes.read, root, at);
    const last = keccak256(proof.at(-1)!);
    nodes.map.delete(bytesToHex(last));
    const path = bytesToHex(at).slice(2, 2 + proof.length - 1);
    const missing = expect.objectContaining({ code: 'TRIE_NODE_MISSING', fields: { hash: bytesToHex(last), path } });
    expect(() => new Trie(nodes.read, root).get(at)).toThrow(missing);
    expect(() => new Trie(nodes.read, root).put(at, Uint8Array.of(1))).toThrow(missing);
    expect(() => new Trie(nodes.read, root).delete(at)).toThrow(missing);
    expect(createProof(nodes.read, root, at).missing).toEqual(last);
  });

  it('proves presence and absence, and refuses changed proofs', () => {
    const nodes = new Nodes();
    const trie = new Trie(nodes.read);
    for (let index = 0; index < 100; index++)
      trie.put(keccak256(Uint8Array.of(index)), new Uint8Array(40).fill(index + 1));
    const root = trie.commit(nodes.sink);
    for (const index of [0, 42, 99, 120, 200]) {
      const at = keccak256(Uint8Array.of(index));
      const proof = createProof(nodes.read, root, at).nodes;
      expect(verifyProof(root, at, proof)).toEqual(index < 100 ? new Uint8Array(40).fill(index + 1) : undefined);
      expect(() => verifyProof(root, at, proof.slice(0, -1))).toThrow(
        expect.objectContaining({ code: 'TRIE_NODE_INVALID' }),
      );
      const changed = proof.map((node, place) =>
        place === proof.length - 1 ? node.map((byte, offset) => (offset === 4 ? byte ^ 1 : byte)) : node,
      );
      expect(() => verifyProof(root, at, changed)).toThrow(expect.objectContaining({ code: 'TRIE_NODE_INVALID' }));
    }
  });

  it('iterates from a key on', () => {
    const nodes = new Nodes();
    const trie = new Trie(nodes.read);
    const keys = Array.from({ length: 50 }, (_, index) => bytesToHex(keccak256(Uint8Array.of(index)))).sort();
    for (let index = 0; index < 50; index++) trie.put(keccak256(Uint8Array.of(index)), Uint8Array.of(1));
    const root = trie.commit(nodes.sink);
    const start = keccak256(Uint8Array.of(7));
    const found = [...iterateTrie(nodes.read, root, start)].map(([at]) => bytesToHex(at));
    expect(found).toEqual(keys.filter((at) => at >= bytesToHex(start)));
  });

  it('makes the root of a list of more than 128 items', () => {
    const items = Array.from({ length: 300 }, (_, index) => new Uint8Array(50).fill(index & 255));
    const indexKey = (index: number): Uint8Array =>
      index === 0
        ? Uint8Array.of(0x80)
        : index < 128
          ? Uint8Array.of(index)
          : index < 256
            ? Uint8Array.of(0x81, index)
            : Uint8Array.of(0x82, index >> 8, index & 255);
    expect(bytesToHex(listRoot(items))).toBe(
      bytesToHex(naiveRoot(items.map((item, index) => [indexKey(index), item] as const))),
    );
    expect(listRoot([])).toEqual(emptyTrieRoot);
    for (const count of [1, 2, 15, 16, 17, 18, 126, 127, 128, 129, 130, 255, 256, 257, 700]) {
      const some = Array.from({ length: count }, (_, index) => new Uint8Array(1 + (index % 70)).fill(index));
      const entries = some.map((item, index) => [indexKey(index), item] as const);
      expect(bytesToHex(listRoot(some)), `${count} items`).toBe(bytesToHex(naiveRoot(entries)));
    }
    const large = Array.from({ length: 3 }, (_, index) => new Uint8Array(40_000).fill(index + 1));
    expect(bytesToHex(listRoot(large))).toBe(
      bytesToHex(naiveRoot(large.map((item, index) => [indexKey(index), item] as const))),
    );
  });
});
