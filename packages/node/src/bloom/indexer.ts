import { bloomLength } from '@isoquorum/primitives/bloom';
import type { Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { StoreOperation } from '@isoquorum/platform/store';
import type { ChainReader } from '../chain/chain.ts';
import { bloomRowKey, bloomSectionKey, PUBLIC_BLOOMS } from '../chain/keys.ts';
import type { WriteQueue } from '../chain/write-queue.ts';
import type { BloomIndex } from './index-reader.ts';
import { BloomSection, encodeRow, SECTION_BLOCKS } from './section.ts';

/** A section is indexed when so many blocks have come after it: branches end before. */
const CONFIRMATIONS = 256;
/** Blocks that are read before others get their turn. */
const BLOCKS_AT_ONCE = 128;

/** Indexes finished sections of 4,096 blocks, public logs and those of each private state, while nothing else has to be done. */
export interface BloomIndexer {
  start(): void;
  stop(): Promise<void>;
  /** Resolves when everything that can be indexed is. */
  idle(): Promise<void>;
}

export interface BloomIndexerOptions {
  readonly chain: ChainReader;
  readonly index: BloomIndex;
  /** Private bloom of a block; no bytes when it has no private logs. */
  readonly privateBloom: (number: number, psi: string) => Uint8Array | undefined;
  readonly writes: WriteQueue;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createBloomIndexer(options: BloomIndexerOptions): BloomIndexer {
  const { chain, index, privateBloom, writes, clock, logger } = options;
  /** First section that may be missing, by name. */
  const next = new Map<string, number>();
  let running: Promise<void> | undefined;
  let again = false;
  /** Counts the times that something behind the heads changed. */
  let generation = 0;
  let stopped = true;
  let cancelListening: (() => void) | undefined;

  function giveWay(): Promise<void> {
    return new Promise((resolve) => {
      clock.setTimer(0, resolve);
    });
  }

  function heightOf(name: string): number {
    return name === PUBLIC_BLOOMS ? chain.headNumber() : chain.privateHead(name).number;
  }

  function bloomOf(number: number, name: string): Uint8Array | undefined {
    if (name !== PUBLIC_BLOOMS) return privateBloom(number, name);
    return chain.headerByNumber(number)?.logsBloom;
  }

  /** Indexes a section; false when the chain changed meanwhile. */
  async function indexSection(section: number, name: string): Promise<boolean> {
    const first = section * SECTION_BLOCKS;
    const last = first + SECTION_BLOCKS - 1;
    const hash = chain.hashByNumber(last);
    const begun = generation;
    const built = new BloomSection();
    for (let number = first; number <= last; number += 1) {
      if (number % BLOCKS_AT_ONCE === BLOCKS_AT_ONCE - 1) await giveWay();
      if (stopped || heightOf(name) < number) return false;
      const bloom = bloomOf(number, name);
      if (bloom !== undefined && bloom.length === bloomLength) built.add(number - first, bloom);
    }
    // Blocks that were read and then executed again would be in it as they were.
    if (hash === undefined || begun !== generation) return false;
    const operations: StoreOperation[] = [];
    for (const [bit, row] of built.rows)
      operations.push({ type: 'put', key: bloomRowKey(name, section, bit), value: encodeRow(row) });
    operations.push({ type: 'put', key: bloomSectionKey(name, section), value: hash });
    await writes.write(operations);
    return true;
  }

  async function indexAll(name: string): Promise<void> {
    for (let section = next.get(name) ?? 0; !stopped; section += 1) {
      const last = (section + 1) * SECTION_BLOCKS - 1;
      if (heightOf(name) < last + CONFIRMATIONS) return;
      if (!index.isIndexed(section, name) && !(await indexSection(section, name))) return;
      next.set(name, section + 1);
    }
  }

  async function run(): Promise<void> {
    do {
      again = false;
      for (const name of [PUBLIC_BLOOMS, ...chain.privateStates()]) await indexAll(name);
    } while (again && !stopped);
  }

  function kick(): void {
    if (stopped) return;
    if (running !== undefined) {
      again = true;
      return;
    }
    running = run()
      .catch((error: unknown) => {
        logger.log('warn', 'Indexing logs failed: they are found without the index', { reason: String(error) });
      })
      .finally(() => {
        running = undefined;
      });
  }

  return {
    start() {
      stopped = false;
      cancelListening = chain.onEvent((event) => {
        if (event.type === 'privateRewind' || (event.type === 'head' && event.removed.length > 0)) {
          generation += 1;
          next.clear();
          kick();
        }
        const isDue = (number: number): boolean => number % SECTION_BLOCKS === CONFIRMATIONS;
        if (event.type === 'head' && event.added.some(({ block }) => isDue(block.header.number))) kick();
        if (event.type === 'privateHead' && isDue(event.number)) kick();
      });
      kick();
    },
    async stop() {
      stopped = true;
      cancelListening?.();
      await running;
    },
    async idle() {
      while (running !== undefined) await running;
    },
  };
}
