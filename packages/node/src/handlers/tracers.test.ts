import { describe, expect, test } from 'vitest';
import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import { State } from '@isoquorum/execution/state/state';
import { createStateDatabase } from '@isoquorum/execution/state/database';
import { createMemoryNodeSource } from '@isoquorum/execution/state/node-source';
import { createTrieReader } from '@isoquorum/execution/state/trie-reader';
import { TrieUpdater } from '@isoquorum/execution/state/update-tries';
import { callContract } from '@isoquorum/execution/transition/call';
import { runAsync } from '@isoquorum/execution/transition/steps';
import { rulesAt } from '@isoquorum/primitives/fork';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { hexToBytes } from '@isoquorum/primitives/hex';
import { createVirtualClock } from '@isoquorum/platform/memory/clock';
import type { TraceConfig } from '@isoquorum/rpc/jsonrpc/parameters/trace-config';
import { createGenesisBlock } from '../chain/genesis-block.ts';
import { testGenesis } from '../testing/genesis.ts';
import { createRunTrace, TraceBudget } from './tracers.ts';

const contract = new Uint8Array(20).fill(5);
/** Fifty PUSH1, MSTORE8 that makes memory of two words, STOP. */
const CODE = `${'6021'.repeat(50)}5300`;
/** 52 entries, 0 to 50 items on the stack and then 48, two words of memory at each of the last two: it is shown grown. */
const [ENTRIES, STACK, MEMORY] = [52, 51 * 25 + 48, 4];

/** Traces the contract once; answers the number of entries. */
async function trace(config: TraceConfig | undefined, budget: TraceBudget): Promise<number> {
  const genesis = testGenesis({ nodeKeys: [new Uint8Array(32).fill(1)] });
  const { header } = createGenesisBlock(genesis).block;
  const database = createStateDatabase(createMemoryNodeSource());
  const state = new State(createTrieReader(database, emptyTrieRoot));
  state.setCode(contract, hexToBytes(`0x${CODE}`));
  state.finalise(false);
  const reader = createTrieReader(database, new TrieUpdater(database, emptyTrieRoot).commit(state).root);
  const run = createRunTrace(config, rulesAt(genesis.config, 0), createVirtualClock(0), budget);
  const outcome = await runAsync(
    callContract({
      config: genesis.config,
      evm: createFastEvm(),
      header,
      author: header.coinbase,
      states: { publicState: reader, privateState: reader },
      blockHash: () => undefined,
      request: { to: contract, gas: 100_000n },
      options: { tracer: run.tracer },
    }),
  );
  expect(outcome.status).toBe('done');
  const { structLogs } = run.result({ gasUsed: 0n, gasLimit: 100_000n, hasFailed: false }) as { structLogs: unknown[] };
  return structLogs.length;
}

const tooLarge = { code: 'TRACE_TOO_LARGE' };

describe('a trace of steps', () => {
  test('holds as many words as it may, and ends with the next one', async () => {
    const words = ENTRIES + STACK + MEMORY;
    expect(await trace(undefined, new TraceBudget(words))).toBe(ENTRIES);
    await expect(trace(undefined, new TraceBudget(words - 1))).rejects.toMatchObject({
      ...tooLarge,
      message: `the trace has more than ${words - 1} words: leave memory or stack out`,
      fields: { limit: words - 1 },
    });
  });

  test('counts nothing that its caller leaves out', async () => {
    expect(await trace({ DisableStack: true }, new TraceBudget(ENTRIES + MEMORY))).toBe(ENTRIES);
    expect(await trace({ DisableMemory: true }, new TraceBudget(ENTRIES + STACK))).toBe(ENTRIES);
    expect(await trace({ Limit: 3 }, new TraceBudget(3 + 1 + 2))).toBe(3);
    await expect(trace({ DisableStack: true }, new TraceBudget(ENTRIES + MEMORY - 1))).rejects.toMatchObject(tooLarge);
  });

  test('shares its words with the others of a block', async () => {
    const budget = new TraceBudget(2 * ENTRIES + MEMORY);
    const config = { DisableStack: true };
    await trace(config, budget);
    await expect(trace(config, budget)).rejects.toMatchObject(tooLarge);
  });
});
