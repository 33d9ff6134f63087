import type { Report } from '../machines/replica.ts';

/** Agreement, and that no node loses what it had: for engines whose blocks are final at once. */
export class FinalityCheck {
  private readonly report: Report;
  /** The first block that a correct node had at each height. */
  private readonly finals = new Map<number, string>();
  private readonly heads = new Map<number, number>();

  constructor(report: Report) {
    this.report = report;
  }

  /** A correct node's durable head moved. */
  head(node: number, number: number, hash: string): void {
    const before = this.heads.get(node) ?? 0;
    if (number !== before + 1) this.report(`node ${node} went from block ${before} to ${number}`);
    this.heads.set(node, number);
    const final = this.finals.get(number);
    if (final === undefined) this.finals.set(number, hash);
    else if (final !== hash) this.report(`two final blocks at height ${number}`);
  }

  /** A correct node is back, with this head. */
  restart(node: number, number: number, hash: string): void {
    const before = this.heads.get(node) ?? 0;
    if (number < before) this.report(`node ${node} lost blocks ${number + 1} to ${before} at a restart`);
    // A block whose acknowledgement was missed may be there now.
    if (number > before + 1) this.report(`node ${node} came back with more blocks than it was given`);
    this.heads.set(node, number);
    if (number === 0) return;
    const final = this.finals.get(number);
    if (final === undefined) this.finals.set(number, hash);
    else if (final !== hash) this.report(`node ${node} came back with another block ${number}`);
  }

  /** A light participant shows a head; it may have skipped some, and may have fewer after a restart. */
  follow(who: string, number: number, hash: string): void {
    const final = this.finals.get(number);
    if (final === undefined) this.finals.set(number, hash);
    else if (final !== hash) this.report(`${who} has another block ${number} than the nodes`);
  }

  /** The block that is final at a height, as far as anybody has shown it. */
  hashAt(number: number): string | undefined {
    return this.finals.get(number);
  }
}
