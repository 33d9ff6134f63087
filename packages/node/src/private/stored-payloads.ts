import type { EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import type { Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { Store } from '@isoquorum/platform/store';
import { keyToNumber, numberToKey, payloadSequenceKey } from '../chain/keys.ts';

/** What a manager tells its node about payloads that came in; see `Q2tClient.storedSince` of rpc. */
export interface StoredPayloadSource {
  storedSince(
    sequence: number,
    waitMs?: number,
    signal?: AbortSignal,
  ): Promise<readonly { readonly sequence: number; readonly hash: EncryptedPayloadHash }[]>;
}

export interface StoredPayloadsOptions {
  readonly source: StoredPayloadSource;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onStored: (digest: EncryptedPayloadHash) => Promise<void>;
  /** The manager answers again after it could not be reached. */
  readonly onReachable: () => void;
}

const waitMs = 20_000;
const pauseMs = 1_000;

/** Follows the manager's list of payloads by long polls; the place in the list is kept in the store. Returns its stop. */
export function followStoredPayloads(options: StoredPayloadsOptions): () => Promise<void> {
  const { source, store, clock, logger } = options;
  const abort = new AbortController();
  let isUnreachable = false;

  function pause(): Promise<void> {
    if (abort.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = clock.setTimer(pauseMs, resolve);
      abort.signal.addEventListener('abort', () => {
        cancel();
        resolve();
      });
    });
  }

  async function run(): Promise<void> {
    const kept = store.getSync(payloadSequenceKey);
    let sequence = kept === undefined ? 0 : keyToNumber(kept);
    while (!abort.signal.aborted) {
      try {
        const askedAtMs = clock.nowMs();
        const events = await source.storedSince(sequence, waitMs, abort.signal);
        if (isUnreachable) {
          isUnreachable = false;
          logger.log('info', 'The transaction manager answers again');
          options.onReachable();
        }
        for (const event of events) {
          await options.onStored(event.hash);
          sequence = event.sequence;
        }
        if (events.length > 0) {
          await store.batch([{ type: 'put', key: payloadSequenceKey, value: numberToKey(sequence) }]);
        } else if (clock.nowMs() - askedAtMs < pauseMs) {
          await pause();
        }
      } catch (error) {
        if (abort.signal.aborted) return;
        if (!isUnreachable) {
          isUnreachable = true;
          const reason = error instanceof Error ? error.message : String(error);
          logger.log('warn', 'The transaction manager cannot be reached; the chain goes on', { reason });
        }
        await pause();
      }
    }
  }

  const running = run();
  return async () => {
    abort.abort();
    await running;
  };
}
