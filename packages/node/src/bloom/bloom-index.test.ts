import { describe, expect, test } from 'vitest';
import { addToBloom, bloomBits, bloomLength, bloomMayContain, unionBloom } from '@isoquorum/primitives/bloom';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { createClock } from '@isoquorum/platform/node/clock';
import { createSeededRandom } from '@isoquorum/platform/memory/random';
import type { ChainEvent, ChainReader } from '../chain/chain.ts';
import { bloomSectionKey } from '../chain/keys.ts';
import { createWriteQueue } from '../chain/write-queue.ts';
import { createBloomIndex } from './index-reader.ts';
import { createBloomIndexer } from './indexer.ts';
import { placesOf, SECTION_BLOCKS } from './section.ts';

const HEAD = 2 * SECTION_BLOCKS + 300;
const random = createSeededRandom(7);
const elements = Array.from({ length: 40 }, () => random.bytes(20));
const NOTHING = new Uint8Array(bloomLength);

function someBloom(chance: number): Uint8Array {
  const bloom = new Uint8Array(bloomLength);
  for (const element of elements) if ((random.bytes(1)[0] as number) < chance) addToBloom(bloom, element);
  return bloom;
}

/** A chain of headers with blooms only, and one private state that follows it. */
function createBloomChain() {
  const open = Array.from({ length: HEAD + 1 }, () => someBloom(6));
  const own = Array.from({ length: HEAD + 1 }, () => someBloom(2));
  const listeners = new Set<(event: ChainEvent) => void>();
  const hashOf = (number: number): Uint8Array => new Uint8Array(32).fill(number & 0xff).with(0, number >> 8);
  const chain = {
    headNumber: () => HEAD,
    privateHead: () => ({ number: HEAD }),
    privateStates: () => ['private'],
    hashByNumber: hashOf,
    headerByNumber: (number: number) => ({ logsBloom: open[number] }),
    onEvent: (listener: (event: ChainEvent) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  } as unknown as ChainReader;
  return { chain, open, own, hashOf, emit: (event: ChainEvent) => listeners.forEach((listener) => listener(event)) };
}

async function indexed() {
  const made = createBloomChain();
  const store = createMemoryStore();
  const writes = createWriteQueue(store, () => undefined);
  const index = createBloomIndex({ store, hashByNumber: made.hashOf });
  const indexer = createBloomIndexer({
    chain: made.chain,
    index,
    privateBloom: (number) => made.own[number],
    writes,
    clock: createClock(),
    logger: silentLogger,
  });
  indexer.start();
  await indexer.idle();
  return { ...made, store, writes, index, indexer };
}

describe('the index of logs', () => {
  test('finds exactly the blocks whose filters match, public and private ones', async () => {
    const { index, indexer, open, own } = await indexed();
    for (const wanted of [[elements[0]], [elements[1], elements[2]], [random.bytes(20)]]) {
      const query = [wanted.map((element) => bloomBits(element as Uint8Array))];
      for (const section of [0, 1]) {
        const row = index.match(section, 'private', query);
        expect(row).toBeDefined();
        const expected: number[] = [];
        for (let place = 0; place < SECTION_BLOCKS; place += 1) {
          const number = section * SECTION_BLOCKS + place;
          const bloom = unionBloom(open[number] ?? NOTHING, own[number] ?? NOTHING);
          if (wanted.some((element) => bloomMayContain(bloom, element as Uint8Array))) expected.push(place);
        }
        expect([...placesOf(row as Uint8Array)]).toEqual(expected);
      }
    }
    const both = [[bloomBits(elements[3] as Uint8Array)], [bloomBits(elements[4] as Uint8Array)]];
    for (const place of placesOf(index.match(0, 'private', both) as Uint8Array)) {
      const bloom = unionBloom(open[place] ?? NOTHING, own[place] ?? NOTHING);
      expect([elements[3], elements[4]].every((element) => bloomMayContain(bloom, element as Uint8Array))).toBe(true);
    }
    await indexer.stop();
  });

  test('holds finished sections only, and none whose blocks are no longer on the chain', async () => {
    const { index, indexer, store } = await indexed();
    expect([0, 1, 2].map((section) => index.match(section, 'private', []) !== undefined)).toEqual([true, true, false]);
    const elsewhere = createBloomIndex({ store, hashByNumber: () => new Uint8Array(32).fill(9) });
    expect(elsewhere.match(0, 'private', [])).toBeUndefined();
    await indexer.stop();
  });

  test('a private state that went back is indexed again with what it then saw', async () => {
    const { index, indexer, own, emit, writes } = await indexed();
    const late = SECTION_BLOCKS + 17;
    const unseen = random.bytes(20);
    const query = [[bloomBits(unseen)]];
    const bloom = (own[late] ?? NOTHING).slice();
    addToBloom(bloom, unseen);
    own[late] = bloom;
    await writes.write([{ type: 'delete', key: bloomSectionKey('private', 1) }]);
    expect(index.match(1, 'private', query)).toBeUndefined();
    emit({ type: 'privateRewind', psi: 'private', number: late - 1, digest: '0x' });
    await indexer.idle();
    expect([...placesOf(index.match(1, 'private', query) as Uint8Array)]).toContain(17);
    await indexer.stop();
  });
});
