/** A line of a recorded chain's `blocks-summary.json` (vectors/README.md). */
export interface BlockSummary {
  readonly number: number;
  readonly hash: string;
  readonly stateRoot: string;
  readonly receiptsRoot: string;
  readonly transactionsRoot: string;
  readonly gasUsed: number;
  readonly transactions: number;
}
