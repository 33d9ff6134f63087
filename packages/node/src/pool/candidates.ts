import type { Transaction } from '@isoquorum/primitives/transaction/transaction';
import type { PoolEntry, SenderQueue } from './sender-queue.ts';

interface Cursor {
  entry: PoolEntry;
  readonly rest: Iterator<PoolEntry>;
}

function comesBefore(left: PoolEntry, right: PoolEntry): boolean {
  if (left.origin !== right.origin) return left.origin === 'local';
  const { gasPrice } = left.transaction;
  const other = right.transaction.gasPrice;
  return gasPrice === other ? left.arrival < right.arrival : gasPrice > other;
}

function siftDown(heap: Cursor[], start: number): void {
  let index = start;
  for (;;) {
    const left = 2 * index + 1;
    if (left >= heap.length) return;
    const right = left + 1;
    const child =
      right < heap.length && comesBefore((heap[right] as Cursor).entry, (heap[left] as Cursor).entry) ? right : left;
    const top = heap[index] as Cursor;
    const candidate = heap[child] as Cursor;
    if (!comesBefore(candidate.entry, top.entry)) return;
    heap[index] = candidate;
    heap[child] = top;
    index = child;
  }
}

/**
 * Executable transactions in the order in which a block takes them: own ones first, then by gas price, then by arrival; a
 * sender's in order of nonce. Lazy: costs nothing for what is not taken.
 */
export function* candidates(queues: Iterable<SenderQueue>): Generator<Transaction, void, undefined> {
  const heap: Cursor[] = [];
  for (const queue of queues) {
    const rest = queue.pending();
    const first = rest.next();
    if (first.done !== true) heap.push({ entry: first.value, rest });
  }
  for (let index = (heap.length >> 1) - 1; index >= 0; index--) siftDown(heap, index);
  while (heap.length > 0) {
    const top = heap[0] as Cursor;
    yield top.entry.transaction;
    const next = top.rest.next();
    if (next.done === true) {
      const last = heap.pop() as Cursor;
      if (heap.length > 0) heap[0] = last;
    } else {
      top.entry = next.value;
    }
    siftDown(heap, 0);
  }
}
