import { createTrieReader } from '@isoquorum/execution/state/trie-reader';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import type { Header } from '@isoquorum/primitives/header';
import { bytesToHex, hexToBytes, hexToFixedBytes } from '@isoquorum/primitives/hex';
import { decodeIbftExtra, decodeQbftExtra } from '@isoquorum/primitives/istanbul-extra';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import { createMemoryLogger } from '@isoquorum/platform/memory/logger';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunningNode } from '../create-node.ts';
import type { TransactionArguments } from '../private/submit.ts';
import {
  createSimulatedNetwork,
  type SimulatedNetwork,
  type SimulatedNetworkOptions,
} from '../testing/simulated-network.ts';

let simulation: SimulatedNetwork;

afterEach(async () => {
  await simulation.stop();
});

const running = (): RunningNode[] => simulation.nodes.flatMap((node) => node.running ?? []);
const lowest = (): number => Math.min(...running().map((node) => node.context.chain.headNumber()));
const header = (number: number): Header => running()[0]!.context.chain.headerByNumber(number)!;
const gap = (number: number): number => Number(header(number).timestamp - header(number - 1).timestamp);
const account = (index: number): Uint8Array => privateKeyToAddress(simulation.accountKeys[index]!);

/** Four validators unless told, running; one transition takes effect in each test. */
async function start(
  genesis: NonNullable<SimulatedNetworkOptions['genesis']>,
  options: Partial<SimulatedNetworkOptions> = {},
): Promise<void> {
  simulation = await createSimulatedNetwork({ validators: 4, genesis, ...options });
  for (const node of simulation.nodes) await node.start();
}

const reach = (number: number, limitMs = 120_000): Promise<void> =>
  simulation.runUntil(`block ${number}`, () => lowest() >= number, limitMs);

async function send(fields: Omit<TransactionArguments, 'from'> = {}, index = 0): Promise<Hash32> {
  const from = account(index);
  return running()[0]!.context.submitter.sendTransaction({ from, to: from, gas: 21_000n, ...fields });
}

/** Creates a contract; there is no other account to send to. */
async function create(code: Uint8Array, gas: bigint): Promise<Hash32> {
  return running()[0]!.context.submitter.sendTransaction({ from: account(0), data: code, gas });
}

