import { createContractAddress } from '@isoquorum/primitives/address';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { bareHexToBytes, bytesToBareHex, bytesToHex } from '@isoquorum/primitives/hex';
import { describe, expect, it } from 'vitest';
import { DualHost } from '../evm/host.ts';
import { readExtraData } from '../state/extra-data-state.ts';
import { State } from '../state/state.ts';
import { createTrieReader } from '../state/trie-reader.ts';
import { engines } from '../testing/engines.ts';
import { createSmallChain, testSender, testTransaction } from '../testing/small-chain.ts';
import { createTestDatabase, createTestState, testBlock } from '../testing/states.ts';
import { applyPrivate } from './apply-private.ts';
import { affectedContractsRoot } from './privacy-checks.ts';
import { runAsync } from './steps.ts';
import type { AppliedPrivate, PayloadMetadata, PayloadResolution } from './types.ts';

/** goquorum.md G8: the storage root of a contract with 42 in slot 0, and the root over that contract. */
const goldens = {
  42: 'c3b0f9d0d140b3a46284e3a2347a3d5d69c1ba3c5122143b436f90622b9eb24e',
  53: 'ed09dc529018be83b515f2a3ccc57cb06ae57676623615196117de550ee2ecfd',
} as const;

const digest = (fill: number): Uint8Array => new Uint8Array(64).fill(fill);
const hex = (bytes: Uint8Array): string => bytesToBareHex(bytes);
const c1 = createContractAddress(testSender, 0n);
const c2 = createContractAddress(testSender, 1n);

/** Creation of a contract with this code: CODECOPY and RETURN. */
function creationOf(code: string): Uint8Array {
  const length = (code.length / 2).toString(16).padStart(2, '0');
  return bareHexToBytes(`60${length}600c60003960${length}6000f3${code}`);
}

/** Writes the first word of its call data into slot 0. */
const setter = creationOf('60003560005500');
/** Calls the first contract with its own call data, and fails when that fails. */
const caller = creationOf(`36600060003760006000366000600073${hex(c1)}5af1602d57600080fd5b00`);

interface Step {
  /** Absent: a creation. */
  readonly to?: Uint8Array;
  readonly payload: Uint8Array;
  readonly metadata: Partial<PayloadMetadata> | undefined;
}

