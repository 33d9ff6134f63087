import type { Logger } from '@isoquorum/platform/logger';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToHex } from '@isoquorum/primitives/hex';
import {
  applySurvey,
  noSurvey,
  type PayloadSurvey,
  type PayloadSurveyOptions,
  surveyPage,
} from '../private/payload-survey.ts';
import type { PrivateFollower } from '../private/private-follower.ts';

/** A payload that could not be asked for, as a report shows it. */
export interface FailedPayloadReport {
  readonly digest: string;
  /** The block that was executed without it. */
  readonly block: number;
  readonly psi: string;
  readonly reason: string;
}

/** What an import did for blocks that were there before and had been executed without payloads; counted by block and private state. */
export interface LatePayloadsReport {
  /** Payloads that are there now. */
  readonly found: number;
  /** Those of them with which their blocks have been executed. */
  readonly executed: number;
  /** Those of them that come too late: the states before their blocks are pruned. */
  readonly tooLate: number;
  /** Without these blocks are executed still: the source does not have them, or no party of this node is a recipient. */
  readonly missing: number;
  /** They are asked for again by the next import, or by a node's manager. */
  readonly failed: readonly FailedPayloadReport[];
}

export interface LatePayloadsOptions extends PayloadSurveyOptions {
  readonly follower: PrivateFollower;
  readonly logger: Logger;
}

/** @throws PAYLOADS_INVALID when the source fails on so many that it must be broken */
async function surveyAll(options: PayloadSurveyOptions): Promise<PayloadSurvey> {
  let survey = noSurvey;
  for (;;) {
    const page = await surveyPage(options, survey, false);
    if (page.status === 'end') return survey;
    if (page.status === 'unreachable')
      throw new IsoquorumError('PAYLOADS_INVALID', page.unresolved[0]?.reason ?? '', {}, 'REJECT');
    survey = page.survey;
  }
}

/**
 * Blocks that were executed before without payloads that are known now are executed again, privately. One on which the source fails holds up
 * no other.
 * @throws PAYLOADS_INVALID
 */
export async function bringLatePayloads(options: LatePayloadsOptions): Promise<LatePayloadsReport> {
  const { privates, follower, logger } = options;
  const before = await surveyAll(options);
  await applySurvey(before, privates, follower);
  await follower.idle();
  const { found, absent, failed } = before.found === 0 ? before : await surveyAll(options);
  const [first] = failed;
  if (first !== undefined) {
    logger.log('warn', 'Payloads could not be asked for; their blocks stay executed without them', {
      payloads: failed.length,
      digest: bytesToHex(first.digest),
      blockNumber: first.number,
      reason: first.reason,
    });
  }
  return {
    found: before.found,
    executed: before.found - found,
    tooLate: before.tooLate,
    missing: absent,
    failed: failed.map(({ digest, number, psi, reason }) => ({
      digest: bytesToHex(digest),
      block: number,
      psi,
      reason,
    })),
  };
}
