import { encodeBlock } from '@isoquorum/primitives/block';
import { BLOCKS_PROTOCOL } from '@isoquorum/network/protocols';
import { decodeSyncAnswer, decodeSyncRequest, encodeSyncAnswer } from '@isoquorum/network/wire/sync';
import { encodeNewBlock } from '@isoquorum/network/wire/new-block';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { beforeEach, describe, expect, it } from 'vitest';
import { testKey } from '../testing/genesis.ts';
import { createStubHost, type StubHost, stubPeer } from '../testing/stub-host.ts';
import { createTestChain, type TestChain } from '../testing/test-chain.ts';
import { type CatchUp, createCatchUp } from './catch-up.ts';
import { serveChain } from './serve.ts';

let source: TestChain;
let target: TestChain;
let host: StubHost;
let server: StubHost;
let catchUp: CatchUp;
const fatal: unknown[] = [];

const peer = (id: string) =>
  stubPeer(id, { status: { ...stubPeer(id).status, headNumber: source.chain.reader.headNumber() } });

async function settle(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) {
    await target.clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

beforeEach(async () => {
  source = await createTestChain();
  for (let nonce = 0; nonce < 6; nonce++) await source.addBlock(nonce % 2 === 0 ? [source.transfer(0, nonce / 2)] : []);
  target = await createTestChain();
  host = createStubHost();
  server = createStubHost();
  serveChain(server, source.chain.reader);
  host.answer = (_peerId, protocol, request) => server.ask(stubPeer('target'), protocol, request);
  catchUp = createCatchUp({
    branches: undefined,
    host,
    chain: target.chain.reader,
    importer: target.importer,
    clock: target.clock,
    logger: silentLogger,
    onAnnounced: () => undefined,
    onFatal: (error) => void fatal.push(error),
  });
});

describe('catching up', () => {
  it('takes headers and bodies of a peer that is ahead', async () => {
    host.connect(peer('honest'));
    await settle();
    expect(target.chain.reader.head().hash).toEqual(source.chain.reader.head().hash);
    expect(catchUp.status()).toMatchObject({ syncing: false, highestBlock: 6 });
  });

  it('turns from a peer that lies to one that does not', async () => {
    host.answer = async (peerId, protocol, request) => {
      const answer = await server.ask(stubPeer('target'), protocol, request);
      if (peerId !== 'liar') return answer;
      const { answer: decoded } = decodeSyncAnswer(answer);
      return encodeSyncAnswer({ ...decoded, items: [...decoded.items].toReversed() });
    };
    host.connect(stubPeer('liar', { status: { ...stubPeer('liar').status, headNumber: 99 } }));
    host.connect(peer('honest'));
    await settle();
    expect(target.chain.reader.headNumber()).toBe(6);
    const asked = new Set(host.requested.map(({ peerId }) => peerId));
    expect(asked).toEqual(new Set(['liar', 'honest']));
  });

  it('refuses bodies that belong to other headers', async () => {
    host.answer = async (_peerId, protocol, request) => {
      const answer = await server.ask(stubPeer('target'), protocol, request);
      if (decodeSyncRequest(request).request.type !== 'bodies') return answer;
      const { answer: decoded } = decodeSyncAnswer(answer);
      const items = [...decoded.items];
      return encodeSyncAnswer({ ...decoded, items: [items[1]!, items[0]!, ...items.slice(2)] });
    };
    host.connect(peer('liar'));
    await settle();
    expect(target.chain.reader.headNumber()).toBe(0);
    expect(fatal).toEqual([]);
  });

  it('believes nobody who only speaks of far blocks', async () => {
    host.connect(peer('honest'));
    catchUp.hint(1_000_000);
    await settle();
    expect(target.chain.reader.headNumber()).toBe(6);
    expect(catchUp.status().highestBlock).toBe(6);
  });

  it('takes announced blocks of nodes, and none of pages', async () => {
    const first = source.chain.reader.blockByNumber(1)!;
    const frame = encodeNewBlock(encodeBlock(first.block), 2n);
    await host.frame(stubPeer('page', { role: 'browser' }), BLOCKS_PROTOCOL, frame);
    expect(target.chain.reader.headNumber()).toBe(0);
    await host.frame(stubPeer('node'), BLOCKS_PROTOCOL, frame);
    expect(target.chain.reader.headNumber()).toBe(1);
    const second = source.seal(await source.makeBlock([], first, 9n), [testKey('a stranger')]);
    const bad = encodeNewBlock(encodeBlock(second), 3n);
    await expect(host.frame(stubPeer('node'), BLOCKS_PROTOCOL, bad)).rejects.toMatchObject({ reaction: 'REJECT' });
  });
});
