import { beforeEach, describe, expect, test } from 'vitest';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { createVirtualClock } from '@isoquorum/platform/memory/clock';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import type { Store } from '@isoquorum/platform/store';
import { createPeerEnclave } from '../testing/enclave-suite.ts';
import { PartyDirectory, type PartyAlarm } from './directory.ts';
import { isStatementProven, proveStatement } from './proof.ts';
import { createEd25519Signer, createNodeKeySigner, signingKeyToPeerId, type StatementSigner } from './signer.ts';
import { decodeStatement, encodeStatement, type PartyStatement, signStatement } from './statement.ts';

const genesisHash = new Uint8Array(32).fill(1);
const url = 'http://127.0.0.1:9001/';
const other = 'http://127.0.0.1:9002/';
const alice = createPeerEnclave(1);
const bob = createPeerEnclave(2);
const pageSigner = createEd25519Signer(new Uint8Array(32).fill(3));
const nodeSigner = createNodeKeySigner(new Uint8Array(32).fill(4));

function make(signer: StatementSigner, changes: Partial<PartyStatement> = {}): Promise<PartyStatement> {
  return signStatement(
    {
      genesisHash,
      enclaveKey: alice.key,
      role: 'page',
      homes: [url],
      sequence: 1,
      validFromMs: 5,
      revokes: [],
      ...changes,
    },
    signer,
  );
}

describe('statements', () => {
  test.each([
    ['Ed25519', pageSigner],
    ['secp256k1', nodeSigner],
  ])('%s: come back from their bytes, signature checked', async (_name, signer) => {
    const statement = await make(signer, { revokes: [bob.key], homes: [url, other] });
    const bytes = encodeStatement(statement);
    expect(decodeStatement(bytes)).toEqual(statement);
    expect(encodeStatement(await make(signer, { revokes: [bob.key], homes: [url, other] }))).toEqual(bytes);
    expect(signingKeyToPeerId(signer)).toMatch(/^(12D3Koo|16Uiu2)/);
  });

  test('every byte counts: any change is refused', async () => {
    const bytes = encodeStatement(await make(pageSigner));
    for (let at = 0; at < bytes.length; at++) {
      const altered = bytes.slice();
      altered[at] = (altered[at] as number) ^ 1;
      expect(() => decodeStatement(altered)).toThrow(IsoquorumError);
    }
  });

  test('a signature for one chain does not count on another', async () => {
    const statement = await make(pageSigner);
    const moved = { ...statement, genesisHash: new Uint8Array(32).fill(9) };
    expect(() => decodeStatement(encodeStatement(moved))).toThrow(
      expect.objectContaining({ code: 'STATEMENT_SIGNATURE_INVALID' }),
    );
  });

  test('what is malformed is not signed', async () => {
    for (const changes of [
      { homes: [] },
      { homes: [url, other, url] },
      { homes: ['http://a'] },
      { enclaveKey: new Uint8Array(31) },
      { revokes: [alice.key] },
    ]) {
      await expect(make(pageSigner, changes)).rejects.toMatchObject({ code: 'STATEMENT_INVALID' });
    }
  });

  test('possession: proven to its verifier, for this very statement', async () => {
    const statement = await make(pageSigner);
    const proof = await proveStatement(alice.enclave, statement, bob.key);
    expect(await isStatementProven(bob.enclave, statement, bob.key, proof)).toBe(true);
    expect(await isStatementProven(bob.enclave, await make(nodeSigner), bob.key, proof)).toBe(false);
    expect(await isStatementProven(bob.enclave, await make(pageSigner, { homes: [other] }), bob.key, proof)).toBe(
      false,
    );
    expect(await isStatementProven(bob.enclave, statement, bob.key, new Uint8Array(0))).toBe(false);
  });
});

