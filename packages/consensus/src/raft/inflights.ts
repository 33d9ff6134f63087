interface Inflight {
  /** Index of the last entry of the message. */
  readonly index: number;
  readonly bytes: number;
}

/** Append messages that were sent to a follower and not acknowledged: a window bounded in messages and in bytes. */
export interface Inflights {
  /** Call only when not full. */
  add(index: number, bytes: number): void;
  /** Acknowledged up to and with `index`. */
  freeUpTo(index: number): void;
  isFull(): boolean;
  count(): number;
  clear(): void;
}

export function createInflights(messagesMax: number, bytesMax: number): Inflights {
  let window: Inflight[] = [];
  let start = 0;
  let bytes = 0;

  return {
    add(index, size) {
      window.push({ index, bytes: size });
      bytes += size;
    },
    freeUpTo(index) {
      while (start < window.length && (window[start] as Inflight).index <= index) {
        bytes -= (window[start] as Inflight).bytes;
        start++;
      }
      if (start === window.length || start > 256) {
        window = window.slice(start);
        start = 0;
      }
    },
    isFull: () => window.length - start >= messagesMax || bytes >= bytesMax,
    count: () => window.length - start,
    clear() {
      window = [];
      start = 0;
      bytes = 0;
    },
  };
}
