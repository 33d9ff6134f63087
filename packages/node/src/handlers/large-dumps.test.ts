import { createStateDatabase } from '@isoquorum/execution/state/database';
import { createMemoryNodeSource } from '@isoquorum/execution/state/node-source';
import { State } from '@isoquorum/execution/state/state';
import { createTrieReader } from '@isoquorum/execution/state/trie-reader';
import { TrieUpdater } from '@isoquorum/execution/state/update-tries';
import type { Clock } from '@isoquorum/platform/clock';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { emptyTrieRoot, type Header } from '@isoquorum/primitives/header';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import type { RpcRequestContext } from '@isoquorum/rpc/jsonrpc/session';
import { describe, expect, it } from 'vitest';
import { createGenesisBlock } from '../chain/genesis-block.ts';
import { createStateAccess } from '../chain/create-state-access.ts';
import type { ChainReader } from '../chain/chain.ts';
import { testGenesis, testKey } from '../testing/genesis.ts';
import type { HandlerContext } from './context.ts';
import { limitDump } from './account-dump.ts';
import { createDebugHandlers } from './debug.ts';
import { createDebugRangeHandlers } from './debug-ranges.ts';

const request: RpcRequestContext = { transport: 'http', psi: undefined };
const addressOf = (index: number): Uint8Array => bigintToFixedBytes(BigInt(index + 1), 20);
const contract = addressOf(999_999);
const ACCOUNTS = 1_000;
const SLOTS = 1_000;

/** A clock on which every look takes a millisecond: a slice is ten steps, however fast the machine is. */
function createStepClock(): Clock {
  let now = 0;
  return {
    nowMs: () => now++,
    setTimer: (_delay, callback) => {
      const handle = setImmediate(callback);
      return () => clearImmediate(handle);
    },
  };
}

/** Block 0 has nothing, block 1 many accounts, and a contract with many slots. */
function createContext(): HandlerContext {
  const database = createStateDatabase(createMemoryNodeSource());
  const state = new State(createTrieReader(database, emptyTrieRoot));
  for (let index = 0; index < ACCOUNTS; index++) state.setBalance(addressOf(index), 1n);
  for (let slot = 1n; slot <= SLOTS; slot++) state.setStorage(contract, slot, slot);
  state.setBalance(contract, 1n);
  state.finalise(false);
  const { root } = new TrieUpdater(database, emptyTrieRoot).commit(state);
  const genesis = testGenesis({ nodeKeys: [testKey('node 1')] });
  const { header } = createGenesisBlock(genesis).block;
  const headers: readonly Header[] = [
    { ...header, stateRoot: emptyTrieRoot },
    { ...header, number: 1, stateRoot: root },
  ];
  const hashOf = (number: number): Hash32 => new Uint8Array(32).fill(number);
  const chain = {
    config: genesis.config,
    headerByNumber: (number: number) => headers[number],
    headerByHash: (hash: Hash32) => headers[hash[0] ?? 0],
    hashByNumber: hashOf,
    privateStates: () => ['private'],
    statesKeptFrom: () => 0,
    privateStateRoot: () => emptyTrieRoot,
    privateExtraRoot: () => emptyTrieRoot,
  } as unknown as ChainReader;
  const parts = { chain, database, states: createStateAccess(chain, database), defaultPsi: 'private' };
  return { ...parts, clock: createStepClock() } as unknown as HandlerContext;
}

/** What an answer is, and how often others had the thread meanwhile. */
async function turnsDuring<Result>(answer: Promise<Result> | Result): Promise<{ result: Result; turns: number }> {
  let isDone = false;
  let turns = 0;
  const waiting = Promise.resolve(answer).finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await new Promise((resolve) => setImmediate(resolve));
    turns++;
  }
  return { result: await waiting, turns };
}

describe('a walk over a large state lets others have the thread', () => {
  const context = createContext();
  const debug = createDebugHandlers(context);
  const ranges = createDebugRangeHandlers(context);
  /** One turn for ten steps at most, and what is at the ends. */
  const turnsMin = (steps: number): number => Math.floor(steps / 10) - 1;

  it('debug_dumpBlock', async () => {
    const { result, turns } = await turnsDuring(debug.debug_dumpBlock(request, 1, undefined));
    expect(Object.keys(result.accounts)).toHaveLength(ACCOUNTS + 1);
    expect(Object.keys(result.accounts[bytesToHex(contract)]?.storage ?? {})).toHaveLength(SLOTS);
    expect(turns).toBeGreaterThan(turnsMin(ACCOUNTS + SLOTS));
  });

  it('debug_dumpAddress', async () => {
    const { result, turns } = await turnsDuring(debug.debug_dumpAddress(request, contract, 1));
    expect(Object.keys(result.storage ?? {})).toHaveLength(SLOTS);
    expect(turns).toBeGreaterThan(turnsMin(SLOTS));
  });

  it.each([
    ['with slots', false, ACCOUNTS + SLOTS],
    ['without, which are not walked over then', true, ACCOUNTS],
  ])('debug_accountRange, 256 accounts at most, from where the answer before ended, %s', async (_, isBare, steps) => {
    const names = new Set<string>();
    let start = new Uint8Array(0);
    let answers = 0;
    let slots = 0;
    let turnsTotal = 0;
    for (;;) {
      const range = ranges.debug_accountRange(request, { type: 'number', number: 1 }, start, 0, false, isBare, false);
      const { result, turns } = await turnsDuring(range);
      for (const [name, { storage }] of Object.entries(result.accounts)) {
        names.add(name);
        slots += Object.keys(storage ?? {}).length;
      }
      answers++;
      turnsTotal += turns;
      if (result.next === undefined) break;
      expect(Object.keys(result.accounts)).toHaveLength(256);
      start = Uint8Array.from(Buffer.from(result.next, 'base64'));
    }
    expect(answers).toBe(Math.ceil((ACCOUNTS + 1) / 256));
    expect(names.size).toBe(ACCOUNTS + 1);
    expect(slots).toBe(isBare ? 0 : SLOTS);
    expect(turnsTotal).toBeGreaterThan(turnsMin(steps) - answers);
    if (isBare) expect(turnsTotal).toBeLessThan(turnsMin(ACCOUNTS + SLOTS));
  });

  it('debug_getModifiedAccountsByNumber', async () => {
    const { result, turns } = await turnsDuring(ranges.debug_getModifiedAccountsByNumber(request, 0, 1));
    expect(new Set(result.map((one) => bytesToHex(one))).size).toBe(ACCOUNTS + 1);
    expect(turns).toBeGreaterThan(turnsMin(ACCOUNTS));
  });
});

it('an answer that would be too large is refused on the way', () => {
  function* endless(): Generator<undefined, never> {
    for (;;) yield;
  }
  const walk = limitDump(endless());
  for (let entries = 0; entries < 200_000; entries++) walk.next();
  expect(() => walk.next()).toThrow(expect.objectContaining({ code: 'DUMP_TOO_LARGE' }));
});
