import { hexToBytes } from '@isoquorum/primitives/hex';
import { describe, expect, it } from 'vitest';
import { addressOf } from '../testing/addresses.ts';
import { engines } from '../testing/engines.ts';
import { createTestState, testBlock, testMessage } from '../testing/states.ts';
import { DualHost } from './host.ts';

const sender = addressOf(1);
const contract = addressOf(2);

/** Programs on which engines once differed, shrunk by the differential fuzz. */
const CASES: readonly { readonly why: string; readonly code: string; readonly error: string }[] = [
  {
    // PUSH1 0x61, MLOAD, DUP2: the analysis by single instructions lay where the memory of its own frame grew.
    why: 'memory grows in a block that fails',
    code: '60615181',
    error: 'stack underflow (1 <=> 2)',
  },
];

// The library words its failures in its own way.
describe.each(engines.filter(({ name }) => name !== 'reference'))('found by fuzz, engine $name', ({ create }) => {
  const evm = create();

  it.each(CASES)('$why', async ({ code, error }) => {
    const state = createTestState([{ address: contract, nonce: 1n, code }]);
    const host = new DualHost(testBlock(), { origin: sender, gasPrice: 0n }, state, state);
    const result = await evm.run(host, testMessage(sender, contract, hexToBytes('0x')));
    expect(result).toMatchObject({ status: 'failure', gasLeft: 0n, error });
  });
});
