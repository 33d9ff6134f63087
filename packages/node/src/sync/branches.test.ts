import { type Block, blockHash, encodeBlock } from '@isoquorum/primitives/block';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { BLOCKS_PROTOCOL } from '@isoquorum/network/protocols';
import { decodeSyncAnswer, decodeSyncRequest, encodeSyncAnswer } from '@isoquorum/network/wire/sync';
import { encodeNewBlock } from '@isoquorum/network/wire/new-block';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CliqueChain, createCliqueChain } from '../testing/clique-chain.ts';
import { createStubHost, type StubHost, stubPeer } from '../testing/stub-host.ts';
import { createBranchLimits } from './branch-limits.ts';
import { createCatchUp } from './catch-up.ts';
import { serveChain } from './serve.ts';

let source: CliqueChain;
let target: CliqueChain;
let host: StubHost;
let server: StubHost;
let fatal: unknown[];

/** Blocks by these signers, the first on the genesis. */
async function extend(chain: CliqueChain, signers: readonly number[]): Promise<Block[]> {
  const blocks: Block[] = [];
  for (const signer of signers) {
    const block = await chain.make(chain.chain.tip(), signer);
    await chain.take(block);
    blocks.push(block);
  }
  return blocks;
}

const headOf = ({ chain }: CliqueChain): string => bytesToHex(chain.reader.head().hash);

async function settle(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) {
    await target.clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A peer that says it stands at the source's head. */
function peer(id: string) {
  const { block, hash } = source.chain.reader.head();
  return stubPeer(id, { status: { ...stubPeer(id).status, headNumber: block.header.number, headHash: hash } });
}

beforeEach(async () => {
  fatal = [];
  source = await createCliqueChain({ store: createMemoryStore() });
  target = await createCliqueChain({ store: createMemoryStore() });
  host = createStubHost();
  server = createStubHost();
  serveChain(server, source.chain.reader);
  host.answer = (_peerId, protocol, request) => server.ask(stubPeer('target'), protocol, request);
  createCatchUp({
    branches: createBranchLimits(target.chain.reader, (header) => target.rules.author(header)),
    host,
    chain: target.chain.reader,
    importer: target.importer,
    clock: target.clock,
    logger: silentLogger,
    onAnnounced: () => undefined,
    onFatal: (error) => void fatal.push(error),
  });
  // In turn, two blocks weigh more than three out of turn.
  await extend(source, [1, 2]);
  await extend(target, [2, 0, 1]);
});

afterEach(async () => {
  expect(fatal).toEqual([]);
  await source.close();
  await target.close();
});

describe('branches', () => {
  it('that are heavier and lower are found by the hash of a peer’s head', async () => {
    host.connect(peer('other'));
    await settle();
    expect(headOf(target)).toBe(headOf(source));
  });

  it('whose blocks are announced are fetched down to where they leave our chain', async () => {
    await extend(source, [0, 1]);
    const { block } = source.chain.reader.head();
    host.connect(stubPeer('other'));
    await host.frame(stubPeer('other'), BLOCKS_PROTOCOL, encodeNewBlock(encodeBlock(block), 9n));
    await settle();
    expect(headOf(target)).toBe(headOf(source));
  });

  it('that are lighter are kept beside the chain', async () => {
    await extend(target, [0, 1, 2, 0]);
    const before = headOf(target);
    host.connect(peer('other'));
    await settle();
    expect(headOf(target)).toBe(before);
    expect(target.chain.blocks.receipts(source.chain.reader.head().hash)).toBeDefined();
  });

  it('whose headers are not linked are refused, and an honest peer gives the true one', async () => {
    host.answer = async (peerId, protocol, request) => {
      const answer = await server.ask(stubPeer('target'), protocol, request);
      if (peerId !== 'liar') return answer;
      const { answer: decoded } = decodeSyncAnswer(answer);
      return encodeSyncAnswer({ ...decoded, items: [...decoded.items].toReversed() });
    };
    const before = headOf(target);
    host.connect(peer('liar'));
    await settle();
    expect(headOf(target)).toBe(before);
    host.connect(peer('honest'));
    await settle();
    expect(headOf(target)).toBe(headOf(source));
  });

  it('that never meet our chain end at the genesis', async () => {
    const stranger = await createCliqueChain({ store: createMemoryStore(), epochLength: 7 });
    const blocks = await extend(stranger, [1, 2, 0]);
    const orphan: Block = { ...blocks[0]!, header: { ...blocks[0]!.header, parentHash: new Uint8Array(32).fill(9) } };
    const answers = createStubHost();
    serveChain(answers, stranger.chain.reader);
    host.answer = (_peerId, protocol, request) => answers.ask(stubPeer('target'), protocol, request);
    const before = headOf(target);
    host.connect(stubPeer('liar'));
    await host.frame(stubPeer('liar'), BLOCKS_PROTOCOL, encodeNewBlock(encodeBlock(orphan), 99n));
    await settle();
    expect(headOf(target)).toBe(before);
    expect(host.requested.length).toBeLessThan(20);
    expect(decodeSyncRequest(host.requested[0]!.request).request.type).toBe('headers');
    expect(target.chain.reader.hasBlock(blockHash(orphan))).toBe(false);
    await stranger.close();
  });
});
