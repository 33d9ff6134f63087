import { cliqueAuthor, cliqueVote } from '@isoquorum/consensus/clique/author';
import type { RecoverAddress } from '@isoquorum/consensus/recover';
import { decodeBlock } from '@isoquorum/primitives/block';
import type { Address } from '@isoquorum/primitives/bytes';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import type { Report, Witness } from '../machines/replica.ts';
import { ValidatorSets } from './validator-sets.ts';

/** What holds after one block of a branch. */
interface Branch {
  readonly number: number;
  readonly timestamp: bigint;
  readonly sets: ValidatorSets;
  /** Who signed, newest first. */
  readonly signers: readonly string[];
}

export interface CliqueWitnessOptions {
  readonly genesisHash: string;
  readonly genesisTimestamp: bigint;
  readonly signers: readonly Address[];
  readonly periodSeconds: bigint;
  readonly recover: RecoverAddress;
  readonly report: Report;
}

/** Sees every block that a node of a Clique chain takes for its head, on whatever branch, and knows who may sign it, and how heavy it is. */
export class CliqueWitness implements Witness {
  private readonly options: CliqueWitnessOptions;
  private readonly branches = new Map<string, Branch>();

  constructor(options: CliqueWitnessOptions) {
    this.options = options;
    const { genesisHash, genesisTimestamp, signers } = options;
    const sets = new ValidatorSets(1, signers);
    this.branches.set(genesisHash, { number: 0, timestamp: genesisTimestamp, sets, signers: [] });
  }

  said(): void {}

  head(node: number, number: number, hash: string, bytes: Uint8Array): void {
    if (this.branches.has(hash)) return;
    const { header } = decodeBlock(bytes);
    const { recover, periodSeconds, report } = this.options;
    const parent = this.branches.get(bytesToBareHex(header.parentHash));
    const set = parent?.sets.at(number);
    // A node that was restarted may have a head whose parent nobody has shown.
    if (parent === undefined || set === undefined) return;
    const wrong = (what: string): void => report(`node ${node} has a block ${number} ${what}`);
    const author = cliqueAuthor(header, recover);
    if (author === undefined) {
      wrong('that nobody signed');
      return;
    }
    const key = bytesToBareHex(author);
    const turns = set.map(bytesToBareHex).toSorted();
    if (!turns.includes(key)) wrong('of a signer that is none');
    // Of half of the signers and one more blocks in a row a signer makes one.
    if (parent.signers.slice(0, Math.floor(turns.length / 2)).includes(key)) wrong('of a signer that signed lately');
    const isInTurn = turns[number % turns.length] === key;
    if (header.difficulty !== (isInTurn ? 2n : 1n)) wrong(`of difficulty ${header.difficulty}`);
    if (header.timestamp < parent.timestamp + periodSeconds) wrong('before its time');
    const sets = parent.sets.branch();
    sets.add(number, { author, vote: cliqueVote(header), named: undefined });
    const signers = [key, ...parent.signers].slice(0, turns.length + 1);
    this.branches.set(hash, { number, timestamp: header.timestamp, sets, signers });
  }
}
