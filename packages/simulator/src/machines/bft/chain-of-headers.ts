import { verifyBftHeader } from '@isoquorum/consensus/header';
import type { HeaderRules } from '@isoquorum/consensus/header-rules';
import { genesisSnapshot, nextSnapshot, type Snapshot, type SnapshotRules } from '@isoquorum/consensus/snapshot';
import { type Block, blockHash, decodeBlock, encodeBlock } from '@isoquorum/primitives/block';
import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import type { Header } from '@isoquorum/primitives/header';
import { bytesEqual, bytesToBareHex, concatBytes } from '@isoquorum/primitives/hex';
import { numberToBytes } from '@isoquorum/primitives/integer';
import { bytesToNumber } from '@isoquorum/primitives/integer';
import { keccak256 } from '@isoquorum/primitives/keccak';
import type { Disk } from '../../core/disk.ts';
import { recoverFake } from '../fake-signatures.ts';

/** What execution of an empty block makes of a state root: the machines' stand-in for an EVM. */
export function nextStateRoot(root: Hash32): Hash32 {
  return keccak256(concatBytes(root, Uint8Array.of(1)));
}

const blockKey = (number: number): string => `block ${number}`;
const headKey = 'head';

const decoded = new WeakMap<Uint8Array, Block | null>();

/** The block in the bytes, decoded once for all who read them; undefined when there is none. */
export function blockOf(bytes: Uint8Array): Block | undefined {
  const known = decoded.get(bytes);
  if (known !== undefined) return known ?? undefined;
  let block: Block | null = null;
  try {
    block = decodeBlock(bytes);
  } catch (error) {
    if (!(error instanceof IsoquorumError)) throw error;
  }
  decoded.set(bytes, block);
  return block ?? undefined;
}

interface Entry {
  readonly block: Block;
  readonly bytes: Uint8Array;
  readonly hash: string;
}

/** A chain of empty BFT blocks on a disk, checked by the product's header rules and votes. */
export class ChainOfHeaders {
  private readonly entries: Entry[];
  private readonly rules: Omit<HeaderRules, 'nowSeconds' | 'seals'> & SnapshotRules;
  private snapshot: Snapshot;
  private isWriting = false;

  constructor(config: ChainConfig, genesis: Header) {
    const block: Block = { header: genesis, transactions: [], uncles: [] };
    this.entries = [{ block, bytes: encodeBlock(block), hash: bytesToBareHex(blockHash(block)) }];
    this.rules = { profile: 'strict', config, recover: recoverFake };
    this.snapshot = genesisSnapshot(genesis, this.rules);
  }

  get head(): Block {
    return (this.entries.at(-1) as Entry).block;
  }

  get headHash(): string {
    return (this.entries.at(-1) as Entry).hash;
  }

  /** Who decides on the block after the head. */
  get validators(): readonly Address[] {
    return this.snapshot.validators;
  }

  bytesAt(number: number): Uint8Array | undefined {
    return this.entries[number]?.bytes;
  }

  /** Reads what the disk holds, up to the head that it names. @throws STORE_DAMAGED, header errors */
  load(disk: Disk): void {
    const headBytes = disk.get(headKey);
    const head = headBytes === undefined ? 0 : bytesToNumber(headBytes);
    for (let number = 1; number <= head; number++) {
      const bytes = disk.get(blockKey(number));
      const block = bytes && blockOf(bytes);
      if (bytes === undefined || block === undefined)
        throw new IsoquorumError('STORE_DAMAGED', `block ${number} is missing below head ${head}`, { number }, 'STOP');
      this.append(block, bytes);
    }
  }

  /** Header, link, seals and state of a block that is to follow the head. @throws HeaderErrorCode, STATE_ROOT_MISMATCH */
  verify(block: Block, nowSeconds: bigint | undefined, seals: 'checked' | 'unchecked'): void {
    const { header } = block;
    verifyBftHeader(header, this.head.header, this.validators, { ...this.rules, nowSeconds, seals });
    if (!bytesEqual(header.stateRoot, nextStateRoot(this.head.header.stateRoot)))
      throw new IsoquorumError('STATE_ROOT_MISMATCH', 'invalid merkle root', { number: header.number }, 'REJECT');
    if (block.transactions.length > 0 || block.uncles.length > 0)
      throw new IsoquorumError('BODY_INVALID', 'the machines make empty blocks', { number: header.number }, 'REJECT');
  }

  /** Makes a verified block the head, and tells when that is durable. False while another is being written. */
  import(block: Block, disk: Disk, done: (bytes: Uint8Array) => void): boolean {
    if (this.isWriting) return false;
    this.isWriting = true;
    const bytes = encodeBlock(block);
    const { number } = block.header;
    disk.write(
      [
        [blockKey(number), bytes],
        [headKey, numberToBytes(number)],
      ],
      () => {
        this.isWriting = false;
        this.append(block, bytes);
        done(bytes);
      },
    );
    return true;
  }

  private append(block: Block, bytes: Uint8Array): void {
    this.snapshot = nextSnapshot(this.snapshot, block.header, this.rules);
    this.entries.push({ block, bytes, hash: bytesToBareHex(blockHash(block)) });
  }
}
