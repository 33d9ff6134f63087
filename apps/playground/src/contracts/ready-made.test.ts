import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseContractAbi } from '../abi/contract-abi.ts';
import { openContractBook } from '../state/contract-book.ts';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { READY_MADE } from './ready-made.ts';

const file = (name: string): string => readFileSync(new URL(`../../contracts/${name}.sol`, import.meta.url), 'utf8');

describe('ready-made contracts', () => {
  it.each(READY_MADE)('$id has readable source, an ABI and as many suggestions as arguments', (contract) => {
    expect(contract.source).toContain('SPDX-License-Identifier: Apache-2.0');
    expect(parseContractAbi(contract.abi).constructorInputs).toHaveLength(contract.suggestions.length);
    expect(contract.bytecode.length).toBeGreaterThan(100);
  });

  it('show the sources that are in the repository', () => {
    expect(READY_MADE.map(({ source }) => source)).toEqual(['SimpleStorage', 'Token', 'Reader'].map(file));
  });

  it('are recognised by their code, and notes of a person win', () => {
    const notes = new Map<string, string>();
    const book = openContractBook({
      getItem: (key) => notes.get(key) ?? null,
      setItem: (key, value) => void notes.set(key, value),
    });
    const [storage] = READY_MADE;
    const hash = bytesToHex(keccak256(hexToBytes(storage!.deployedBytecode)));
    expect(book.find('0x01', hash)?.name).toBe('Simple storage');
    expect(book.find('0x01', '0x00')).toBeUndefined();
    book.note('0x01', { name: 'Ledger', abiJson: [] });
    expect(book.find('0x01', hash)?.name).toBe('Ledger');
    expect(() => book.note('0x02', { name: 'x', abiJson: {} })).toThrow('The ABI is a JSON list.');
  });
});
