import { describe, expect, test } from 'vitest';
import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import { State } from '@isoquorum/execution/state/state';
import { createStateDatabase } from '@isoquorum/execution/state/database';
import { createMemoryNodeSource } from '@isoquorum/execution/state/node-source';
import { createTrieReader } from '@isoquorum/execution/state/trie-reader';
import { TrieUpdater } from '@isoquorum/execution/state/update-tries';
import { callContract } from '@isoquorum/execution/transition/call';
import { runAsync } from '@isoquorum/execution/transition/steps';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { hexToBytes } from '@isoquorum/primitives/hex';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { createClock } from '@isoquorum/platform/node/clock';
import { createGenesisBlock } from '../chain/genesis-block.ts';
import { testGenesis } from '../testing/genesis.ts';
import { timeSlices } from './time-slices.ts';

const contract = new Uint8Array(20).fill(5);
/** JUMPDEST, PUSH1 0, JUMP: for ever. */
const ENDLESS = '5b600056';

async function runEndless(timeoutMs: number, gas: bigint): Promise<string> {
  const genesis = testGenesis({ nodeKeys: [new Uint8Array(32).fill(1)] });
  const { block } = createGenesisBlock(genesis);
  const database = createStateDatabase(createMemoryNodeSource());
  const state = new State(createTrieReader(database, emptyTrieRoot));
  state.setCode(contract, hexToBytes(`0x${ENDLESS}`));
  state.finalise(false);
  const { root } = new TrieUpdater(database, emptyTrieRoot).commit(state);
  const reader = createTrieReader(database, root);
  const steps = callContract({
    config: genesis.config,
    evm: createFastEvm(),
    header: block.header,
    author: block.header.coinbase,
    states: { publicState: reader, privateState: reader },
    blockHash: () => undefined,
    request: { to: contract, gas },
    options: timeSlices(createClock(), timeoutMs, 'execution aborted (timeout = 1s)'),
  });
  try {
    const outcome = await runAsync(steps);
    return outcome.status === 'done' ? (outcome.result.error ?? outcome.result.status) : outcome.status;
  } catch (error) {
    if (isIsoquorumError(error, 'CALL_TIMEOUT')) return error.message;
    throw error;
  }
}

describe('a call that never ends', () => {
  test('lets others have the thread, and is ended by the time limit', async () => {
    let ended = false;
    const call = runEndless(1000, 1n << 60n).finally(() => {
      ended = true;
    });
    let turns = 0;
    while (!ended) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      turns += 1;
    }
    expect(await call).toBe('execution aborted (timeout = 1s)');
    // A run that kept the thread would give others one turn, at its end.
    expect(turns).toBeGreaterThan(5);
  });

  test('is ended by its gas', async () => {
    expect(await runEndless(0, 25_000_000n)).toBe('out of gas');
  });
});
