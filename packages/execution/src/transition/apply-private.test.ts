import { bytesToBareHex, bytesToHex } from '@isoquorum/primitives/hex';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { createContractAddress } from '@isoquorum/primitives/address';
import { describe, expect, it } from 'vitest';
import { createTrieReader } from '../state/trie-reader.ts';
import { addressOf } from '../testing/addresses.ts';
import { engines } from '../testing/engines.ts';
import {
  createSmallChain,
  type SmallChain,
  type SmallChainOptions,
  testSender,
  testTransaction,
} from '../testing/small-chain.ts';
import { applyPrivate } from './apply-private.ts';
import { mergeReceipts } from './merge-receipts.ts';
import { runAsync } from './steps.ts';
import type { AppliedPrivate, PayloadResolution, TransitionOutcome } from './types.ts';

const digest = (fill: number): Uint8Array => new Uint8Array(64).fill(fill);
const contract = createContractAddress(testSender, 0n);
const payload = (...bytes: number[]): PayloadResolution => ({ type: 'payload', payload: Uint8Array.from(bytes) });
const stranger: PayloadResolution = { type: 'notParty' };

/** Creation code whose contract writes 5 into slot 1 when it is called: PUSH6 code, MSTORE, RETURN. */
const writerCreation = [0x65, 0x60, 0x05, 0x60, 0x01, 0x55, 0x00, 0x60, 0x00, 0x52, 0x60, 0x06, 0x60, 0x1a, 0xf3];

interface PrivateCase {
  readonly transactions: Parameters<typeof testTransaction>[0][];
  readonly resolutions: readonly (readonly [Uint8Array, PayloadResolution])[];
  readonly options?: SmallChainOptions;
}

async function run(
  evm: Parameters<typeof createSmallChain>[0],
  test: PrivateCase,
): Promise<{ chain: SmallChain; outcome: TransitionOutcome<AppliedPrivate>; receipts: readonly unknown[] }> {
  const chain = createSmallChain(evm, test.options);
  const built = await chain.build(test.transactions.map(testTransaction));
  expect(built.skipped).toEqual([]);
  const outcome = await runAsync(
    applyPrivate({
      ...chain.context,
      header: built.header,
      author: chain.header.coinbase,
      psi: 'private',
      parentRoot: emptyTrieRoot,
      privateTransactions: built.applied.privateTransactions,
      resolutions: new Map(test.resolutions.map(([key, resolution]) => [bytesToBareHex(key), resolution])),
    }),
  );
  const receipts = outcome.status === 'done' ? mergeReceipts(built.applied.receipts, outcome.result.receipts) : [];
  return { chain, outcome, receipts };
}

function done(outcome: TransitionOutcome<AppliedPrivate>): AppliedPrivate {
  if (outcome.status !== 'done') throw new Error('expected to be done');
  return outcome.result;
}

const creation = { nonce: 0n, data: digest(1), isPrivate: true };
const call = { nonce: 1n, to: contract, data: digest(2), isPrivate: true };

