import { IsoquorumError } from '@isoquorum/primitives/errors';
import { storeMiss } from '@isoquorum/platform/store-error';
import { describe, expect, it } from 'vitest';
import { createFastEvm } from '../evm/fast/engine.ts';
import { createStateDatabase } from '../state/database.ts';
import { nodeKey } from '../state/keys.ts';
import { createStoreNodeSource } from '../state/node-source.ts';
import { addressOf } from '../testing/addresses.ts';
import { createSmallChain, testTransaction } from '../testing/small-chain.ts';
import { applyBlock } from './apply-block.ts';
import { withNeeds } from './needs.ts';
import { runAsync, runSync } from './steps.ts';

describe('needs', () => {
  it('names the key that a store does not have resident', async () => {
    const chain = createSmallChain(createFastEvm(), { alloc: { [`0x${'11'.repeat(20)}`]: { balance: '1' } } });
    const { header, transactions } = await chain.build([testTransaction({ nonce: 0n, to: addressOf(9) })]);
    const database = createStateDatabase(createStoreNodeSource({ getSync: storeMiss }));
    const parentRoot = chain.genesisHeader.stateRoot;
    const outcome = runSync(
      applyBlock({ ...chain.context, database, header, transactions, parentRoot, author: header.coinbase }),
    );
    expect(outcome).toEqual({ status: 'needs', needs: [{ type: 'local', keys: [nodeKey(parentRoot)] }] });
  });

  it('lets other errors pass', async () => {
    const failing = function* (): Generator<PromiseLike<unknown>, never, unknown> {
      yield Promise.resolve();
      throw new IsoquorumError('NONCE_TOO_LOW', 'nonce too low', {});
    };
    await expect(runAsync(withNeeds(failing()))).rejects.toThrow('nonce too low');
  });

  it('hands the error of an awaited engine to the steps', async () => {
    const waiting = function* (): Generator<PromiseLike<unknown>, unknown, unknown> {
      try {
        return yield Promise.reject(new Error('engine'));
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(await runAsync(waiting())).toBe('engine');
  });
});
