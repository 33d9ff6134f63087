import { bytesToBareHex } from '@isoquorum/primitives/hex';
import type { PrivateStore } from '../chain/private-store.ts';
import type { UnresolvedPayload } from '../chain/unresolved-payloads.ts';
import type { PayloadResolver, Unresolved } from './payload-resolver.ts';
import type { PrivateFollower } from './private-follower.ts';
import type { PrivateGroups } from './private-groups.ts';

/** Marks that are looked at together; the questions of a block that comes meanwhile wait for no more. */
const pageSize = 64;

/** How far the question for all payloads that blocks were executed without has come. */
export interface PayloadSurvey {
  /** Marks looked at. */
  readonly asked: number;
  readonly found: number;
  /** Those of them that help no more: the states before their blocks are pruned. */
  readonly tooLate: number;
  /** The last mark looked at. */
  readonly after: UnresolvedPayload | undefined;
  /** By private state the lowest block that was executed without a payload that is there now. */
  readonly lowest: ReadonlyMap<string, UnresolvedPayload>;
}

export const noSurvey: PayloadSurvey = { asked: 0, found: 0, tooLate: 0, after: undefined, lowest: new Map() };

export interface PayloadSurveyOptions {
  readonly privates: PrivateStore;
  readonly resolver: PayloadResolver;
  /** Absent: one private state. */
  readonly groups: PrivateGroups | undefined;
}

export type SurveyedPage =
  | { readonly status: 'page'; readonly survey: PayloadSurvey }
  | { readonly status: 'end' }
  /** The manager cannot be asked now; nothing of the page counts. */
  | { readonly status: 'unreachable'; readonly unresolved: readonly Unresolved[] };

/**
 * Asks for the payloads of the next marks: digests that blocks were executed without, before there was a manager or with another one. Nothing
 * moves before all have been asked for, so that a private state goes back once, whatever the order of the digests.
 */
export async function surveyPage(options: PayloadSurveyOptions, before: PayloadSurvey): Promise<SurveyedPage> {
  const { privates, resolver, groups } = options;
  const marks = await privates.unresolved.page(before.after, pageSize);
  if (marks.length === 0) return { status: 'end' };
  const { resolutions, unresolved } = await resolver.resolve(marks.map(({ digest }) => digest));
  if (unresolved.length > 0) return { status: 'unreachable', unresolved };
  const lowest = new Map(before.lowest);
  let { found, tooLate } = before;
  for (const mark of marks) {
    const { psi, number } = mark;
    const resolution = resolutions.get(bytesToBareHex(mark.digest));
    if (resolution?.type !== 'payload' || !privates.names.includes(psi)) continue;
    if (groups !== undefined && !groups.includes(psi, resolution.metadata?.managedParties ?? [])) continue;
    found++;
    if (!privates.isReplayable(number)) tooLate++;
    else if (number < (lowest.get(psi)?.number ?? Number.POSITIVE_INFINITY)) lowest.set(psi, mark);
  }
  const survey = { asked: before.asked + marks.length, found, tooLate, after: marks.at(-1), lowest };
  return { status: 'page', survey };
}

/** Private states go back to where payloads that were found begin to count, unless they have been there meanwhile. */
export async function applySurvey(
  survey: PayloadSurvey,
  privates: PrivateStore,
  follower: PrivateFollower,
): Promise<void> {
  await follower.executeAgain([...survey.lowest.values()].filter((mark) => privates.unresolved.has(mark)));
}