describe.each(engines)('private transactions, engine $name', ({ create }) => {
  const evm = create();

  it('names each digest without an answer once, and the zero digest never', async () => {
    const transactions = [
      creation,
      { ...call, data: digest(2) },
      { ...call, nonce: 2n, data: digest(2) },
      { ...call, nonce: 3n, data: digest(0) },
    ];
    const { outcome } = await run(evm, { transactions, resolutions: [[digest(1), stranger]] });
    expect(outcome).toEqual({ status: 'needs', needs: [{ type: 'payload', digests: [digest(2)] }] });
  });

  it('executes as a party', async () => {
    const { chain, outcome, receipts } = await run(evm, {
      transactions: [creation, call],
      resolutions: [
        [digest(1), payload(...writerCreation)],
        [digest(2), payload(9)],
      ],
    });
    const applied = done(outcome);
    const state = createTrieReader(chain.database, applied.stateRoot);
    const account = state.account(contract)!;
    expect(state.storage(contract, account, 1n)).toBe(5n);
    expect(state.account(testSender)).toBeUndefined();
    expect(receipts).toMatchObject([
      { status: 1, gasUsed: 0n, contractAddress: contract },
      { status: 1, gasUsed: 0n },
    ]);
  });

  it('leaves an account without code at a stranger, and nothing of a call', async () => {
    const { chain, outcome } = await run(evm, {
      transactions: [creation, call],
      resolutions: [
        [digest(1), stranger],
        [digest(2), stranger],
      ],
    });
    const applied = done(outcome);
    const state = createTrieReader(chain.database, applied.stateRoot);
    expect(state.account(contract)).toMatchObject({ nonce: 1n, balance: 0n });
    expect(applied.receipts.map(({ receipt }) => receipt.status)).toEqual([1, 1]);
  });

  it('says in the private receipt that it failed, while the public one says success', async () => {
    const { outcome, receipts } = await run(evm, {
      transactions: [creation],
      resolutions: [[digest(1), payload(0xfe)]],
    });
    expect(done(outcome).stateRoot).toEqual(emptyTrieRoot);
    expect(receipts).toMatchObject([{ status: 0 }]);
  });

  it('reads public state as it was before the transaction, inside the block', async () => {
    // With input the public contract returns slot 0, without it increments it; it is incremented between two private reads, each of which stores what it read.
    const publicContract = addressOf(5);
    const code = '0x36600e57600054600101600055005b60005460005260206000f3';
    // The private creation calls it by STATICCALL with one byte of input, and stores the answer in slot 0 of the new contract.
    const target = [...publicContract];
    const reader = [
      0x60,
      0x20,
      0x60,
      0x00,
      0x60,
      0x01,
      0x60,
      0x00,
      0x73,
      ...target,
      0x5a,
      0xfa,
      0x50,
      0x60,
      0x00,
      0x51,
      0x60,
      0x00,
      0x55,
      0x00,
    ];
    const transactions = [
      { nonce: 0n, data: digest(1), isPrivate: true },
      { nonce: 1n, to: publicContract },
      { nonce: 2n, data: digest(1), isPrivate: true },
    ];
    const { chain, outcome } = await run(evm, {
      transactions,
      resolutions: [[digest(1), payload(...reader)]],
      options: {
        alloc: {
          [bytesToHex(publicContract)]: {
            balance: '0',
            code,
            storage: { [`0x${'0'.repeat(64)}`]: `0x${'0'.repeat(62)}29` },
          },
        },
      },
    });
    const state = createTrieReader(chain.database, done(outcome).stateRoot);
    const values = [0n, 2n].map((nonce) => {
      const address = createContractAddress(testSender, nonce);
      return state.storage(address, state.account(address)!, 0n);
    });
    expect(values).toEqual([41n, 42n]);
  });

  it('survives Berlin where the original crashes: a private contract that writes before it reads', async () => {
    const { chain, outcome } = await run(evm, {
      transactions: [creation, call],
      resolutions: [
        [digest(1), payload(...writerCreation)],
        [digest(2), payload(9)],
      ],
      options: { config: { berlinBlock: 0 } },
    });
    const state = createTrieReader(chain.database, done(outcome).stateRoot);
    expect(state.storage(contract, state.account(contract)!, 1n)).toBe(5n);
  });

  it('stops at a flag before the block of privacy enhancements', async () => {
    const metadata = { privacyFlag: 1, affectedContracts: [], executionHash: undefined, managedParties: [] } as const;
    const flagged: PayloadResolution = { type: 'payload', payload: Uint8Array.of(0), metadata };
    await expect(run(evm, { transactions: [creation], resolutions: [[digest(1), flagged]] })).rejects.toThrow(
      expect.objectContaining({ code: 'PRIVACY_ENHANCEMENTS_DISABLED', reaction: 'RETRY' }),
    );
  });
});
