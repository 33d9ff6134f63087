import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { describe, expect, it } from 'vitest';
import { createHybridEvm } from '../evm/hybrid/engine.ts';
import { createWasmEvm } from '../evm/wasm/engine.ts';
import { addressOf } from '../testing/addresses.ts';
import { createSmallChain, type SmallChain, testSender, testTransaction } from '../testing/small-chain.ts';

/** Loops until its gas is nearly used up. */
const burner = hexToBytes('0x5b620186a05a10600d576000565b00');
const transfer = (nonce: bigint) => testTransaction({ nonce, to: addressOf(9), value: 1n });
const burn = (nonce: bigint) => testTransaction({ nonce, data: burner, gasLimit: 50_000_000n });

describe.each([
  { name: 'hybrid', create: createHybridEvm },
  { name: 'wasm', create: () => createWasmEvm(createHybridEvm()) },
])('a block that is built while other work goes on, engine $name', ({ create }) => {
  const chainOf = (): SmallChain =>
    createSmallChain(create(), { alloc: { [bytesToHex(testSender)]: { balance: '1000000' } } });

  it('lets it in between transactions and inside them, and comes to the same block, though another is built at a pause', async () => {
    const chain = chainOf();
    const candidates = [transfer(0n), burn(1n), transfer(2n)];
    const plain = await chain.build(candidates);
    let pauses = 0;
    const slow = await chain.build(candidates, {
      async pause() {
        pauses++;
        if (pauses === 3) await chain.build([transfer(0n), transfer(1n)]);
      },
    });
    // One before each transaction, and some in the long one.
    expect(pauses).toBeGreaterThan(candidates.length);
    expect(slow.header).toEqual(plain.header);
    expect(slow.transactions).toHaveLength(3);
  });

  it('ends in the middle of a transaction when it is void, which is not held against the transaction', async () => {
    const chain = chainOf();
    const isVoid = new Error('void');
    let checks = 0;
    const checkDeadline = (): void => {
      checks++;
      if (checks === 3) throw isVoid;
    };
    await expect(chain.build([burn(0n), transfer(1n)], { checkDeadline })).rejects.toBe(isVoid);
    expect((await chain.build([burn(0n), transfer(1n)])).transactions).toHaveLength(2);
  });
});
