import type { RulesProfile } from '@isoquorum/node/node-options';

/** The outcome of one case of a conformance suite. A skip needs its reason; a difference by design names its entry. */
export type CaseResult =
  | { readonly name: string; readonly status: 'passed' }
  | { readonly name: string; readonly status: 'failed'; readonly reason: string }
  | { readonly name: string; readonly status: 'skipped'; readonly reason: string; readonly compatibilityCode?: string };

/** What every suite is given: the folder of interfaces.md 4, and a text that a case's name must contain. */
export interface SuiteOptions {
  readonly only?: string;
  /** Under which rules a recorded chain is imported and read (suite `chain`). */
  readonly rules?: RulesProfile;
}

/** A suite yields its cases one after the other, so that a long run shows where it is. */
export type Suite = (path: string, options: SuiteOptions) => AsyncIterable<CaseResult>;
