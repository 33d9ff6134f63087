/** One figure of interfaces.md 5: what was measured, in which unit, and what shapes it. */
export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** `engine`, `batch`, `validators`, `p95`… */
  readonly [shape: string]: string | number | boolean;
}

/** How long a bench may take for one figure, in seconds. */
export interface BenchOptions {
  readonly seconds: number;
}

/** A bench yields one or more figures; it says `skipped` by throwing an error with a reason. */
export type Bench = (options: BenchOptions) => AsyncIterable<Measurement>;
