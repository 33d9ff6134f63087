import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import { bareHexToBytes, bytesToBareHex, bytesToHex, concatBytes, hexToBytes } from '@isoquorum/primitives/hex';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import { describe, expect, it } from 'vitest';
import { readExtraData } from '../state/extra-data-state.ts';
import { createTrieReader } from '../state/trie-reader.ts';
import { addressOf } from '../testing/addresses.ts';
import { engines } from '../testing/engines.ts';
import { createSmallChain, testTransaction } from '../testing/small-chain.ts';
import { applyPrivate } from './apply-private.ts';
import { runAsync } from './steps.ts';
import { decodeSharedState, readStateSharedLog, stateSharedTopic } from './shared-state.ts';
import type { AppliedPrivate, ApplyPrivateInput, PayloadResolution, TransitionOutcome } from './types.ts';

const contract = hexToBytes('0x2222222222222222222222222222222222222222');
const stateHash = new Uint8Array(64).fill(5);
const uuid = new Uint8Array(64).fill(6);

function abiText(text: string): Uint8Array {
  const bytes = utf8ToBytes(text);
  const padded = new Uint8Array(Math.ceil(bytes.length / 32) * 32);
  padded.set(bytes);
  return concatBytes(bigintToFixedBytes(BigInt(bytes.length), 32), padded);
}

/** Data of StateShared(address, string, string). */
function sharedData(uuidText: string): Uint8Array {
  const first = abiText(bytesToBase64(stateHash));
  const word = (value: bigint): Uint8Array => bigintToFixedBytes(value, 32);
  const address = concatBytes(new Uint8Array(12), contract);
  return concatBytes(address, word(96n), word(BigInt(96 + first.length)), first, abiText(uuidText));
}

const log = (data: Uint8Array, topic = stateSharedTopic) => ({ address: addressOf(9), topics: [topic], data });

describe('logs of shared states (goquorum.md G15)', () => {
  it('are those of one topic, and name the contract, its state and who accepted', () => {
    expect(readStateSharedLog(log(sharedData(bytesToHex(uuid))))).toEqual({
      management: addressOf(9),
      contract,
      stateHash,
      uuid,
    });
    expect(readStateSharedLog(log(sharedData('')))?.uuid).toBeUndefined();
    const accepted = hexToBytes('0xf20540914db019dd7c8d05ed165316a58d1583642772ac46f3d0c29b8644bd36');
    expect(readStateSharedLog(log(sharedData(''), accepted))).toBeUndefined();
    expect(
      readStateSharedLog({ ...log(sharedData('')), topics: [stateSharedTopic, stateSharedTopic] }),
    ).toBeUndefined();
    expect(readStateSharedLog(log(sharedData('').slice(0, 150)))).toBeUndefined();
  });
});

const account = {
  balance: '22',
  nonce: 3,
  root: '56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421',
  codeHash: '87874902497a5bb968da31a2998d8f22e949d1ef6214bcdedd8bae24cca4b9e3',
  code: '03030303030303',
  storage: { '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421': '2a' },
};
const dump = (value: unknown): Uint8Array => utf8ToBytes(JSON.stringify(value));

describe('the state of a contract as geth dumps it (goquorum.md G15)', () => {
  it('is balance, nonce, code and storage', () => {
    expect(decodeSharedState(dump({ [bytesToHex(contract)]: { state: account } }), contract)).toEqual({
      balance: 22n,
      nonce: 3n,
      code: bareHexToBytes('03030303030303'),
      storage: [[BigInt('0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'), 42n]],
    });
  });

  it('is refused when it is of another or of more contracts, or no number stands where one has to', () => {
    const other = bytesToHex(addressOf(1));
    for (const value of [
      {},
      { [other]: { state: account } },
      { [bytesToHex(contract)]: { state: account }, [other]: { state: account } },
      { [bytesToHex(contract)]: { state: { ...account, balance: '0x16' } } },
      { [bytesToHex(contract)]: { state: { ...account, nonce: -1 } } },
      { [bytesToHex(contract)]: { state: { ...account, storage: { '0x2a': '2a' } } } },
    ]) {
      expect(() => decodeSharedState(dump(value), contract)).toThrow(
        expect.objectContaining({ code: 'SHARED_STATE_INVALID' }),
      );
    }
  });
});

/** Code that copies its call data into memory and logs it with one topic: as a management contract does. */
const logger = `3660006000377f${bytesToBareHex(stateSharedTopic)}366000a100`;
const length = (logger.length / 2).toString(16).padStart(2, '0');
/** PUSH length, PUSH 12, PUSH 0, CODECOPY; PUSH length, PUSH 0, RETURN; then the code. */
const deployer = bareHexToBytes(`60${length}600c60003960${length}6000f3${logger}`);