async function refusal(sending: Promise<unknown>): Promise<string> {
  return sending.then(
    () => 'taken',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

/** Waits until a transaction is mined on every node; they agree on what came of it. */
async function mined(hash: Hash32): Promise<{ readonly number: number; readonly status: number }> {
  const found = () => running().map((node) => node.context.chain.receipt(hash, node.context.defaultPsi));
  await simulation.runUntil('mined', () => found().every((receipt) => receipt !== undefined));
  const seen = found().map((located) => ({
    number: Number(located!.location.blockNumber),
    status: Number(located!.receipt.status),
  }));
  expect(new Set(seen.map((one) => JSON.stringify(one))).size).toBe(1);
  return seen[0]!;
}

function balanceAt(number: number, address: Uint8Array): bigint {
  return createTrieReader(running()[0]!.context.database, header(number).stateRoot).account(address)?.balance ?? 0n;
}

describe('the algorithm', () => {
  it('changes from IBFT to QBFT at its block: extra data, coinbase, status, and what is asked of validators', async () => {
    await start({ algorithm: 'ibft', transitions: [{ block: 5, algorithm: 'QBFT' }] });
    await reach(3);
    expect(running()[1]!.context.consensusStatus().algorithm).toBe('ibft');
    await reach(8);
    const validators = simulation.nodes.map((node) => bytesToHex(node.running!.address)).toSorted();
    for (const number of [1, 4]) {
      expect(decodeIbftExtra(header(number).extraData).committedSeals.length).toBeGreaterThanOrEqual(3);
      // A vote's subject, and there is none.
      expect(bytesToHex(header(number).coinbase)).toBe(`0x${'00'.repeat(20)}`);
    }
    for (const number of [5, 8]) {
      expect(decodeQbftExtra(header(number).extraData).committedSeals.length).toBeGreaterThanOrEqual(3);
      expect(validators).toContain(bytesToHex(header(number).coinbase));
    }
    for (const node of running()) expect(node.context.consensusStatus().algorithm).toBe('qbft');
    const { chain, validators: reader } = running()[0]!.context;
    expect(reader.validatorsAfter(header(8), chain.hashByNumber(8)!).map(bytesToHex).toSorted()).toEqual(validators);
  });
});

describe('periods', () => {
  it('blocks come by the new period from its block on', async () => {
    await start({
      transitions: [
        { block: 5, blockperiodseconds: 3 },
        { block: 8, blockperiodseconds: 1 },
      ],
    });
    await reach(10);
    expect([3, 4, 5, 6, 7, 8, 9, 10].map(gap)).toEqual([1, 1, 3, 3, 3, 1, 1, 1]);
  });

  it('empty blocks come by the empty period, blocks with transactions by the block period', async () => {
    await start({
      transitions: [
        { block: 5, emptyblockperiodseconds: 6 },
        { block: 9, emptyblockperiodseconds: 0 },
      ],
    });
    await reach(5);
    const { number } = await mined(await send());
    await reach(10);
    expect(number).toBe(6);
    expect([3, 4, 5, 7, 8, 9, 10].map(gap)).toEqual([1, 1, 6, 6, 6, 1, 1]);
    expect(gap(6)).toBeLessThan(3);
  });

  it('a period of 0 makes blocks when there are transactions, and a later one makes them by the clock again', async () => {
    await start({
      transitions: [
        { block: 4, blockperiodseconds: 0 },
        { block: 6, blockperiodseconds: 2 },
      ],
    });
    await reach(3);
    await simulation.run(30_000);
    expect(lowest()).toBe(3);
    for (const number of [4, 5]) expect(await mined(await send())).toEqual({ number, status: 1 });
    await reach(8);
    expect([7, 8].map(gap)).toEqual([2, 2]);
  });
});

describe('request timeouts', () => {
  /** How long the heights took whose first proposer was down, by number. */
  async function slowHeights(first: number, last: number): Promise<readonly number[]> {
    await reach(last, 600_000);
    const numbers = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    return numbers.filter((number) => decodeQbftExtra(header(number).extraData).round === 1).map(gap);
  }

  it('a round whose proposer is down fails after the new timeout from its block on', async () => {
    await start({ requestTimeoutSeconds: 3, transitions: [{ block: 12, requesttimeoutseconds: 9 }] });
    await reach(2);
    await simulation.nodes[3]!.crash();
    const before = await slowHeights(3, 11);
    const after = await slowHeights(12, 20);
    expect(before.length).toBeGreaterThan(1);
    expect(after.length).toBeGreaterThan(1);
    for (const seconds of before) expect([3, 4]).toContain(seconds);
    for (const seconds of after) expect([9, 10]).toContain(seconds);
  });

  it('rounds grow no longer than the new maximum from its block on', async () => {
    const logger = createMemoryLogger();
    /** Milliseconds between rounds that failed at a height, of one node. */
    const times: number[] = [];
    const noting = {
      ...logger,
      log: (level: string, message: string) =>
        void (level === 'warn' && message === 'No block in this round' && times.push(simulation.clock.nowMs())),
      child: () => noting,
    };
    const transitions = [{ block: 3, maxRequestTimeoutSeconds: 4 }];
    await start({ requestTimeoutSeconds: 1, transitions }, { logger: (name) => (name === 'node1' ? noting : logger) });
    await reach(3);
    await simulation.nodes[2]!.crash();
    await simulation.nodes[3]!.crash();
    await simulation.run(60_000);
    const lengths = times.slice(1).map((at, index) => at - times[index]!);
    expect(lengths.length).toBeGreaterThan(10);
    expect(Math.max(...lengths)).toBeLessThan(4_500);
    expect(lengths.at(-1)).toBeGreaterThan(3_500);
  });
});

describe('limits', () => {
  it('the gas limit of blocks follows its new minimum, and takes a transaction that no block took before', async () => {
    await start({ gasLimit: 700_000_000n, transitions: [{ block: 6, 'miner.gaslimit': 780_000_000 }] });
    await reach(4);
    expect(header(4).gasLimit).toBe(700_000_000n);
    expect(await refusal(send({ gas: 770_000_000n }))).toBe('exceeds block gas limit');
    await reach(7);
    // The settings of the parent's number decide.
    expect([6, 7].map((number) => header(number).gasLimit)).toEqual([700_000_000n, 780_000_000n]);
    expect((await mined(await send({ gas: 770_000_000n }))).status).toBe(1);
  });

  it('a contract larger than the limit is refused before its block, and deployed after it', async () => {
    await start({
      transitions: [
        { block: 6, contractsizelimit: 32 },
        { block: 12, contractsizelimit: 24 },
      ],
    });
    /** Returns so many zero bytes as the contract's code. */
    const code = hexToBytes('0x6175306000f3');
    const address = async (): Promise<{ status: number; number: number }> => mined(await create(code, 10_000_000n));
    await reach(3);
    expect(await address()).toMatchObject({ status: 0, number: 4 });
    await reach(7);
    const { status, number } = await address();
    expect([status, number < 12]).toEqual([1, true]);
    await reach(12);
    expect((await address()).status).toBe(0);
  });

  it('a transaction larger than the limit is refused before its block, and mined after it', async () => {
    await start({ transitions: [{ block: 5, transactionSizeLimit: 96 }] });
    const data = new Uint8Array(80 * 1024);
    await reach(3);
    expect(await refusal(send({ data, gas: 5_000_000n }))).toBe('oversized data');
    await reach(5);
    expect((await mined(await send({ data, gas: 5_000_000n }))).status).toBe(1);
  });
});

describe('rewards and prices', () => {
  const beneficiary = hexToFixedBytes('0x00000000000000000000000000000000000000be', 20);

  it('the reward goes to proposers, then to the beneficiary, then to proposers again', async () => {
    const transitions = [
      { block: 4, blockReward: '100' },
      { block: 8, beneficiaryMode: 'fixed', miningBeneficiary: bytesToHex(beneficiary) },
      { block: 11, blockReward: '0x7' },
      { block: 13, beneficiaryMode: 'validators' },
    ];
    await start({ transitions });
    await reach(15);
    /** What a block gave to its proposer, and to the beneficiary. */
    const gains = (number: number): readonly bigint[] =>
      [header(number).coinbase, beneficiary].map((who) => balanceAt(number, who) - balanceAt(number - 1, who));
    const paid = Array.from({ length: 15 }, (_, index) => gains(index + 1));
    const none = [0n, 0n];
    const expected = [
      none,
      none,
      none,
      ...[100n, 100n, 100n, 100n].map((value) => [value, 0n]),
      ...[100n, 100n, 100n, 7n, 7n].map((value) => [0n, value]),
      ...[7n, 7n, 7n].map((value) => [value, 0n]),
    ];
    expect(paid).toEqual(expected);
  });

  it('gas has a price from its block on: fees are paid, and a replacement that pays enough is mined in place of the first', async () => {
    await start({ transitions: [{ block: 5, gasPriceEnabled: true }] });
    const gasPrice = 2_000_000_000n;
    await reach(3);
    expect(await refusal(send({ gasPrice }))).toBe('Gas price not 0');
    await reach(5);
    const { number } = await mined(await send({ gasPrice }));
    const { coinbase } = header(number);
    expect(balanceAt(number, coinbase) - balanceAt(number - 1, coinbase)).toBe(21_000n * gasPrice);

    // Behind a gap, so that they wait.
    const first = await send({ gasPrice, nonce: 2n });
    await simulation.run(500);
    expect(await refusal(send({ gasPrice: gasPrice + 1n, nonce: 2n }))).toBe('replacement transaction underpriced');
    const second = await send({ gasPrice: (gasPrice * 11n) / 10n, nonce: 2n });
    await send({ gasPrice, nonce: 1n });
    expect((await mined(second)).status).toBe(1);
    await simulation.run(3_000);
    for (const { context } of running()) {
      expect(context.chain.transaction(first)).toBeUndefined();
      expect(context.pool.status()).toEqual({ pending: 0, queued: 0 });
    }
  });
});

it('the quorum follows its rule from its block on', async () => {
  await start({ transitions: [{ block: 4, '2FPlus1Enabled': true }] }, { validators: 6 });
  const seals = (number: number): number => decodeQbftExtra(header(number).extraData).committedSeals.length;
  const quorum = (): number => running()[0]!.context.consensusStatus().quorum;
  await reach(2);
  expect(quorum()).toBe(4);
  await reach(4);
  expect([quorum(), seals(2) >= 4]).toEqual([3, true]);
  // Three of six are enough by now.
  for (const index of [3, 4, 5]) await simulation.nodes[index]!.crash();
  const before = lowest();
  await reach(before + 3, 600_000);
  expect(seals(before + 3)).toBe(3);
});
