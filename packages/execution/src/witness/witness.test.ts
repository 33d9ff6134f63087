import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { describe, expect, it } from 'vitest';
import { createStateDatabase } from '../state/database.ts';
import { createMemoryNodeSource } from '../state/node-source.ts';
import { State } from '../state/state.ts';
import { createTrieReader } from '../state/trie-reader.ts';
import { TrieUpdater } from '../state/update-tries.ts';
import { addressOf } from '../testing/addresses.ts';
import { collectWitness, createWitnessSource, verifyWitness, type WitnessRequest } from './witness.ts';

function populated(): { database: ReturnType<typeof createStateDatabase>; root: Uint8Array } {
  const source = createMemoryNodeSource();
  const database = createStateDatabase(source);
  const state = new State(createTrieReader(database, emptyTrieRoot));
  for (let index = 1; index <= 200; index++) {
    state.setBalance(addressOf(index), BigInt(index));
    if (index % 50 !== 0) continue;
    state.setCode(addressOf(index), Uint8Array.of(0x60, index));
    for (let slot = 0n; slot < 40n; slot++) state.setStorage(addressOf(index), slot, slot + 1n);
  }
  state.finalise(true);
  const { root, operations } = new TrieUpdater(database, emptyTrieRoot).commit(state);
  source.apply(operations);
  return { database, root };
}

const requests: WitnessRequest[] = [
  { address: addressOf(50), slots: [3n, 77n] },
  { address: addressOf(7), slots: [] },
  { address: addressOf(9999), slots: [1n] },
];

describe('witness', () => {
  it('shows present and absent accounts and slots, and code', () => {
    const { database, root } = populated();
    const source = createWitnessSource();
    source.add(verifyWitness(root, requests, collectWitness(database, root, requests)));
    const reader = createTrieReader(createStateDatabase(source), root);
    const account = reader.account(addressOf(50))!;
    expect(account.balance).toBe(50n);
    expect(reader.storage(addressOf(50), account, 3n)).toBe(4n);
    expect(reader.storage(addressOf(50), account, 77n)).toBe(0n);
    expect(reader.code(addressOf(50), account.codeHash)).toEqual(Uint8Array.of(0x60, 50));
    expect(reader.account(addressOf(9999))).toBeUndefined();
  });

  it('names account and slot of what it does not show', () => {
    const { database, root } = populated();
    const source = createWitnessSource();
    source.add(collectWitness(database, root, [{ address: addressOf(50), slots: [] }]));
    const reader = createTrieReader(createStateDatabase(source), root);
    const account = reader.account(addressOf(50))!;
    expect(() => reader.storage(addressOf(50), account, 3n)).toThrow(
      expect.objectContaining({ code: 'STATE_MISSING', address: addressOf(50), slot: expect.any(Uint8Array), root }),
    );
  });

  it('refuses an answer with a changed or absent node, and drops what was not asked for', () => {
    const { database, root } = populated();
    const witness = collectWitness(database, root, requests);
    for (let index = 0; index < witness.nodes.length; index++) {
      const nodes = witness.nodes.map((node, at) =>
        at === index ? node.map((byte, place) => (place === 5 ? byte ^ 1 : byte)) : node,
      );
      expect(() => verifyWitness(root, requests, { ...witness, nodes })).toThrow(
        expect.objectContaining({ code: 'WITNESS_INCOMPLETE' }),
      );
    }
    expect(() => verifyWitness(root, requests, { ...witness, codes: [] })).toThrow(
      expect.objectContaining({ code: 'WITNESS_INCOMPLETE' }),
    );
    const stuffed = { nodes: [...witness.nodes, new Uint8Array(100)], codes: [...witness.codes, new Uint8Array(9)] };
    const checked = verifyWitness(root, requests, stuffed);
    expect(checked.nodes).toHaveLength(witness.nodes.length);
    expect(checked.codes).toHaveLength(1);
  });

  it('refuses requests that are too large', () => {
    const { database, root } = populated();
    expect(() => collectWitness(database, root, requests, { maxItems: 3 })).toThrow(
      expect.objectContaining({ code: 'WITNESS_TOO_LARGE' }),
    );
    expect(() => collectWitness(database, root, requests, { maxBytes: 200 })).toThrow(
      expect.objectContaining({ code: 'WITNESS_TOO_LARGE' }),
    );
  });
});
