import type { Lie } from './lies.ts';

/** What the test tells the liar: the lie to tell from now on; none: serve pages honestly. */
export interface LiarCommand {
  readonly lie: Lie | undefined;
}

/** What the liar tells the test. */
export type LiarReport =
  | { readonly type: 'started'; readonly peerId: string }
  /** A block was sent to a page, or given to it on request. */
  | { readonly type: 'lied'; readonly lie: Lie; readonly number: number; readonly hash: string };
