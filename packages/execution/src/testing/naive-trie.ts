import { keccak256 } from '@isoquorum/primitives/keccak';
import { encodeRlp, type RlpItem } from '@isoquorum/primitives/rlp';
import { keyToNibbles } from '../trie/trie.ts';

type Entry = readonly [nibbles: readonly number[], value: Uint8Array];

function hexPrefix(nibbles: readonly number[], isLeaf: boolean): Uint8Array {
  const isOdd = nibbles.length % 2 === 1;
  const flagged = [(isLeaf ? 2 : 0) + (isOdd ? 1 : 0), ...(isOdd ? [] : [0]), ...nibbles];
  return Uint8Array.from(
    { length: flagged.length / 2 },
    (_, index) => flagged[2 * index]! * 16 + flagged[2 * index + 1]!,
  );
}

function structure(entries: readonly Entry[], depth: number): RlpItem {
  const [first] = entries;
  if (first === undefined) return new Uint8Array(0);
  if (entries.length === 1) return [hexPrefix(first[0].slice(depth), true), first[1]];
  let common = depth;
  while (entries.every(([nibbles]) => nibbles.length > common && nibbles[common] === first[0][common])) common++;
  if (common > depth) return [hexPrefix(first[0].slice(depth, common), false), reference(structure(entries, common))];
  const children = Array.from({ length: 16 }, (_, nibble) =>
    reference(
      structure(
        entries.filter(([nibbles]) => nibbles[depth] === nibble),
        depth + 1,
      ),
    ),
  );
  return [...children, entries.find(([nibbles]) => nibbles.length === depth)?.[1] ?? new Uint8Array(0)];
}

function reference(item: RlpItem): RlpItem {
  const encoded = encodeRlp(item);
  return encoded.length < 32 || item instanceof Uint8Array ? item : keccak256(encoded);
}

/** Root of a trie, computed anew from all its entries straight from the definition in the yellow paper: for comparison. */
export function naiveRoot(entries: Iterable<readonly [key: Uint8Array, value: Uint8Array]>): Uint8Array {
  return keccak256(
    encodeRlp(
      structure(
        [...entries].map(([key, value]) => [[...keyToNibbles(key)], value] as const),
        0,
      ),
    ),
  );
}
