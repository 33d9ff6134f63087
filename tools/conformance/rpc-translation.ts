import { methodTable } from '@isoquorum/rpc/jsonrpc/methods';

/** What the recording calls something, and what our network calls it: hashes, ids, addresses by text; blocks by number. */
export class Translation {
  private readonly texts = new Map<string, string>();
  private readonly numbers = new Map<number, number>();

  /** Remembers a text; the first one stays. */
  learn(theirs: string, ours: string): void {
    const key = theirs.toLowerCase();
    if (!this.texts.has(key)) this.texts.set(key, ours);
  }

  learnNumber(theirs: number, ours: number): void {
    if (!this.numbers.has(theirs)) this.numbers.set(theirs, ours);
  }

  /** Our text for theirs; the same text when it was never learnt. */
  text(theirs: string): string {
    return this.texts.get(theirs.toLowerCase()) ?? theirs;
  }

  /** Our number for a block: learnt, or as far behind the nearest one before it. Small and unknown ones stay. */
  number(theirs: number): number {
    const known = this.numbers.get(theirs);
    if (known !== undefined) return known;
    let nearest: number | undefined;
    for (const number of this.numbers.keys())
      if (number < theirs && (nearest === undefined || number > nearest)) nearest = number;
    if (nearest === undefined || theirs - nearest > 1000) return theirs;
    return (this.numbers.get(nearest) ?? nearest) + (theirs - nearest);
  }

  private quantity(theirs: unknown): unknown {
    if (typeof theirs !== 'string' || !/^0x(0|[1-9a-f][0-9a-f]{0,11})$/.test(theirs)) return this.value(theirs);
    return `0x${this.number(Number(theirs)).toString(16)}`;
  }

  /** Texts inside any JSON value. */
  value(theirs: unknown): unknown {
    if (typeof theirs === 'string') return this.text(theirs);
    if (Array.isArray(theirs)) return theirs.map((entry: unknown) => this.value(entry));
    if (typeof theirs !== 'object' || theirs === null) return theirs;
    return Object.fromEntries(Object.entries(theirs).map(([name, entry]) => [name, this.value(entry)]));
  }

  /** One parameter: block numbers only where the method takes a block. */
  private parameter(theirs: unknown, goType: string | undefined): unknown {
    if (goType === undefined) return this.value(theirs);
    if (/^\*?rpc\.BlockNumber(OrHash)?$/.test(goType)) {
      if (typeof theirs === 'string') return this.quantity(theirs);
      if (typeof theirs !== 'object' || theirs === null) return theirs;
      return Object.fromEntries(
        Object.entries(theirs).map(([name, entry]) => [
          name,
          name === 'blockNumber' ? this.quantity(entry) : this.value(entry),
        ]),
      );
    }
    if (goType === 'filters.FilterCriteria' && typeof theirs === 'object' && theirs !== null) {
      return Object.fromEntries(
        Object.entries(theirs).map(([name, entry]) => [
          name,
          name === 'fromBlock' || name === 'toBlock' ? this.quantity(entry) : this.value(entry),
        ]),
      );
    }
    return this.value(theirs);
  }

  /** A request as it must be put to our network. */
  request(theirs: unknown): unknown {
    if (Array.isArray(theirs)) return theirs.map((entry: unknown) => this.request(entry));
    if (typeof theirs !== 'object' || theirs === null || !('method' in theirs) || !('params' in theirs)) return theirs;
    const { method, params } = theirs as { method: unknown; params: unknown };
    if (!Array.isArray(params)) return theirs;
    const types = typeof method === 'string' ? methodTable.get(method)?.params : undefined;
    const translated = params.map((entry: unknown, index) =>
      method === 'eth_subscribe'
        ? this.parameter(entry, index === 1 ? 'filters.FilterCriteria' : undefined)
        : this.parameter(entry, types?.[index]?.codec.goType),
    );
    return { ...theirs, params: translated };
  }
}
