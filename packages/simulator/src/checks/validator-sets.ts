import type { Address } from '@isoquorum/primitives/bytes';
import { bytesEqual, bytesToBareHex } from '@isoquorum/primitives/hex';

/** What one block says about who decides after it. */
export interface SetChange {
  readonly author: Address;
  readonly vote: { readonly candidate: Address; readonly authorize: boolean } | undefined;
  /** The list in force after the block, where a contract or the configuration names it; votes are nothing then. */
  readonly named: readonly Address[] | undefined;
}

/** Who decides each block, counted from the blocks by the checker itself, apart from the product. */
export class ValidatorSets {
  private sets = new Map<number, readonly Address[]>();
  /** Who wants a candidate in, or out, whichever would change something. */
  private votes = new Map<string, Set<string>>();

  /** @param first the number of the first block that the validators decide */
  constructor(first: number, validators: readonly Address[]) {
    this.sets.set(first, validators);
  }

  /** Who decides block `number`; undefined while the blocks before it are not known. */
  at(number: number): readonly Address[] | undefined {
    return this.sets.get(number);
  }

  /** The same by now, for one of several branches. */
  branch(): ValidatorSets {
    const copy = new ValidatorSets(0, []);
    copy.sets = new Map([...this.sets].slice(-2));
    copy.votes = new Map([...this.votes].map(([candidate, wanting]) => [candidate, new Set(wanting)]));
    return copy;
  }

  /** Takes a block into account; those before it must have been. */
  add(number: number, { author, vote, named }: SetChange): void {
    const before = this.sets.get(number);
    if (before === undefined || this.sets.has(number + 1)) return;
    const after = vote === undefined ? before : this.count(before, bytesToBareHex(author), vote);
    this.sets.set(number + 1, named ?? after);
  }

  private count(
    validators: readonly Address[],
    author: string,
    { candidate, authorize }: NonNullable<SetChange['vote']>,
  ): readonly Address[] {
    const key = bytesToBareHex(candidate);
    const isInside = validators.some((validator) => bytesEqual(validator, candidate));
    const wanting = this.votes.get(key) ?? new Set<string>();
    if (authorize === isInside) wanting.delete(author);
    else wanting.add(author);
    this.votes.set(key, wanting);
    if (wanting.size * 2 <= validators.length) return validators;
    this.votes.delete(key);
    if (!isInside) return [...validators, candidate];
    for (const others of this.votes.values()) others.delete(key);
    return validators.filter((validator) => !bytesEqual(validator, candidate));
  }
}
