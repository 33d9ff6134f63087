import { bytesToBareHex, bytesToHex } from '@isoquorum/primitives/hex';
import { transactionHash } from '@isoquorum/primitives/transaction/transaction';
import { describe, expect, it } from 'vitest';
import { createFastEvm } from '../evm/fast/engine.ts';
import { createReferenceEvm } from '../evm/reference/engine.ts';
import { createStateDatabase } from '../state/database.ts';
import { createMemoryNodeSource } from '../state/node-source.ts';
import { createTrieReader } from '../state/trie-reader.ts';
import { addressOf } from '../testing/addresses.ts';
import { engines } from '../testing/engines.ts';
import {
  createSmallChain,
  otherKey,
  otherSender,
  type SmallChain,
  testSender,
  testTransaction,
} from '../testing/small-chain.ts';
import { applyBlock } from './apply-block.ts';
import { transactionsRootOf } from './block-run.ts';
import { runAsync, runSync } from './steps.ts';
import type { AppliedBlock, ApplyBlockInput } from './types.ts';

const wealth = { [bytesToHex(testSender)]: { balance: '1000000' } };
/** Logs with one topic, then stops. */
const loggingCode = Uint8Array.of(0x60, 0x05, 0x60, 0x00, 0x60, 0x00, 0xa1, 0x00);

function inputOf(chain: SmallChain, changes: Partial<ApplyBlockInput>): ApplyBlockInput {
  return {
    ...chain.context,
    header: chain.header,
    transactions: [],
    parentRoot: chain.genesisHeader.stateRoot,
    author: chain.header.coinbase,
    ...changes,
  };
}

async function apply(chain: SmallChain, changes: Partial<ApplyBlockInput>): Promise<AppliedBlock> {
  const outcome = await runAsync(applyBlock(inputOf(chain, changes)));
  if (outcome.status === 'needs') throw new Error('nothing can be missing here');
  return outcome.result;
}

