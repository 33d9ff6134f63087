import { bytesToBase64 } from '@isoquorum/primitives/base64';

/** Runs tasks of one key one after another, tasks of different keys side by side. */
export class KeyedQueue {
  private readonly tails = new Map<string, Promise<unknown>>();

  run<T>(key: Uint8Array, task: () => Promise<T>): Promise<T> {
    const name = bytesToBase64(key);
    const before = this.tails.get(name);
    const result = before === undefined ? task() : before.then(task, task);
    this.tails.set(name, result);
    const clear = (): void => {
      if (this.tails.get(name) === result) this.tails.delete(name);
    };
    result.then(clear, clear);
    return result;
  }
}
