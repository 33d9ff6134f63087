import { hexToBytes } from '@isoquorum/primitives/hex';
import { describe, expect, it } from 'vitest';
import { addressOf } from '../testing/addresses.ts';
import { engines } from '../testing/engines.ts';
import { createTestState, testBlock, testMessage } from '../testing/states.ts';
import { DualHost } from './host.ts';

const sender = addressOf(1);
const contract = addressOf(2);
const gas = 30_000_000n;
/** The same for every engine. */
let gasLeft: bigint | undefined;

// Larger than what the core analyses; GoQuorum has no limit to code that builds a contract.
describe.each(engines)('200,000 bytes of init code, engine $name', ({ create }) => {
  const evm = create();

  it('run as the outermost message', async () => {
    const state = createTestState([{ address: sender }]);
    const host = new DualHost(testBlock(), { origin: sender, gasPrice: 0n }, state, state);
    // SSTORE(0, CODESIZE), then return one byte of code.
    const code = hexToBytes(`0x3860005560016000f3${'00'.repeat(200_000)}`);
    const result = await evm.run(host, testMessage(sender, undefined, code, gas));
    const created = result.createdAddress ?? new Uint8Array(20);
    expect(result.status).toBe('success');
    expect(state.storage(created, 0n)).toBe(BigInt(code.length));
    expect(state.code(created)).toEqual(Uint8Array.of(0));
  });

  it('run nested, and give address, gas and revert data back', async () => {
    // CREATE(0, 0, 200000) of zeros, then of code that reverts with 32 bytes; results and sizes of return data to storage.
    const creates = '62030d4060006000f0600055';
    const reverts = '6460206000fd60d81b60005262030d4060006000f06001553d600255';
    const state = createTestState([
      { address: sender },
      { address: contract, nonce: 1n, code: `${creates}${reverts}00` },
    ]);
    const host = new DualHost(testBlock(), { origin: sender, gasPrice: 0n }, state, state);
    const result = await evm.run(host, testMessage(sender, contract, new Uint8Array(0), gas));
    expect(result.status).toBe('success');
    const created = state.storage(contract, 0n);
    expect(created).not.toBe(0n);
    expect([state.storage(contract, 1n), state.storage(contract, 2n)]).toEqual([0n, 32n]);
    gasLeft ??= result.gasLeft;
    expect(result.gasLeft).toBe(gasLeft);
  });
});