describe.each(engines)('applying blocks, engine $name', ({ create }) => {
  const evm = create();

  it('comes to what the proposer built, private transactions included', async () => {
    const chain = createSmallChain(evm, {
      alloc: { ...wealth, [bytesToHex(addressOf(5))]: { balance: '0', code: bytesToHex(loggingCode) } },
    });
    const built = await chain.build([
      testTransaction({ nonce: 0n, to: addressOf(9), value: 10n }),
      testTransaction({ nonce: 1n, data: new Uint8Array(64).fill(3), isPrivate: true }),
      testTransaction({ nonce: 2n, to: addressOf(5) }),
      testTransaction({ nonce: 3n, to: addressOf(9), data: new Uint8Array(64).fill(4), isPrivate: true }),
    ]);
    expect(built.skipped).toEqual([]);
    const applied = await apply(chain, { header: built.header, transactions: built.transactions });
    expect(applied.stateRoot).toEqual(built.applied.stateRoot);
    expect(applied.receipts).toEqual(built.applied.receipts);
    expect(
      applied.receipts.map(({ status, gasUsed, cumulativeGasUsed }) => [status, gasUsed, cumulativeGasUsed]),
    ).toEqual([
      [1, 21_000n, 21_000n],
      [1, 0n, 21_000n],
      [1, 21_759n, 42_759n],
      [1, 0n, 42_759n],
    ]);
    expect(applied.receipts[2]!.logs).toHaveLength(1);
    expect(built.header.logsBloom.some((byte) => byte !== 0)).toBe(true);
    expect(applied.privateTransactions.map(({ index }) => index)).toEqual([1, 3]);
    // The views are the states before their transactions.
    expect(applied.privateTransactions.map(({ publicState }) => publicState.account(testSender)?.nonce)).toEqual([
      1n,
      3n,
    ]);
    expect(applied.privateTransactions[1]!.publicState.account(addressOf(9))?.balance).toBe(10n);
    expect(createTrieReader(chain.database, applied.stateRoot).account(testSender)).toMatchObject({
      nonce: 4n,
      balance: 999_990n,
    });
  });

  it('pays fees when gas has a price, for private transactions their intrinsic gas', async () => {
    const chain = createSmallChain(evm, {
      alloc: { [bytesToHex(testSender)]: { balance: '1000000000' } },
      config: { enableGasPriceBlock: 0 },
    });
    const built = await chain.build([
      testTransaction({ nonce: 0n, to: addressOf(9), gasPrice: 2n, gasLimit: 50_000n }),
      testTransaction({
        nonce: 1n,
        to: addressOf(9),
        gasPrice: 2n,
        gasLimit: 50_000n,
        data: new Uint8Array(64).fill(4),
        isPrivate: true,
      }),
    ]);
    const state = createTrieReader(chain.database, built.applied.stateRoot);
    const fees = 2n * (21_000n + 22_024n);
    expect(state.account(testSender)?.balance).toBe(1_000_000_000n - fees);
    expect(state.account(chain.header.coinbase)?.balance).toBe(fees);
    expect(built.header.gasUsed).toBe(21_000n);
  });

  it('refuses transactions with the texts of GoQuorum', async () => {
    const chain = createSmallChain(evm, { alloc: wealth });
    const cases: [ReturnType<typeof testTransaction>[], string][] = [
      [[testTransaction({ nonce: 0n, to: addressOf(9), gasPrice: 1n })], 'Gas price not 0'],
      [
        [testTransaction({ nonce: 0n, to: addressOf(9) }), testTransaction({ nonce: 0n, to: addressOf(8) })],
        'nonce too low: address 0x',
      ],
      [[testTransaction({ nonce: 4n, to: addressOf(9) })], 'nonce too high: address 0x'],
      [
        [testTransaction({ nonce: 0n, to: addressOf(9), gasLimit: 20_999n })],
        'intrinsic gas too low: have 20999, want 21000',
      ],
      [[testTransaction({ nonce: 0n, to: addressOf(9), gasLimit: 900_000_000n })], 'gas limit reached'],
      [
        [testTransaction({ nonce: 0n, to: addressOf(9), value: 1_000_001n })],
        'insufficient funds for transfer: address 0x',
      ],
    ];
    for (const [transactions, text] of cases) {
      const header = { ...chain.header, transactionsRoot: transactionsRootOf(transactions) };
      const last = transactions.length - 1;
      const prefix = `could not apply tx ${last} [${bytesToHex(transactionHash(transactions[last]!))}]: ${text}`;
      await expect(apply(chain, { header, transactions })).rejects.toThrow(
        expect.objectContaining({ code: 'BLOCK_INVALID', message: expect.stringContaining(prefix) }),
      );
    }
  });

  it('refuses headers that say something else, with the texts of GoQuorum', async () => {
    const chain = createSmallChain(evm, { alloc: wealth });
    const { header, transactions } = await chain.build([testTransaction({ nonce: 0n, to: addressOf(9), value: 10n })]);
    const wrong = new Uint8Array(32).fill(1);
    const [bad, bloom] = [bytesToBareHex(wrong), new Uint8Array(256).fill(1)];
    const cases: [Partial<typeof header>, string][] = [
      [{ stateRoot: wrong }, `invalid merkle root (remote: ${bad} local: ${bytesToBareHex(header.stateRoot)})`],
      [
        { receiptsRoot: wrong },
        `invalid receipt root hash (remote: ${bad} local: ${bytesToBareHex(header.receiptsRoot)})`,
      ],
      [
        { logsBloom: bloom },
        `invalid bloom (remote: ${bytesToBareHex(bloom)}  local: ${bytesToBareHex(header.logsBloom)})`,
      ],
      [{ gasUsed: 5n }, 'invalid gas used (remote: 5 local: 21000)'],
      [
        { transactionsRoot: wrong },
        `transaction root hash mismatch: have ${bytesToBareHex(header.transactionsRoot)}, want ${bad}`,
      ],
      [{ uncleHash: wrong }, `uncle root hash mismatch: have ${bytesToBareHex(header.uncleHash)}, want ${bad}`],
    ];
    for (const [change, text] of cases) {
      await expect(apply(chain, { header: { ...header, ...change }, transactions })).rejects.toThrow(
        expect.objectContaining({ code: 'BLOCK_INVALID', message: text }),
      );
    }
    await expect(apply(chain, { header, transactions, uncles: [header] })).rejects.toThrow('uncles not allowed');
  });

  it('skips what does not fit when it builds, and says what becomes of it', async () => {
    const chain = createSmallChain(evm, { alloc: wealth, gasLimit: 100_000n });
    const small = { gasLimit: 30_000n, to: addressOf(9) };
    const built = await chain.build([
      testTransaction({ ...small, nonce: 1n }),
      testTransaction({ ...small, nonce: 2n }),
      testTransaction({ ...small, nonce: 0n, key: otherKey }),
      testTransaction({ ...small, nonce: 0n, key: otherKey, value: 1n }),
      testTransaction({ ...small, nonce: 1n, key: otherKey, gasPrice: 5n }),
    ]);
    expect(built.transactions).toHaveLength(1);
    expect(built.skipped.map(({ error, fate }) => [(error as Error & { code: string }).code, fate])).toEqual([
      ['NONCE_TOO_HIGH', 'later'],
      ['NONCE_TOO_LOW', 'drop'],
      ['GAS_PRICE_NOT_ZERO', 'drop'],
    ]);
    expect(createTrieReader(chain.database, built.applied.stateRoot).account(otherSender)?.nonce).toBe(1n);
    // What was skipped has left no trace: the block can be applied.
    expect((await apply(chain, { header: built.header, transactions: built.transactions })).gasUsed).toBe(21_000n);
  });
});

describe('running steps', () => {
  it('answers needs when the state of the parent is not at hand', async () => {
    const chain = createSmallChain(createFastEvm(), { alloc: wealth });
    const { header, transactions } = await chain.build([testTransaction({ nonce: 0n, to: addressOf(9) })]);
    const outcome = runSync(
      applyBlock(inputOf(chain, { header, transactions, database: createStateDatabase(createMemoryNodeSource()) })),
    );
    expect(outcome).toEqual({
      status: 'needs',
      needs: [
        {
          type: 'public',
          root: chain.genesisHeader.stateRoot,
          address: testSender,
          slots: [],
          hash: chain.genesisHeader.stateRoot,
          isCode: false,
        },
      ],
    });
  });

  it('runs a synchronous engine without waiting, and says so of one that waits', async () => {
    const transaction = testTransaction({ nonce: 0n, to: addressOf(9) });
    const fast = createSmallChain(createFastEvm());
    const { header, transactions } = await fast.build([transaction]);
    expect(runSync(applyBlock(inputOf(fast, { header, transactions }))).status).toBe('done');
    const reference = createSmallChain(createReferenceEvm());
    expect(() => runSync(applyBlock(inputOf(reference, { header, transactions })))).toThrow(
      expect.objectContaining({ code: 'STEPS_NOT_SYNCHRONOUS' }),
    );
  });
});
