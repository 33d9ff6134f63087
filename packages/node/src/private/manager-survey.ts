import type { Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { Store } from '@isoquorum/platform/store';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';
import { payloadSurveyKey } from '../chain/keys.ts';
import type { UnresolvedPayload } from '../chain/unresolved-payloads.ts';
import {
  applySurvey,
  noSurvey,
  type PayloadSurvey,
  type PayloadSurveyOptions,
  surveyFailed,
  surveyPage,
} from './payload-survey.ts';
import type { PrivateFollower } from './private-follower.ts';

/** Pages between two writes of how far it has come. */
const pagesKept = 16;
const progressMs = 10_000;
/** First and longest pause while the manager cannot be asked, milliseconds. */
const pauseMsFirst = 1_000;
const pauseMsMax = 30_000;
/** How often a page is asked for of which nothing is answered, before the pages after it have their turn. */
const attemptsMax = 5;
/** First and longest pause before payloads are asked for again on which the manager failed, milliseconds. */
const failedPauseMsFirst = 60_000;
const failedPauseMsMax = 600_000;

/** What a store says of the question for old payloads. */
export interface KeptSurvey {
  /** Who is asked: another manager, or one for other groups of parties, is asked for everything anew. */
  readonly manager: string;
  /** Nothing is left to ask; what has been executed since then was asked for when it was. */
  readonly isDone: boolean;
  readonly survey: PayloadSurvey;
}

interface StoredMark {
  readonly digest: string;
  readonly number: number;
  readonly psi: string;
}

type StoredSurvey = Omit<KeptSurvey, 'survey'> &
  Pick<PayloadSurvey, 'asked' | 'found' | 'tooLate' | 'absent'> & {
    readonly after: StoredMark | null;
    readonly lowest: readonly StoredMark[];
    readonly failed: readonly (StoredMark & { readonly reason: string })[];
  };

/** Earlier versions did not remember what failed. */
type EarlierSurvey = Omit<StoredSurvey, 'absent' | 'failed'>;

const toStored = ({ digest, number, psi }: UnresolvedPayload): StoredMark => ({
  digest: bytesToHex(digest),
  number,
  psi,
});
const fromStored = ({ digest, number, psi }: StoredMark): UnresolvedPayload => ({
  digest: hexToBytes(digest),
  number,
  psi,
});

function read(store: Store): KeptSurvey | undefined {
  const bytes = store.getSync(payloadSurveyKey);
  if (bytes === undefined) return undefined;
  const stored = JSON.parse(bytesToUtf8(bytes)) as EarlierSurvey & Partial<StoredSurvey>;
  const { manager, isDone, after, lowest, absent = 0, failed = [], ...counts } = stored;
  const survey = {
    ...counts,
    absent,
    failed: failed.map((one) => ({ ...fromStored(one), reason: one.reason })),
    after: after === null ? undefined : fromStored(after),
    lowest: new Map(lowest.map((mark) => [mark.psi, fromStored(mark)])),
  };
  return { manager, isDone, survey };
}

async function write(store: Store, { manager, isDone, survey }: KeptSurvey): Promise<void> {
  const { after, lowest, failed, ...counts } = survey;
  const stored: StoredSurvey = {
    manager,
    isDone,
    ...counts,
    after: after === undefined ? null : toStored(after),
    lowest: [...lowest.values()].map(toStored),
    failed: failed.map((one) => ({ ...toStored(one), reason: one.reason })),
  };
  await store.batch([{ type: 'put', key: payloadSurveyKey, value: utf8ToBytes(JSON.stringify(stored)) }]);
}

/**
 * Where the question for old payloads goes on with this manager; it begins anew when another one was asked last, or none. To be called before a
 * block is executed: what is executed without a payload from then on has been asked for.
 * @param manager undefined: there is none, and whoever comes next is asked for everything
 */
export async function openSurvey(
  store: Store,
  manager: string | undefined,
  asksAgain = false,
): Promise<KeptSurvey | undefined> {
  const kept = read(store);
  if (manager === undefined) {
    if (kept !== undefined) await store.batch([{ type: 'delete', key: payloadSurveyKey }]);
    return undefined;
  }
  if (kept?.manager === manager && !asksAgain) return kept;
  const fresh = { manager, isDone: false, survey: noSurvey };
  await write(store, fresh);
  return fresh;
}

export interface ManagerSurveyOptions extends PayloadSurveyOptions {
  readonly kept: KeptSurvey;
  readonly follower: PrivateFollower;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Asks a node's manager, in the background, for all payloads that blocks were executed without, and lets private states go back for those that are
 * there. How far it has come is in the store: each is asked for once, but for those on which the manager fails: they are asked for until it
 * answers. Returns its stop.
 */
export function startManagerSurvey(options: ManagerSurveyOptions): () => Promise<void> {
  const { kept, store, clock, logger, privates, follower } = options;
  const { manager } = kept;
  const abort = new AbortController();
  let { survey } = kept;

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        abort.signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = clock.setTimer(ms, end);
      abort.signal.addEventListener('abort', end);
    });
  }

  async function askAll(): Promise<void> {
    let pages = 0;
    let attempts = 0;
    let isAway = false;
    let toldAtMs = clock.nowMs();
    while (!abort.signal.aborted) {
      const page = await surveyPage(options, survey, attempts < attemptsMax);
      if (abort.signal.aborted || page.status === 'end') return;
      if (page.status === 'unreachable') {
        if (!isAway) {
          const [first] = page.unresolved;
          logger.log('warn', 'The manager cannot be asked for payloads of old blocks now; it will be tried again', {
            digest: `0x${first?.digest}`,
            reason: first?.reason,
          });
        }
        isAway = true;
        await pause(Math.min(pauseMsFirst * 2 ** attempts++, pauseMsMax));
        continue;
      }
      isAway = attempts > 0;
      attempts = 0;
      const counts = (): Record<string, unknown> => ({ asked: survey.asked, found: survey.found });
      if (survey.asked === 0) logger.log('info', 'Asks the manager for payloads that blocks were executed without');
      survey = page.survey;
      if (++pages % pagesKept === 0) await write(store, { manager, isDone: false, survey });
      if (clock.nowMs() - toldAtMs < progressMs) continue;
      toldAtMs = clock.nowMs();
      logger.log('info', 'Still asks for payloads that blocks were executed without', counts());
    }
  }

  /** Private states go back for what has been found by now. */
  async function apply(): Promise<void> {
    const applied = await applySurvey(survey, privates, follower);
    if (abort.signal.aborted) return;
    survey = applied;
    await write(store, { manager, isDone: survey.failed.length === 0, survey });
  }

  async function askAgainForFailed(): Promise<void> {
    for (let pauses = 0; ; pauses++) {
      const { failed } = survey;
      const [first] = failed;
      if (first === undefined) return;
      logger.log(
        pauses === 0 ? 'warn' : 'debug',
        'The manager fails on payloads of old blocks; they will be asked for again',
        { payloads: failed.length, digest: bytesToHex(first.digest), reason: first.reason },
      );
      await pause(Math.min(failedPauseMsFirst * 2 ** pauses, failedPauseMsMax));
      if (abort.signal.aborted) return;
      survey = await surveyFailed(options, survey);
      if (abort.signal.aborted) return;
      if (survey.failed.length < failed.length) await apply();
    }
  }

  async function run(): Promise<void> {
    // What failed before a restart does not stop a private state on its way.
    await follower.executeAgain([], survey.failed);
    await askAll();
    if (abort.signal.aborted) return;
    await apply();
    await askAgainForFailed();
    if (abort.signal.aborted) return;
    const { asked, found, tooLate } = survey;
    if (asked > 0) logger.log('info', 'Asked for all payloads that blocks were executed without', { asked, found });
    if (tooLate === 0) return;
    logger.log('warn', 'Payloads came too late: the states of their blocks were pruned', { payloads: tooLate });
  }

  const running = kept.isDone
    ? Promise.resolve()
    : run().catch((error: unknown) => {
        if (abort.signal.aborted) return;
        logger.log('error', 'The question for old payloads ended early', { reason: String(error) });
      });
  return async () => {
    abort.abort();
    await running;
  };
}
