import { bytesToBigint } from '@isoquorum/primitives/integer';
import { describe, expect, it } from 'vitest';
import { addressOf } from '../testing/addresses.ts';
import { engines } from '../testing/engines.ts';
import { createTestState, testBlock, testMessage, testRules } from '../testing/states.ts';
import { forkNames } from './evm-rules.ts';
import { DualHost } from './host.ts';

const sender = addressOf(1);
const contract = addressOf(2);
const rules = testRules(Object.fromEntries(forkNames.map((name) => [name, true])));
const blobHashes = [3, 4].map((value) => new Uint8Array(32).fill(value));

/** PUSH1 index, BLOBHASH, PUSH1 slot, SSTORE. */
const store = (index: string, slot: string): string => `${index}4960${slot}55`;
/** Also an index of 2^64, and BLOBBASEFEE to slot 4. */
const code = `${store('6000', '00')}${store('6001', '01')}${store('6002', '02')}${store('68010000000000000000', '03')}4a60045500`;

describe.each(engines)('what a blob transaction shows to code, engine $name', ({ create }) => {
  it('is its hashes, nothing beyond them, and the price of the block', async () => {
    const state = createTestState([{ address: contract, nonce: 1n, code }]);
    const block = testBlock({ rules, baseFee: 7n, blobBaseFee: 5n, randomness: new Uint8Array(32) });
    const host = new DualHost(block, { origin: sender, gasPrice: 7n, blobHashes }, state, state);
    const { status } = await create().run(host, testMessage(sender, contract));
    expect(status).toBe('success');
    const [first, second] = blobHashes.map((hash) => bytesToBigint(hash));
    expect([0n, 1n, 2n, 3n, 4n].map((slot) => state.storage(contract, slot))).toEqual([first, second, 0n, 0n, 5n]);
  });
});
