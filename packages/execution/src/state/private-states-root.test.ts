import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { encodeRlp } from '@isoquorum/primitives/rlp';
import { concatBytes } from '@isoquorum/primitives/hex';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import { expect, it } from 'vitest';
import { naiveRoot } from '../testing/naive-trie.ts';
import { privateStatesRoot } from './private-states-root.ts';

const rootOf = (index: number): Uint8Array => keccak256(Uint8Array.of(index));

it('of one private state is the hash of a leaf with the bare root', () => {
  const path = concatBytes(Uint8Array.of(0x20), keccak256(utf8ToBytes('empty')));
  expect(privateStatesRoot([['empty', emptyTrieRoot]])).toEqual(keccak256(encodeRlp([path, emptyTrieRoot])));
});

it('of many is that of the trie by definition, in whatever order they come', () => {
  expect(privateStatesRoot([])).toEqual(emptyTrieRoot);
  const names = [
    'empty',
    'private',
    'PSA',
    'PSB',
    'Grüße',
    ...Array.from({ length: 40 }, (_, index) => `group ${index}`),
  ];
  const entries = names.map((psi, index) => [psi, rootOf(index)] as const);
  const byDefinition = naiveRoot(entries.map(([psi, root]) => [keccak256(utf8ToBytes(psi)), root]));
  expect(privateStatesRoot(entries)).toEqual(byDefinition);
  expect(privateStatesRoot(entries.toReversed())).toEqual(byDefinition);
});
