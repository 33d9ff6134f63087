import type { Store, StoreOperation } from '@isoquorum/platform/store';

/**
 * One writer for the node's store: batches become durable in the order in which they were given, so that a crash leaves a
 * state that existed. A failed write is final: the queue refuses everything after it and tells `onFailure` once.
 */
export interface WriteQueue {
  /** Resolves when the batch is durable. */
  write(operations: readonly StoreOperation[]): Promise<void>;
  /** Batches given and not yet durable. */
  readonly length: number;
  /** Resolves when everything given before is durable. */
  flush(): Promise<void>;
}

export function createWriteQueue(store: Store, onFailure: (error: unknown) => void): WriteQueue {
  let tail: Promise<void> = Promise.resolve();
  let length = 0;
  let failed = false;
  return {
    write(operations) {
      length++;
      const written = tail.then(() => store.batch(operations));
      tail = written;
      return written.then(
        () => {
          length--;
        },
        (error: unknown) => {
          length--;
          if (!failed) {
            failed = true;
            onFailure(error);
          }
          throw error;
        },
      );
    },
    get length() {
      return length;
    },
    async flush() {
      await tail;
    },
  };
}
