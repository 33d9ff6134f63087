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
  let sent: Inflight[] = [];
  let start = 0;
  let bytes = 0;

  return {
    add(index, size) {
      sent.push({ index, bytes: size });
      bytes += size;
    },
    freeUpTo(index) {
      while (start < sent.length && (sent[start] as Inflight).index <= index) {
        bytes -= (sent[start] as Inflight).bytes;
        start++;
      }
      if (start === sent.length || start > 256) {
        sent = sent.slice(start);
        start = 0;
      }
    },
    isFull: () => sent.length - start >= messagesMax || bytes >= bytesMax,
    count: () => sent.length - start,
    clear() {
      sent = [];
      start = 0;
      bytes = 0;
    },
  };
}
