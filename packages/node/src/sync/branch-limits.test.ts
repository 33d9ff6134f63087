import { type Block, blockHash, encodeBlock } from '@isoquorum/primitives/block';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { BLOCKS_PROTOCOL } from '@isoquorum/network/protocols';
import { encodeNewBlock } from '@isoquorum/network/wire/new-block';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChainBlock } from '../chain/chain.ts';
import { type CliqueChain, createCliqueChain } from '../testing/clique-chain.ts';
import { createStubHost, type StubHost, stubPeer } from '../testing/stub-host.ts';
import { createBranchLimits } from './branch-limits.ts';
import { createCatchUp } from './catch-up.ts';
import { serveChain } from './serve.ts';

let source: CliqueChain;
let target: CliqueChain;
let host: StubHost;
const peer = stubPeer('peer');

beforeEach(async () => {
  source = await createCliqueChain({ store: createMemoryStore() });
  target = await createCliqueChain({ store: createMemoryStore() });
  host = createStubHost();
  const server = createStubHost();
  serveChain(server, source.chain.reader);
  host.answer = (_peerId, protocol, request) => server.ask(stubPeer('target'), protocol, request);
  createCatchUp({
    branches: createBranchLimits(target.chain.reader, (header) => target.rules.author(header), {
      blocksPerSigner: 4,
      lightDepth: 3,
    }),
    host,
    chain: target.chain.reader,
    importer: target.importer,
    clock: target.clock,
    logger: silentLogger,
    onAnnounced: () => undefined,
    onFatal: (error) => expect.fail(String(error)),
  });
  host.connect(peer);
});

afterEach(async () => {
  await source.close();
  await target.close();
});

const asParent = (block: Block): ChainBlock => ({ hash: blockHash(block), block });
const isTaken = (block: Block): boolean => target.chain.reader.hasBlock(blockHash(block));

/** A block that differs from others of its signer on this parent by whom it votes for. */
function sibling(parent: ChainBlock, signer: number, salt: number): Promise<Block> {
  return source.make(parent, signer, [], { candidate: new Uint8Array(20).fill(salt + 1), authorize: true });
}

function announce(block: Block): Promise<void> {
  return host.frame(peer, BLOCKS_PROTOCOL, encodeNewBlock(encodeBlock(block), 9n));
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) {
    await target.clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Both chains take blocks by these signers, from the head on. */
async function extend(signers: readonly number[]): Promise<void> {
  for (const signer of signers) {
    const block = await source.make(source.chain.tip(), signer);
    await source.take(block);
    await target.take(block);
  }
}

describe('blocks beside the chain', () => {
  it('a signer that makes endless siblings is listened to a few times at each number', async () => {
    await extend([1]);
    const siblings = await Promise.all(
      Array.from({ length: 30 }, (_, salt) => sibling(source.genesis(), salt % 2 === 0 ? 0 : 2, salt)),
    );
    for (const block of siblings) await announce(block);
    await settle();
    expect(siblings.filter(isTaken)).toHaveLength(8);
    expect(siblings.slice(0, 8).every(isTaken)).toBe(true);
  });

  it('what was not taken comes with the branch that takes the head’s place', async () => {
    const siblings = await Promise.all(Array.from({ length: 6 }, (_, salt) => sibling(source.genesis(), 1, salt)));
    for (const block of siblings) await announce(block);
    const left = siblings.find((block) => !isTaken(block))!;
    await source.take(left);
    const second = await source.make(asParent(left), 2);
    await source.take(second);
    await announce(second);
    await settle();
    expect(isTaken(left)).toBe(true);
    expect(bytesToHex(target.chain.reader.head().hash)).toBe(bytesToHex(blockHash(second)));
  });

  it('a light branch far below the head is not taken, one near it is', async () => {
    await extend([1, 2, 0, 1, 2]);
    const blockAt = (number: number): ChainBlock =>
      target.chain.blocks.block(target.chain.reader.hashByNumber(number)!)!;
    const low = await sibling(blockAt(0), 0, 1);
    const near = await sibling(blockAt(2), 1, 1);
    await announce(low);
    await announce(near);
    await settle();
    expect([low, near].map(isTaken)).toEqual([false, true]);
  });

  it('a branch of equal weight that is lower takes the head’s place, however far below it begins', async () => {
    // In turn, three blocks weigh as much as six out of turn.
    for (const signer of [2, 0, 1, 2, 0, 1]) await target.take(await target.make(target.chain.tip(), signer));
    for (const signer of [1, 2, 0]) await source.take(await source.make(source.chain.tip(), signer));
    await announce(source.chain.tip().block);
    await settle();
    expect(bytesToHex(target.chain.reader.head().hash)).toBe(bytesToHex(source.chain.tip().hash));
  });
});

describe('blocks ahead of the clock', () => {
  it('few of one peer wait for their time, whatever their seals', async () => {
    const block = await source.make(source.chain.tip(), 1);
    const refused: unknown[] = [];
    for (let salt = 0; salt < 50; salt++) {
      const timestamp = BigInt(target.clock.nowMs() / 1000 + 10);
      const early = { ...block, header: { ...block.header, timestamp, gasUsed: BigInt(salt) } };
      await announce(early).catch((error: unknown) => refused.push(error));
    }
    expect(refused).toHaveLength(42);
    expect(refused[0]).toMatchObject({ code: 'BLOCK_IN_FUTURE' });
    await settle();
  });
});
