import type { Store, StoreOperation } from '@isoquorum/platform/store';

interface Waiting {
  readonly operations: readonly StoreOperation[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Batches of one store in the order in which they were asked for. While one is being written the following ones gather and go
 * as one batch, so that many writers share the cost of making it durable. A promise resolves when its operations are durable.
 */
export class OrderedWriter {
  private readonly store: Store;
  private waiting: Waiting[] = [];
  private isWriting = false;

  constructor(store: Store) {
    this.store = store;
  }

  write(operations: readonly StoreOperation[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ operations, resolve, reject });
      if (!this.isWriting) void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.isWriting = true;
    while (this.waiting.length > 0) {
      const group = this.waiting;
      this.waiting = [];
      try {
        await this.store.batch(group.flatMap(({ operations }) => operations));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.isWriting = false;
  }
}