describe('the directory', () => {
  let store: Store;
  let alarms: PartyAlarm[];
  let directory: PartyDirectory;
  const open = (): Promise<PartyDirectory> =>
    PartyDirectory.open({ store, clock: createVirtualClock(1), genesisHash, onAlarm: (alarm) => alarms.push(alarm) });
  beforeEach(async () => {
    store = createMemoryStore();
    alarms = [];
    directory = await open();
  });
  const place = (): readonly string[] => directory.resolve(alice.key).urls;

  test('unknown keys, and first use of an unsigned one', async () => {
    expect(() => directory.resolve(alice.key)).toThrow(expect.objectContaining({ code: 'RECIPIENT_UNKNOWN' }));
    await directory.observe(url, [alice.key]);
    expect(directory.resolve(alice.key)).toMatchObject({ urls: [url], source: 'unsigned', isProven: false });
  });

  test('a second URL does not take a key over, until the first is gone', async () => {
    await directory.observe(url, [alice.key]);
    await directory.observe(other, [alice.key]);
    expect(place()).toEqual([url]);
    expect(alarms.map(({ type }) => type)).toEqual(['urlConflict']);
    directory.markOffline(url);
    await directory.observe(other, [alice.key]);
    expect(place()).toEqual([other]);
    await directory.observe(other, []);
    expect(directory.get(alice.key)).toBeUndefined();
  });

  test('a statement wins over unsigned entries; an unproven one may not move a key', async () => {
    await directory.observe(url, [alice.key]);
    expect(await directory.admit(await make(pageSigner, { homes: [other] }), false)).toBe('conflict');
    expect(place()).toEqual([url]);
    expect(await directory.admit(await make(pageSigner, { homes: [other] }), true)).toBe('new');
    expect(place()).toEqual([other]);
    await directory.observe(url, [alice.key]);
    expect(place()).toEqual([other]);
  });

  test('sequence numbers: later wins, earlier is stale, two of one number are an alarm', async () => {
    await directory.admit(await make(pageSigner, { sequence: 2 }), true);
    expect(await directory.admit(await make(pageSigner, { sequence: 1, homes: [other] }), true)).toBe('stale');
    expect(await directory.admit(await make(pageSigner, { sequence: 2, homes: [other] }), true)).toBe('conflict');
    expect(alarms.map(({ type }) => type)).toEqual(['equivocation']);
    expect(place()).toEqual([url]);
    expect(await directory.admit(await make(pageSigner, { sequence: 3, homes: [other] }), false)).toBe('new');
    expect(directory.resolve(alice.key)).toMatchObject({ urls: [other], isProven: true });
  });

  test('two signers with equal right: alarm, and no send until one is pinned', async () => {
    await directory.admit(await make(pageSigner), true);
    expect(await directory.admit(await make(nodeSigner, { homes: [other] }), true)).toBe('conflict');
    expect(() => directory.resolve(alice.key)).toThrow(expect.objectContaining({ code: 'PARTY_CONFLICT' }));
    directory = await open();
    expect(() => directory.resolve(alice.key)).toThrow(expect.objectContaining({ code: 'PARTY_CONFLICT' }));
    await directory.pin(await make(pageSigner));
    expect(place()).toEqual([url]);
    expect(await directory.admit(await make(nodeSigner, { sequence: 9, homes: [other] }), true)).toBe('conflict');
    expect(place()).toEqual([url]);
  });

  test('a proven signer displaces an unproven one, never the other way round', async () => {
    await directory.admit(await make(nodeSigner), false);
    expect(await directory.admit(await make(pageSigner, { homes: [other] }), true)).toBe('new');
    expect(await directory.admit(await make(nodeSigner, { sequence: 5 }), false)).toBe('conflict');
    expect(place()).toEqual([other]);
  });

  test('a revoked key gets nothing more; only its own signer can revoke it', async () => {
    await directory.admit(await make(pageSigner), true);
    await directory.admit(await make(nodeSigner, { enclaveKey: bob.key, revokes: [alice.key] }), true);
    expect(place()).toEqual([url]);
    await directory
      .admit(await make(pageSigner, { enclaveKey: bob.key, revokes: [alice.key], homes: [other] }), true)
      .catch(() => {});
    const third = createPeerEnclave(9);
    await directory.admit(await make(pageSigner, { enclaveKey: third.key, revokes: [alice.key] }), true);
    expect(() => directory.resolve(alice.key)).toThrow(/revoked/);
    expect(directory.resolve(third.key).urls).toEqual([url]);
  });

  test('another chain is refused; everything survives a restart', async () => {
    const foreign = await signStatement(
      {
        genesisHash: new Uint8Array(32),
        enclaveKey: alice.key,
        role: 'page',
        homes: [url],
        sequence: 1,
        validFromMs: 5,
        revokes: [],
      },
      pageSigner,
    );
    await expect(directory.admit(foreign, true)).rejects.toMatchObject({ code: 'STATEMENT_GENESIS_MISMATCH' });
    await directory.admit(await make(pageSigner), true);
    await directory.observe(other, [bob.key]);
    const before = directory.entries();
    directory = await open();
    expect(directory.entries()).toEqual(expect.arrayContaining([...before]));
    expect(directory.entries()).toHaveLength(2);
  });
});
