import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { createGenesisHeader, type Genesis, parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { emptyTrieRoot, type Header, headerHash } from '@isoquorum/primitives/header';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { describe, expect, test } from 'vitest';
import { verifyBftHeader } from '../header.ts';
import type { Profile } from '../profile.ts';
import { lastRaftSnapshot } from '../snapshot.ts';
import { createFakeSigner, recoverFake } from '../testing/fake-signatures.ts';
import { createTestBlock } from '../testing/test-chain.ts';
import { decodeRaftExtra, encodeRaftExtra, raftMinter, sealRaftHeader, verifyRaftHeader } from './header.ts';

const minter = new Uint8Array(20).fill(0x11);
const nanoseconds = 1_700_000_000_000_000_000n;

function genesisOf(transitions: readonly unknown[] = []): Genesis {
  return parseGenesis({
    config: { chainId: 1337, isQuorum: true, transitions },
    gasLimit: '0x2faf0800',
    difficulty: '0x0',
    alloc: {},
  });
}

function mint(parent: Header, change: Partial<Header> = {}): Header {
  const header = {
    ...parent,
    parentHash: headerHash(parent),
    number: parent.number + 1,
    timestamp: nanoseconds + BigInt(parent.number),
    ...change,
  };
  return sealRaftHeader(header, 10, createFakeSigner(minter));
}

function verdict(header: Header, parent: Header, profile: Profile): string {
  try {
    verifyRaftHeader(header, parent, { profile, config: genesisOf().config, recover: recoverFake });
    return 'valid';
  } catch (error) {
    if (!isIsoquorumError(error)) throw error;
    return error.code;
  }
}

describe('Raft headers', () => {
  const genesis = createGenesisHeader(genesisOf(), emptyTrieRoot);
  const parent = mint(genesis);

  test('name their minter: the id as hexadecimal text, and a seal over the header without what came later', () => {
    expect(bytesToHex(parent.extraData.subarray(32, 36))).toBe('0xf84461b8');
    expect(decodeRaftExtra(parent).raftId).toBe(10);
    expect(raftMinter(parent, recoverFake)).toEqual(minter);
    expect(raftMinter({ ...parent, receiptsRoot: new Uint8Array(32) }, recoverFake)).toEqual(minter);
    expect(raftMinter({ ...parent, stateRoot: new Uint8Array(32) }, recoverFake)).toBeUndefined();
  });

  test.each<[string, Partial<Header>, string]>([
    ['in order', {}, 'valid'],
    ['of the same time as the parent, as blocks of one second are', { timestamp: parent.timestamp }, 'valid'],
    ['earlier than the parent', { timestamp: parent.timestamp - 1n }, 'TIMESTAMP_INVALID'],
    ['with uncles', { uncleHash: new Uint8Array(32) }, 'UNCLES_NOT_EMPTY'],
    ['with a doubled gas limit', { gasLimit: parent.gasLimit * 2n }, 'GAS_LIMIT_OUT_OF_BOUNDS'],
  ])('%s: strict rules look, the original does not', (_name, change, expected) => {
    const header = mint(parent, { timestamp: parent.timestamp + 1n, ...change });
    expect(verdict(header, parent, 'strict')).toBe(expected);
    expect(verdict(header, parent, 'goquorum')).toBe('valid');
  });

  test('without a seal, or not after the parent', () => {
    const bare = { ...mint(parent), extraData: new Uint8Array(32) };
    expect(verdict(bare, parent, 'strict')).toBe('RAFT_SEAL_INVALID');
    expect(verdict(mint(genesis), parent, 'goquorum')).toBe('UNKNOWN_PARENT');
    for (const raftId of [0, 0x1_0000])
      expect(() =>
        decodeRaftExtra({ ...parent, extraData: encodeRaftExtra({ raftId, seal: new Uint8Array(65) }) }),
      ).toThrow();
  });

  test('give way to QBFT at a transition, whose validators decide at once and whose time is in seconds', () => {
    const letters = [1, 2, 3, 4].map((byte) => new Uint8Array(20).fill(byte));
    const { config } = genesisOf([{ block: 2, algorithm: 'qbft', validators: letters.map(bytesToHex) }]);
    const rules = { profile: 'strict', config, recover: recoverFake } as const;
    const snapshot = lastRaftSnapshot(parent, rules);
    expect(snapshot.validators).toEqual(letters);
    const first = createTestBlock({
      parent,
      validators: letters,
      config,
      author: letters[0] as Uint8Array,
      nowSeconds: nanoseconds / 1_000_000_000n + 5n,
      vote: undefined,
    });
    expect(first.header.timestamp).toBe(nanoseconds / 1_000_000_000n + 5n);
    const unsealed = { ...rules, nowSeconds: undefined, seals: 'unchecked' } as const;
    expect(() => verifyBftHeader(first.header, parent, letters, unsealed)).not.toThrow();
    const early = { ...first.header, timestamp: nanoseconds / 1_000_000_000n };
    expect(() => verifyBftHeader(early, parent, letters, unsealed)).toThrow('invalid timestamp');
    expect(() => genesisOf([{ block: 2, algorithm: 'qbft' }])).toThrow('must name validators');
  });
});
