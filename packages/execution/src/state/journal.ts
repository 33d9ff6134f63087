import type { StateObject } from './state-object.ts';

/** How to undo what a transaction did, step by step, newest first. */
export class Journal {
  private undos: (() => void)[] = [];
  /** The account that a step made dirty, or nothing: two lists, so that a step costs one closure. */
  private objects: (StateObject | undefined)[] = [];

  get length(): number {
    return this.undos.length;
  }

  /** @param object an account that counts the step as its own until it is undone */
  push(undo: () => void, object?: StateObject): void {
    if (object !== undefined) object.dirtyCount++;
    this.undos.push(undo);
    this.objects.push(object);
  }

  revertTo(length: number): void {
    while (this.undos.length > length) {
      (this.undos.pop() as () => void)();
      const object = this.objects.pop();
      if (object !== undefined) object.dirtyCount--;
    }
  }

  clear(): void {
    this.undos = [];
    this.objects = [];
  }
}
