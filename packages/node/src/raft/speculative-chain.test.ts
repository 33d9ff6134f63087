import type { Block } from '@isoquorum/primitives/block';
import { signTransaction, type Transaction, transactionHash } from '@isoquorum/primitives/transaction/transaction';
import { describe, expect, it } from 'vitest';
import type { ChainBlock } from '../chain/chain.ts';
import { testKey } from '../testing/genesis.ts';
import { createSpeculativeChain } from './speculative-chain.ts';

function transaction(nonce: bigint): Transaction {
  const to = new Uint8Array(20);
  const unsigned = { type: 0 as const, nonce, gasPrice: 0n, gasLimit: 21_000n, to, value: 0n, data: new Uint8Array(0) };
  return signTransaction(unsigned, testKey('account 1'), { chainId: 1337n });
}

const transactions = [0n, 1n, 2n, 3n].map(transaction);

function block(number: number, mark = 0): ChainBlock {
  const contents = { transactions: [transactions[number] as Transaction], uncles: [], header: { number } };
  return { hash: new Uint8Array(32).fill(number + 1).fill(mark, 0, 1), block: contents as unknown as Block };
}

const isProposed = (chain: ReturnType<typeof createSpeculativeChain>, number: number): boolean =>
  chain.isProposed(transactionHash(transactions[number] as Transaction));

describe('the speculative chain', () => {
  it('grows ahead of the log, and gives its blocks over in order', () => {
    const chain = createSpeculativeChain();
    for (const number of [0, 1, 2]) chain.extend(block(number));
    expect(chain.head()?.hash).toEqual(block(2).hash);
    expect([0, 1, 2, 3].map((number) => isProposed(chain, number))).toEqual([true, true, true, false]);
    chain.accept(block(0).hash);
    expect(chain.unapplied()).toHaveLength(2);
    expect([0, 1].map((number) => isProposed(chain, number))).toEqual([false, true]);
    chain.accept(block(1).hash);
    chain.accept(block(2).hash);
    expect([chain.head(), chain.proposedCount()]).toEqual([undefined, 0]);
  });

  it("is void when somebody else's block takes its place, and its transactions may be taken again", () => {
    const chain = createSpeculativeChain();
    for (const number of [0, 1]) chain.extend(block(number));
    chain.accept(block(0, 9).hash);
    expect([chain.head(), chain.proposedCount()]).toEqual([undefined, 0]);
  });

  it('goes back to before a block that the log had out of order, and knows what follows from it', () => {
    const chain = createSpeculativeChain();
    for (const number of [0, 1, 2]) chain.extend(block(number));
    expect(chain.unwindFrom(block(1).hash)).toBe(true);
    expect(chain.head()?.hash).toEqual(block(0).hash);
    expect([0, 1, 2].map((number) => isProposed(chain, number))).toEqual([true, false, false]);
    // The block after it comes out of order, too, and is not ours any more.
    expect(chain.unwindFrom(block(2).hash)).toBe(false);
    expect(chain.unapplied()).toHaveLength(1);
  });
});
