import { plainToError, type Result } from './messages.ts';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** How a question is put to the other side of the bridge, and how it is taken back. Both get the question's number. */
export interface Question {
  readonly post: (id: number) => void;
  readonly abort: (id: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Questions that wait for the other side's result, by number: the same for the window and for the Worker. */
export class Questions {
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;

  /** Posts the question; settles with its result. An abort is passed on, and the other side's result still awaited. */
  ask({ post, abort, signal }: Question): Promise<unknown> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => abort(id);
      const done = (): void => {
        this.waiting.delete(id);
        signal?.removeEventListener('abort', onAbort);
      };
      this.waiting.set(id, {
        resolve: (value) => {
          done();
          resolve(value);
        },
        reject: (error) => {
          done();
          reject(error);
        },
      });
      post(id);
      if (signal?.aborted === true) onAbort();
      else signal?.addEventListener('abort', onAbort);
    });
  }

  /** Ends a question; results of unknown questions are ignored. */
  settle(id: number, result: Result): void {
    const waiting = this.waiting.get(id);
    if (result.ok) waiting?.resolve(result.value);
    else waiting?.reject(plainToError(result.error));
  }

  /** Ends all questions. */
  rejectAll(error: Error): void {
    for (const waiting of this.waiting.values()) waiting.reject(error);
  }
}
