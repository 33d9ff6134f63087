/** Inputs in order, one at a time. Messages of others are bounded; what the node itself has to say is never refused. */
export interface InputQueue<T> {
  /** Answers false when a droppable input found the queue full. */
  push(input: T, isDroppable: boolean): boolean;
  readonly length: number;
  /** Resolves when nothing waits and nothing is being handled. */
  idle(): Promise<void>;
  /** Takes nothing more; resolves when the input in hand is done. */
  stop(): Promise<void>;
}

/**
 * @param handle carried out to its end before the next input is taken
 * @param onFailure told once; the queue stops
 */
export function createInputQueue<T>(
  handle: (input: T) => Promise<void>,
  onFailure: (error: unknown) => void,
  droppableMax: number,
): InputQueue<T> {
  let inputs: T[] = [];
  let start = 0;
  let running: Promise<void> | undefined;
  let stopped = false;

  async function run(): Promise<void> {
    while (!stopped && start < inputs.length) {
      const input = inputs[start] as T;
      start++;
      if (start > 256 && start * 2 > inputs.length) {
        inputs = inputs.slice(start);
        start = 0;
      }
      await handle(input);
    }
  }

  function kick(): void {
    if (running !== undefined || stopped) return;
    running = run()
      .catch((error: unknown) => {
        if (stopped) return;
        stopped = true;
        onFailure(error);
      })
      .finally(() => {
        running = undefined;
        if (start < inputs.length) kick();
      });
  }

  return {
    push(input, isDroppable) {
      if (stopped) return false;
      if (isDroppable && inputs.length - start >= droppableMax) return false;
      inputs.push(input);
      kick();
      return true;
    },
    get length() {
      return inputs.length - start;
    },
    async idle() {
      while (running !== undefined) await running;
    },
    async stop() {
      stopped = true;
      await running;
    },
  };
}
