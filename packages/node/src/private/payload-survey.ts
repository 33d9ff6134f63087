import { bytesToBareHex } from '@isoquorum/primitives/hex';
import type { PrivateStore } from '../chain/private-store.ts';
import type { UnresolvedPayload } from '../chain/unresolved-payloads.ts';
import type { PayloadResolver, Resolved, Unresolved } from './payload-resolver.ts';
import type { PrivateFollower } from './private-follower.ts';
import type { PrivateGroups } from './private-groups.ts';

/** Marks that are looked at together; the questions of a block that comes meanwhile wait for no more. */
const pageSize = 64;
/** Marks that are remembered as failed; of a manager that fails on more the fault is not that of single payloads. */
const failedMax = 1_024;
/** How much of the reason of a failure is kept, characters. */
const reasonLengthMax = 200;

/** A mark whose payload the manager failed to answer for, though it answers for others. */
export interface FailedPayload extends UnresolvedPayload {
  readonly reason: string;
}

/** How far the question for all payloads that blocks were executed without has come. */
export interface PayloadSurvey {
  /** Marks looked at. */
  readonly asked: number;
  readonly found: number;
  /** Those of them that help no more: the states before their blocks are pruned. */
  readonly tooLate: number;
  /** Marks whose payload the manager does not have. */
  readonly absent: number;
  /** Marks to be asked for again. */
  readonly failed: readonly FailedPayload[];
  /** The last mark looked at. */
  readonly after: UnresolvedPayload | undefined;
  /** By private state the lowest block that was executed without a payload that is there now. */
  readonly lowest: ReadonlyMap<string, UnresolvedPayload>;
}

export const noSurvey: PayloadSurvey = {
  asked: 0,
  found: 0,
  tooLate: 0,
  absent: 0,
  failed: [],
  after: undefined,
  lowest: new Map(),
};

export interface PayloadSurveyOptions {
  readonly privates: PrivateStore;
  readonly resolver: PayloadResolver;
  /** Absent: one private state. */
  readonly groups: PrivateGroups | undefined;
}

export type SurveyedPage =
  | { readonly status: 'page'; readonly survey: PayloadSurvey }
  | { readonly status: 'end' }
  /** The manager cannot be asked now: nothing was answered, or too much has failed. Nothing of the page counts. */
  | { readonly status: 'unreachable'; readonly unresolved: readonly Unresolved[] };

/** What the answers say of marks, added to what was known before. */
function judge(
  { privates, groups }: PayloadSurveyOptions,
  before: PayloadSurvey,
  marks: readonly UnresolvedPayload[],
  { resolutions, unresolved }: Resolved,
): Pick<PayloadSurvey, 'found' | 'tooLate' | 'absent' | 'failed' | 'lowest'> {
  const lowest = new Map(before.lowest);
  const failed = [...before.failed];
  const reasons = new Map(unresolved.map(({ digest, reason }) => [digest, reason]));
  let { found, tooLate, absent } = before;
  for (const mark of marks) {
    const { psi, number } = mark;
    const digest = bytesToBareHex(mark.digest);
    const reason = reasons.get(digest);
    const resolution = resolutions.get(digest);
    if (reason !== undefined) failed.push({ ...mark, reason: reason.slice(0, reasonLengthMax) });
    else if (resolution?.type !== 'payload') absent++;
    else if (!privates.names.includes(psi)) continue;
    else if (groups !== undefined && !groups.includes(psi, resolution.metadata?.managedParties ?? [])) continue;
    else {
      found++;
      if (!privates.isReplayable(number)) tooLate++;
      else if (number < (lowest.get(psi)?.number ?? Number.POSITIVE_INFINITY)) lowest.set(psi, mark);
    }
  }
  return { found, tooLate, absent, failed, lowest };
}

/**
 * Asks for the payloads of the next marks: digests that blocks were executed without, before there was a manager or with another one. Nothing
 * moves before all have been asked for, so that a private state goes back once, whatever the order of the digests. A payload on which the manager
 * fails is remembered and holds up no other.
 * @param isPatient false: a page of which nothing is answered is passed over too, as far as what failed can be remembered
 */
export async function surveyPage(
  options: PayloadSurveyOptions,
  before: PayloadSurvey,
  isPatient: boolean,
): Promise<SurveyedPage> {
  const marks = await options.privates.unresolved.page(before.after, pageSize);
  if (marks.length === 0) return { status: 'end' };
  const answers = await options.resolver.resolve(marks.map(({ digest }) => digest));
  const { unresolved } = answers;
  if (isPatient && answers.resolutions.size === 0) return { status: 'unreachable', unresolved };
  const judged = judge(options, before, marks, answers);
  if (unresolved.length > 0 && judged.failed.length > failedMax) return { status: 'unreachable', unresolved };
  return { status: 'page', survey: { ...judged, asked: before.asked + marks.length, after: marks.at(-1) } };
}

/** Asks once more for what failed and is lacking still; what fails again stays. */
export async function surveyFailed(options: PayloadSurveyOptions, before: PayloadSurvey): Promise<PayloadSurvey> {
  const lacking = before.failed.filter((mark) => options.privates.unresolved.has(mark));
  let survey: PayloadSurvey = { ...before, failed: [] };
  for (let index = 0; index < lacking.length; index += pageSize) {
    const marks = lacking.slice(index, index + pageSize);
    const answers = await options.resolver.resolve(marks.map(({ digest }) => digest));
    survey = { ...survey, ...judge(options, survey, marks, answers) };
  }
  return survey;
}

/**
 * Private states go back to where payloads that were found begin to count, unless they have been there meanwhile; those that failed hold none of
 * them up. Answers what is left of the survey: nothing to go back to.
 */
export async function applySurvey(
  survey: PayloadSurvey,
  privates: PrivateStore,
  follower: PrivateFollower,
): Promise<PayloadSurvey> {
  const marks = [...survey.lowest.values()].filter((mark) => privates.unresolved.has(mark));
  await follower.executeAgain(marks, survey.failed);
  return { ...survey, lowest: new Map() };
}