describe.each(engines)('privacy enhancements, engine $name', ({ create }) => {
  const evm = create();

  /** Runs private transactions in one block; the one at `index` has the digest of that number and one. */
  async function run(steps: readonly Step[]): Promise<{
    readonly applied: AppliedPrivate;
    readonly statuses: readonly (number | undefined)[];
    readonly chain: ReturnType<typeof createSmallChain>;
    readonly slot: (address: Uint8Array) => bigint | undefined;
  }> {
    const chain = createSmallChain(evm, { config: { privacyEnhancementsBlock: 0 } });
    const built = await chain.build(
      steps.map(({ to }, index) =>
        testTransaction({ nonce: BigInt(index), to, data: digest(index + 1), isPrivate: true }),
      ),
    );
    const resolutions = new Map<string, PayloadResolution>();
    for (const [index, { payload, metadata }] of steps.entries()) {
      const full = {
        privacyFlag: 0,
        affectedContracts: [],
        executionHash: undefined,
        managedParties: [],
        ...metadata,
      } as const;
      const known = { type: 'payload', payload, ...(metadata === undefined ? {} : { metadata: full }) } as const;
      resolutions.set(hex(digest(index + 1)), known);
    }
    const outcome = await runAsync(
      applyPrivate({
        ...chain.context,
        header: built.header,
        author: chain.header.coinbase,
        psi: 'private',
        parentRoot: emptyTrieRoot,
        privateTransactions: built.applied.privateTransactions,
        resolutions,
      }),
    );
    if (outcome.status !== 'done') throw new Error('expected to be done');
    const applied = outcome.result;
    const state = createTrieReader(chain.database, applied.stateRoot);
    return {
      applied,
      statuses: applied.receipts.map(({ receipt }) => receipt.status),
      chain,
      slot: (address) => {
        const account = state.account(address);
        return account && state.storage(address, account, 0n);
      },
    };
  }

  const word = (value: number): Uint8Array => {
    const bytes = new Uint8Array(32);
    bytes[31] = value;
    return bytes;
  };
  const make = (privacyFlag: 0 | 1 | 2 | 3, executionHash?: Uint8Array): Step => ({
    payload: setter,
    metadata: { privacyFlag, executionHash },
  });
  const set = (to: Uint8Array, value: number, metadata: Step['metadata']): Step => ({
    to,
    payload: word(value),
    metadata,
  });

  /** Merkle root after a run without checks: what the sender's simulation would say. */
  async function simulated(steps: readonly Step[]): Promise<Uint8Array> {
    const wrong = new Uint8Array(32).fill(1);
    const last = steps.at(-1)!;
    const chain = createSmallChain(evm, { config: { privacyEnhancementsBlock: 0 } });
    const before = steps.slice(0, -1);
    const { applied, chain: ran } = before.length === 0 ? { applied: undefined, chain } : await run(before);
    const root = applied?.stateRoot ?? emptyTrieRoot;
    const publicState = createTestState();
    publicState.setNonce(testSender, BigInt(before.length));
    const privateState = new State(createTrieReader(ran.database, root));
    const host = new DualHost(
      testBlock({ rules: { ...testBlock().rules, isPrivacyEnhancementsEnabled: true } }),
      { origin: testSender, gasPrice: 0n },
      publicState,
      privateState,
    );
    const to = last.to ?? testSender;
    await evm.run(host, {
      kind: last.to === undefined ? 'create' : 'call',
      caller: testSender,
      codeAddress: to,
      address: to,
      input: last.payload,
      gas: 900_000n,
      value: 0n,
      isStatic: false,
      depth: 0,
    });
    return affectedContractsRoot(ran.database, host) ?? wrong;
  }

  it('keeps the flag and the digest of a creation, and nothing for a standard one', async () => {
    for (const flag of [1, 2] as const) {
      const { applied, statuses, chain } = await run([make(flag)]);
      expect(statuses).toEqual([1]);
      expect(readExtraData(chain.database, applied.extraRoot, c1)).toEqual({
        metadata: { creationHash: digest(1), privacyFlag: flag },
        managedParties: [],
      });
    }
    expect(bytesToHex((await run([make(0)])).applied.extraRoot)).toBe(bytesToHex(emptyTrieRoot));
  });

  it('runs a protected contract for who names its creation, and for nobody else', async () => {
    const flag = { privacyFlag: 1 } as const;
    const named = { ...flag, affectedContracts: [digest(1)] };
    const good = await run([make(1), set(c1, 7, named)]);
    expect([good.statuses, good.slot(c1)]).toEqual([[1, 1], 7n]);
    // More digests than needed do no harm.
    expect((await run([make(1), set(c1, 7, { ...flag, affectedContracts: [digest(9), digest(1)] })])).statuses).toEqual(
      [1, 1],
    );
    for (const bad of [
      { ...flag, affectedContracts: [] },
      { ...flag, affectedContracts: [digest(9)] },
      { privacyFlag: 2, affectedContracts: [digest(1)] } as const,
      { privacyFlag: 0 } as const,
      undefined,
    ]) {
      const { statuses, slot } = await run([make(1), set(c1, 7, bad)]);
      expect([statuses, slot(c1)]).toEqual([[1, 0], 0n]);
    }
  });

  it('does not mix flags: standard, protected and validated contracts do not call each other', async () => {
    const standard = { privacyFlag: 0 } as const;
    expect((await run([make(0), set(c1, 7, standard)])).statuses).toEqual([1, 1]);
    // A party that holds a contract without metadata refuses a transaction with a flag.
    expect((await run([make(0), set(c1, 7, { privacyFlag: 1, affectedContracts: [digest(1)] })])).statuses).toEqual([
      1, 0,
    ]);
    const second = (flag: 0 | 1 | 2): Step => ({ payload: caller, metadata: { privacyFlag: flag } });
    const both = (flag: 0 | 1 | 2): Step['metadata'] => ({
      privacyFlag: flag,
      affectedContracts: [digest(1), digest(2)],
    });
    const good = await run([make(1), second(1), set(c2, 7, both(1))]);
    expect([good.statuses, good.slot(c1)]).toEqual([[1, 1, 1], 7n]);
    for (const [first, other] of [
      [0, 1],
      [1, 0],
      [2, 1],
    ] as const) {
      const { statuses, slot } = await run([make(first), second(other), set(c2, 7, both(other))]);
      expect([first, other, statuses, slot(c1)]).toEqual([first, other, [1, 1, 0], 0n]);
    }
    const oneMissing = { privacyFlag: 1, affectedContracts: [digest(2)] } as const;
    expect((await run([make(1), second(1), set(c2, 7, oneMissing)])).statuses).toEqual([1, 1, 0]);
  });

  it('validates the state after the run, of creations and of calls', async () => {
    const creation = make(3, await simulated([make(3)]));
    const unchecked = set(c1, 7, { privacyFlag: 3, affectedContracts: [digest(1)] });
    const root = await simulated([creation, unchecked]);
    const good = await run([creation, { ...unchecked, metadata: { ...unchecked.metadata, executionHash: root } }]);
    expect([good.statuses, good.slot(c1)]).toEqual([[1, 1], 7n]);
    const wrong = { ...unchecked.metadata, executionHash: new Uint8Array(32).fill(3) };
    const bad = await run([creation, { ...unchecked, metadata: wrong }]);
    expect([bad.statuses, bad.slot(c1)]).toEqual([[1, 0], 0n]);
    // Without a root nothing runs at all: empty, or zero.
    expect((await run([make(3)])).statuses).toEqual([0]);
    expect((await run([make(3, new Uint8Array(32))])).slot(c1)).toBeUndefined();
    expect((await run([creation, unchecked])).statuses).toEqual([1, 0]);
    // Another value than the sender saw is another state.
    const stale = { ...unchecked, payload: word(8), metadata: { ...unchecked.metadata, executionHash: root } };
    expect((await run([creation, stale])).statuses).toEqual([1, 0]);
  });

  it('leaves no trace of a transaction that was refused, its logs included', async () => {
    const refused = await run([
      make(1),
      set(c1, 7, undefined),
      set(c1, 8, { privacyFlag: 1, affectedContracts: [digest(1)] }),
    ]);
    const clean = await run([make(1), set(c1, 8, { privacyFlag: 1, affectedContracts: [digest(1)] })]);
    expect(refused.statuses).toEqual([1, 0, 1]);
    expect(bytesToHex(refused.applied.stateRoot)).toBe(bytesToHex(clean.applied.stateRoot));
  });
});

describe('the root over affected contracts', () => {
  it.each(Object.entries(goldens))('is as in goquorum.md G8 with %s in slot 0', (value, expected) => {
    const address = bareHexToBytes('6105f4d50d5a1b669e0c87e67ba663a6bf1957d7');
    const codeHash = bareHexToBytes('1f6ead8e70eb407f69863678629b75ca38e4af54d49d181c8373b4af7b98d2c9');
    const state = createTestState([{ address, nonce: 1n, storage: { '0': BigInt(value) } }]);
    state.object(address).codeHash = codeHash;
    const host = new DualHost(testBlock(), { origin: testSender, gasPrice: 0n }, createTestState(), state);
    host.noteCall(address);
    expect(hex(affectedContractsRoot(createTestDatabase(), host)!)).toBe(expected);
    host.noteCall(testSender);
    expect(affectedContractsRoot(createTestDatabase(), host)).toBeUndefined();
  });
});
