import { encodeBlock } from '@isoquorum/primitives/block';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual, concatBytes } from '@isoquorum/primitives/hex';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { createTestChain } from '../testing/test-chain.ts';
import { streamBlocks } from './block-stream.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 100);
let file: Uint8Array;
let blocks: Uint8Array[];

beforeAll(async () => {
  const test = await createTestChain();
  for (let nonce = 0; nonce < 4; nonce++) await test.addBlock(nonce % 2 === 0 ? [test.transfer(0, nonce / 2)] : []);
  blocks = [0, 1, 2, 3, 4].map((number) => encodeBlock(test.chain.reader.blockByNumber(number)!.block));
  file = concatBytes(...blocks);
});

async function* cut(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array, void, undefined> {
  let offset = 0;
  for (let turn = 0; offset < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    yield bytes.subarray(offset, offset + size);
    offset += size;
  }
}

it('gives the same blocks however the file is cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 8 }), async (sizes) => {
      const found: Uint8Array[] = [];
      for await (const { block } of streamBlocks(cut(file, sizes))) found.push(encodeBlock(block));
      expect(found.length).toBe(blocks.length);
      expect(found.every((bytes, index) => bytesEqual(bytes, blocks[index]!))).toBe(true);
    }),
    { numRuns },
  );
});

it('refuses damaged files with a code', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 }),
      fc.nat(),
      async (changes, end) => {
        const damaged = file.slice(0, (end % file.length) + 1);
        for (const [at, value] of changes) damaged[at % damaged.length] = value;
        try {
          for await (const _ of streamBlocks(cut(damaged, [997])));
        } catch (error) {
          if (!isIsoquorumError(error)) throw error;
          expect(error.code).toMatch(/^CHAIN_FILE_(INVALID|CUT)$/);
        }
      },
    ),
    { numRuns },
  );
});