describe.each(engines)('contract extension, engine $name', ({ create }) => {
  const evm = create();
  const digest = (fill: number): Uint8Array => new Uint8Array(64).fill(fill);
  const key = (bytes: Uint8Array): string => bytesToBareHex(bytes);
  const payload = (bytes: Uint8Array, privacyFlag: 0 | 1 | 2 | 3 = 0): PayloadResolution => ({
    type: 'payload',
    payload: bytes,
    metadata: { privacyFlag, affectedContracts: [], executionHash: undefined, managedParties: [] },
  });

  async function share(
    state: PayloadResolution | undefined,
    proofs: ReadonlyMap<string, Uint8Array | undefined> | undefined,
  ): Promise<{
    outcome: TransitionOutcome<AppliedPrivate>;
    chain: ReturnType<typeof createSmallChain>;
    management: Uint8Array;
  }> {
    const chain = createSmallChain(evm, { config: { privacyEnhancementsBlock: 0 } });
    const built = await chain.build([
      testTransaction({ nonce: 0n, data: digest(1), isPrivate: true }),
      testTransaction({ nonce: 1n, to: addressOf(0), data: digest(2), isPrivate: true }),
    ]);
    const management = built.applied.receipts[0]!.contractAddress!;
    const transactions = built.applied.privateTransactions.map((view) =>
      view.index === 1 ? { ...view, transaction: { ...view.transaction, to: management } } : view,
    );
    const resolutions = new Map<string, PayloadResolution>([
      [key(digest(1)), payload(deployer)],
      [key(digest(2)), payload(sharedData(bytesToHex(uuid)))],
    ]);
    if (state !== undefined) resolutions.set(key(stateHash), state);
    const input: ApplyPrivateInput = {
      ...chain.context,
      header: built.header,
      author: chain.header.coinbase,
      psi: 'private',
      parentRoot: emptyTrieRoot,
      privateTransactions: transactions,
      resolutions,
      ...(proofs === undefined ? {} : { extensionProofs: proofs }),
    };
    return { outcome: await runAsync(applyPrivate(input)), chain, management };
  }

  const shared = payload(dump({ [bytesToHex(contract)]: { state: account } }), 1);

  it('asks first who accepted, then for the state', async () => {
    expect((await share(undefined, new Map())).outcome).toEqual({
      status: 'needs',
      needs: [{ type: 'extension', uuids: [uuid] }],
    });
    const { management } = await share(undefined, new Map());
    expect((await share(undefined, new Map([[key(uuid), management]]))).outcome).toEqual({
      status: 'needs',
      needs: [{ type: 'payload', digests: [stateHash] }],
    });
  });

  it('sets the state of the contract, with metadata, at who accepted alone', async () => {
    const { management } = await share(undefined, new Map());
    const { outcome, chain } = await share(shared, new Map([[key(uuid), management]]));
    if (outcome.status !== 'done') throw new Error('expected to be done');
    const state = createTrieReader(chain.database, outcome.result.stateRoot);
    const found = state.account(contract)!;
    expect(found).toMatchObject({ nonce: 3n, balance: 22n });
    expect(state.code(contract, found.codeHash)).toEqual(bareHexToBytes('03030303030303'));
    expect(state.storage(contract, found, BigInt(Object.keys(account.storage)[0]!))).toBe(42n);
    expect(readExtraData(chain.database, outcome.result.extraRoot, contract)?.metadata).toEqual({
      creationHash: stateHash,
      privacyFlag: 1,
    });
    for (const proofs of [new Map([[key(uuid), undefined]]), new Map([[key(uuid), addressOf(3)]]), undefined]) {
      const other = await share(shared, proofs);
      if (other.outcome.status !== 'done') throw new Error('expected to be done');
      expect(createTrieReader(other.chain.database, other.outcome.result.stateRoot).account(contract)).toBeUndefined();
    }
  });

  it('leaves everything as it is when what was shared is no state of the contract', async () => {
    const { management } = await share(undefined, new Map());
    for (const state of [payload(utf8ToBytes('nonsense')), { type: 'notParty' } as const]) {
      const { outcome, chain } = await share(state, new Map([[key(uuid), management]]));
      if (outcome.status !== 'done') throw new Error('expected to be done');
      expect(createTrieReader(chain.database, outcome.result.stateRoot).account(contract)).toBeUndefined();
    }
  });
});
