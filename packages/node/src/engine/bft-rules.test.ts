import { compareBytes, hexToBytes } from '@isoquorum/primitives/hex';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { nodeKeyToAddress } from '@isoquorum/primitives/node-key';
import { createStoreNodeSource } from '@isoquorum/execution/state/node-source';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { describe, expect, it } from 'vitest';
import { keptBlocks } from '../chain/pruner.ts';
import { createPayloadResolver, noPayloads } from '../private/payload-resolver.ts';
import { createPrivateFollower } from '../private/private-follower.ts';
import { testKey } from '../testing/genesis.ts';
import { createTestChain, type TestChain } from '../testing/test-chain.ts';
import { validatorContractAddress } from '../testing/validator-contract.ts';

/** A call that lets the contract name so many of its list. */
const name = (test: TestChain, nonce: number, count: bigint) =>
  test.transfer(0, nonce, {
    to: hexToBytes(validatorContractAddress),
    value: 0n,
    gasLimit: 100_000n,
    data: bigintToFixedBytes(count, 32),
  });
/** The keys of four validators in the order of the contract's list. */
const inOrder = [1, 2, 3, 4]
  .map((index) => testKey(`node ${index}`))
  .toSorted((left, right) => compareBytes(nodeKeyToAddress(left), nodeKeyToAddress(right)));

describe('validators that a contract names', () => {
  it('decide on the block after the one that changed the list', async () => {
    const test = await createTestChain({ validators: 4, validatorsByContractFrom: 0 });
    await test.addBlock([name(test, 0, 3n)]);
    const next = await test.makeBlock([]);
    const importing = (keys: readonly Uint8Array[]) => test.importer.import(test.seal(next, keys));
    await expect(importing(inOrder)).rejects.toMatchObject({ code: 'SEAL_DUPLICATE' });
    await expect(importing(inOrder.slice(1))).rejects.toMatchObject({ code: 'SEAL_BY_STRANGER' });
    await expect(importing(inOrder.slice(0, 1))).rejects.toMatchObject({ code: 'SEALS_BELOW_QUORUM' });
    expect((await importing(inOrder.slice(0, 3))).type).toBe('imported');
  });

  it('are known after a start on pruned states, where votes cannot be replayed', async () => {
    const options = { validatorsByContractFrom: 0, gcMode: 'full' } as const;
    const test = await createTestChain(options);
    const { chain, executor, clock } = test;
    const resolver = createPayloadResolver({ source: noPayloads });
    const onFatal = (error: unknown): never => {
      throw error;
    };
    // States that a private head has not passed are never freed.
    const follower = createPrivateFollower({ chain, executor, resolver, clock, logger: silentLogger, onFatal });
    follower.start();
    for (let number = 0; number < keptBlocks + 12; number++) await test.addBlock([test.transfer(0, number)]);
    await follower.idle();
    await test.prune();
    await follower.stop();
    const old = chain.reader.headerByNumber(5);
    expect(old && createStoreNodeSource(test.store).node(old.stateRoot)).toBeUndefined();
    const again = await createTestChain({ ...options, store: test.store });
    await again.addBlock([again.transfer(0, keptBlocks + 12)]);
    expect(again.chain.reader.headNumber()).toBe(keptBlocks + 13);
  });
});
