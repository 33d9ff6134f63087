interface Entry {
  readonly atMs: number;
  readonly order: number;
  /** Undefined once cancelled. */
  run: (() => void) | undefined;
}

const isBefore = (left: Entry, right: Entry): boolean =>
  left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);

/** Simulated time: what is planned happens in the order of its time, then in the order of its planning. Milliseconds. */
export class Timeline {
  private readonly heap: Entry[] = [];
  private order = 0;
  nowMs: number;

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  /** Plans `run`; the result cancels it, and is harmless afterwards. */
  after(delayMs: number, run: () => void): () => void {
    const entry: Entry = { atMs: this.nowMs + Math.max(0, Math.ceil(delayMs)), order: this.order++, run };
    this.push(entry);
    return () => {
      entry.run = undefined;
    };
  }

  /** Runs the next event if it is due by `untilMs`; false when there is none, and then it is `untilMs`. */
  runNext(untilMs: number): boolean {
    for (let top = this.heap[0]; top !== undefined && top.atMs <= untilMs; top = this.heap[0]) {
      this.pop();
      const { run } = top;
      if (run === undefined) continue;
      this.nowMs = top.atMs;
      top.run = undefined;
      run();
      return true;
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
    return false;
  }

  private push(entry: Entry): void {
    const { heap } = this;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(entry, heap[parent] as Entry)) break;
      heap[index] = heap[parent] as Entry;
      index = parent;
    }
    heap[index] = entry;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      if (!isBefore(heap[child] as Entry, last)) break;
      heap[index] = heap[child] as Entry;
      index = child;
    }
    heap[index] = last;
  }
}
