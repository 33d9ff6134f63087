import { createMemoryLogger, silentLogger } from '@isoquorum/platform/memory/logger';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { bytesEqual, bytesToHex } from '@isoquorum/primitives/hex';
import { describe, expect, it } from 'vitest';
import { createTestChain } from '../testing/test-chain.ts';
import { testGenesis, testKey } from '../testing/genesis.ts';
import { headKey, privateHeadKey, schemaKey } from './keys.ts';
import { openChain } from './open-chain.ts';

const options = { logger: silentLogger, onWriteFailure: () => undefined };

describe('opening', () => {
  it('goes on where the store ends', async () => {
    const test = await createTestChain();
    const hash = (await test.addBlock([test.transfer(0, 0)])).hash;
    const again = await createTestChain({ store: test.store });
    expect(again.chain.reader.head().hash).toEqual(hash);
    const transaction = test.transfer(0, 0);
    const { transactionHash } = again.chain.reader.publicReceipts(hash)![0]!;
    expect(again.chain.reader.transaction(transactionHash)!.transaction.nonce).toBe(transaction.nonce);
    expect(again.chain.reader.receipt(transactionHash, 'private')!.receipt.status).toBe(1);
    await again.addBlock([again.transfer(0, 1)]);
    expect(again.chain.reader.headNumber()).toBe(2);
  });

  it('refuses a store of a later version', async () => {
    const test = await createTestChain();
    await test.store.batch([{ type: 'put', key: schemaKey, value: Uint8Array.of(0, 0, 0, 99) }]);
    await expect(createTestChain({ store: test.store })).rejects.toMatchObject({
      code: 'STORE_SCHEMA_NEWER',
      fields: { schema: 99 },
    });
  });

  it('refuses a store of another chain', async () => {
    const test = await createTestChain();
    const other = testGenesis({ nodeKeys: [testKey('somebody else')] });
    await expect(openChain({ ...options, genesis: other, store: test.store })).rejects.toMatchObject({
      code: 'STORE_GENESIS_MISMATCH',
    });
  });

  it('refuses a genesis file that changes rules of blocks that are there, and takes one that changes later ones', async () => {
    const test = await createTestChain();
    await test.addBlock();
    const { genesis } = test.chain.reader;
    const changed = (block: number) => {
      const { transitions } = parseGenesis({
        config: { qbft: {}, transitions: [{ block, blockperiodseconds: 9 }] },
        gasLimit: '0x1',
        difficulty: '0x1',
        alloc: {},
      }).config;
      return { ...genesis, config: { ...genesis.config, transitions } };
    };
    await expect(openChain({ ...options, genesis: changed(1), store: test.store })).rejects.toMatchObject({
      code: 'CONFIG_INCOMPATIBLE',
      reaction: 'STOP',
      fields: { what: 'transitions data incompatible. updating transitions for past', rewindTo: 0 },
    });
    await openChain({ ...options, genesis: changed(2), store: test.store });
    // The later file is the chain's now.
    const again = await createTestChain({ store: test.store });
    expect(again.chain.reader.headNumber()).toBe(1);
    await openChain({ ...options, genesis: changed(2), store: test.store });
    await again.addBlock();
    await expect(createTestChain({ store: test.store })).rejects.toMatchObject({ code: 'CONFIG_INCOMPATIBLE' });
  });

  it('goes back to a block whose state is whole, and says so', async () => {
    const test = await createTestChain();
    const first = await test.addBlock([test.transfer(0, 0)]);
    const second = await test.addBlock([test.transfer(0, 1)]);
    const damaged = createMemoryStore();
    for await (const [key, value] of test.store.iterate({})) {
      const isRoot = key.length === 33 && bytesEqual(key.subarray(1), second.block.header.stateRoot);
      if (!isRoot) await damaged.batch([{ type: 'put', key, value }]);
    }
    const logger = createMemoryLogger();
    const { chain } = await openChain({ ...options, logger, genesis: test.chain.reader.genesis, store: damaged });
    expect(chain.reader.head().hash).toEqual(first.hash);
    expect(logger.lines.some(({ level, message }) => level === 'warn' && message.includes('went back'))).toBe(true);
    expect(damaged.getSync(headKey)).toEqual(first.hash);
  });

  it('takes a private head that a crash left above the chain down to it', async () => {
    const test = await createTestChain();
    const first = await test.addBlock();
    const value = new Uint8Array(40);
    value[7] = 9;
    await test.store.batch([{ type: 'put', key: privateHeadKey('private'), value }]);
    const again = await createTestChain({ store: test.store });
    expect(again.chain.reader.privateHead('private')).toMatchObject({ number: 1, hash: first.hash });
    expect(bytesToHex(again.chain.reader.head().hash)).toBe(bytesToHex(first.hash));
  });
});
