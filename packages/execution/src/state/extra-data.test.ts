import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { bareHexToBytes, bytesToBareHex } from '@isoquorum/primitives/hex';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import { describe, expect, it } from 'vitest';
import { addressOf } from '../testing/addresses.ts';
import { createTestDatabase, createTestState } from '../testing/states.ts';
import { decodeAccountExtraData, encodeAccountExtraData } from './extra-data.ts';
import { ExtraDataState, readExtraData } from './extra-data-state.ts';

/** A text as an encrypted payload hash: zeros before it. */
function hashOf(text: string): Uint8Array {
  const hash = new Uint8Array(64);
  const bytes = utf8ToBytes(text);
  hash.set(bytes, 64 - bytes.length);
  return hash;
}

const creationHash = hashOf('arbitrary-payload-hash');
const bare = bytesToBareHex(creationHash);

describe('account extra data (goquorum.md G6)', () => {
  it.each([
    [
      'flag and party',
      { metadata: { creationHash, privacyFlag: 1 }, managedParties: ['XYZ'] },
      `f848b840${bare}01c48358595a`,
    ],
    ['flag alone', { metadata: { creationHash, privacyFlag: 1 }, managedParties: [] }, `f844b840${bare}01c0`],
    ['nothing', { metadata: undefined, managedParties: [] }, 'c38080c0'],
  ])('%s', (_name, data, encoded) => {
    expect(bytesToBareHex(encodeAccountExtraData(data))).toBe(encoded);
    expect(decodeAccountExtraData(bareHexToBytes(encoded))).toEqual(data);
  });

  it('reads the older form of two fields, and leaves later ones alone', () => {
    const older = `f843b840${bytesToBareHex(hashOf('arbitrary-hash'))}03`;
    const metadata = { creationHash: hashOf('arbitrary-hash'), privacyFlag: 3 };
    expect(decodeAccountExtraData(bareHexToBytes(older))).toEqual({ metadata, managedParties: [] });
    const longer = `f845b840${bare}01c005`;
    expect(decodeAccountExtraData(bareHexToBytes(longer)).metadata).toEqual({ creationHash, privacyFlag: 1 });
  });

  it('reads a flag of 0 as no metadata', () => {
    const encoded = encodeAccountExtraData({ metadata: { creationHash, privacyFlag: 0 }, managedParties: [] });
    expect(decodeAccountExtraData(encoded).metadata).toBeUndefined();
  });
});

describe('extra data of a state', () => {
  const [one, two] = [addressOf(1), addressOf(2)];
  const flagged = (
    privacyFlag: number,
  ): { metadata: { creationHash: Uint8Array; privacyFlag: number }; managedParties: string[] } => ({
    metadata: { creationHash, privacyFlag },
    managedParties: [],
  });

  it('is undone with the state, kept by root, and gone with its account', () => {
    const database = createTestDatabase();
    const state = createTestState([{ address: one, nonce: 1n }]);
    const extra = new ExtraDataState(database, emptyTrieRoot, state);
    expect(extra.get(one)).toBeUndefined();
    extra.set(one, flagged(1));
    const snapshot = state.snapshot();
    extra.set(one, flagged(3));
    state.createAccount(two);
    extra.set(two, flagged(2));
    state.revertTo(snapshot);
    expect(extra.get(one)).toEqual(flagged(1));
    expect(extra.get(two)).toBeUndefined();
    const { root } = extra.commit([]);
    expect(readExtraData(database, root, one)).toEqual(flagged(1));
    expect(readExtraData(database, root, two)).toBeUndefined();

    const next = createTestState([{ address: one, nonce: 1n }]);
    const later = new ExtraDataState(database, root, next);
    expect(later.get(one)).toEqual(flagged(1));
    expect(later.commit([]).root).toEqual(root);
    const gone = new ExtraDataState(database, root, createTestState());
    expect(gone.get(one)).toBeUndefined();
    expect(gone.commit([one]).root).toEqual(emptyTrieRoot);
  });
});
