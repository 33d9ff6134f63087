import type { Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { Store } from '@isoquorum/platform/store';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';
import { payloadSurveyKey } from '../chain/keys.ts';
import type { UnresolvedPayload } from '../chain/unresolved-payloads.ts';
import { applySurvey, noSurvey, type PayloadSurvey, type PayloadSurveyOptions, surveyPage } from './payload-survey.ts';
import type { PrivateFollower } from './private-follower.ts';

/** Pages between two writes of how far it has come. */
const pagesKept = 16;
const progressMs = 10_000;
/** First and longest pause while the manager cannot be asked, milliseconds. */
const pauseMsFirst = 1_000;
const pauseMsMax = 30_000;

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
  Pick<PayloadSurvey, 'asked' | 'found' | 'tooLate'> & {
    readonly after: StoredMark | null;
    readonly lowest: readonly StoredMark[];
  };

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
  const { manager, isDone, after, lowest, ...counts } = JSON.parse(bytesToUtf8(bytes)) as StoredSurvey;
  const survey = {
    ...counts,
    after: after === null ? undefined : fromStored(after),
    lowest: new Map(lowest.map((mark) => [mark.psi, fromStored(mark)])),
  };
  return { manager, isDone, survey };
}

async function write(store: Store, { manager, isDone, survey }: KeptSurvey): Promise<void> {
  const { asked, found, tooLate, after, lowest } = survey;
  const stored: StoredSurvey = {
    manager,
    isDone,
    asked,
    found,
    tooLate,
    after: after === undefined ? null : toStored(after),
    lowest: [...lowest.values()].map(toStored),
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
 * there. How far it has come is in the store: each is asked for once. Returns its stop.
 */
export function startManagerSurvey(options: ManagerSurveyOptions): () => Promise<void> {
  const { kept, store, clock, logger } = options;
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

  async function askAll(): Promise<boolean> {
    let pages = 0;
    let failures = 0;
    let toldAtMs = clock.nowMs();
    for (;;) {
      const page = await surveyPage(options, survey);
      if (abort.signal.aborted) return false;
      if (page.status === 'end') return true;
      if (page.status === 'unreachable') {
        if (failures === 0) {
          const [first] = page.unresolved;
          logger.log('warn', 'The manager cannot be asked for payloads of old blocks now; it will be tried again', {
            digest: `0x${first?.digest}`,
            reason: first?.reason,
          });
        }
        await pause(Math.min(pauseMsFirst * 2 ** failures++, pauseMsMax));
        if (abort.signal.aborted) return false;
        continue;
      }
      failures = 0;
      const counts = (): Record<string, unknown> => ({ asked: survey.asked, found: survey.found });
      if (survey.asked === 0) logger.log('info', 'Asks the manager for payloads that blocks were executed without');
      survey = page.survey;
      if (++pages % pagesKept === 0) await write(store, { manager, isDone: false, survey });
      if (clock.nowMs() - toldAtMs < progressMs) continue;
      toldAtMs = clock.nowMs();
      logger.log('info', 'Still asks for payloads that blocks were executed without', counts());
    }
  }

  async function run(): Promise<void> {
    if (!(await askAll())) return;
    await applySurvey(survey, options.privates, options.follower);
    if (abort.signal.aborted) return;
    await write(store, { manager, isDone: true, survey });
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
