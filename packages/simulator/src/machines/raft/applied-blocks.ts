import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToBareHex, concatBytes } from '@isoquorum/primitives/hex';
import { bytesToNumber, numberToBytes } from '@isoquorum/primitives/integer';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { encodeRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import type { Disk } from '../../core/disk.ts';

const blockKey = (number: number): string => `block ${number}`;
const headKey = 'head';

/** The chain of a Raft machine: what was committed, one block for each entry, on a disk of its own. */
export class AppliedBlocks {
  private readonly disk: Disk;
  private readonly blocks: Uint8Array[] = [];
  private readonly hashes: string[] = [bytesToBareHex(new Uint8Array(32))];

  /** @throws STORE_DAMAGED */
  constructor(disk: Disk) {
    this.disk = disk;
    const headBytes = disk.get(headKey);
    const head = headBytes === undefined ? 0 : bytesToNumber(headBytes);
    for (let number = 1; number <= head; number++) {
      const block = disk.get(blockKey(number));
      if (block === undefined)
        throw new IsoquorumError('STORE_DAMAGED', `block ${number} is missing below head ${head}`, { number }, 'STOP');
      this.push(block);
    }
  }

  get head(): number {
    return this.blocks.length;
  }

  hashAt(number: number): string {
    return this.hashes[number] as string;
  }

  /** The block at a height from 1. */
  at(number: number): Uint8Array | undefined {
    return this.blocks[number - 1];
  }

  /** Calls `done` when the block is the durable head. */
  append(block: Uint8Array, done: () => void): void {
    const number = this.head + 1;
    this.disk.write(
      [
        [blockKey(number), block],
        [headKey, numberToBytes(number)],
      ],
      () => {
        this.push(block);
        done();
      },
    );
  }

  /** The first `number` blocks, for a snapshot. */
  encode(number: number): Uint8Array {
    return encodeRlp(this.blocks.slice(0, number));
  }

  private push(block: Uint8Array): void {
    const parent = this.hashes.at(-1) as string;
    this.blocks.push(block);
    this.hashes.push(bytesToBareHex(keccak256(concatBytes(utf8ToBytes(parent), block))));
  }
}

/** The blocks in a snapshot. @throws RLP_* */
export function blocksIn(snapshotData: Uint8Array): readonly Uint8Array[] {
  if (snapshotData.length === 0) return [];
  const reader = new RlpReader(snapshotData).readList('blocks');
  const blocks: Uint8Array[] = [];
  while (reader.hasMore) blocks.push(reader.readBytes('block').slice());
  return blocks;
}
