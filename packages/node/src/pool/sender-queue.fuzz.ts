import type { Transaction } from '@isoquorum/primitives/transaction/transaction';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { candidates } from './candidates.ts';
import { type PoolEntry, SenderQueue } from './sender-queue.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 300);

function entryOf(sender: number, nonce: number, arrival: number, gasPrice = 0): PoolEntry {
  const transaction = { nonce: BigInt(nonce), gasPrice: BigInt(gasPrice) } as Transaction;
  return {
    transaction,
    hash: `${sender}/${nonce}/${arrival}`,
    sender: new Uint8Array(20).fill(sender),
    nonce,
    origin: 'remote',
    arrival,
  };
}

const action = fc.oneof(
  fc.record({ type: fc.constant('put' as const), nonce: fc.nat(12) }),
  fc.record({ type: fc.constant('remove' as const), nonce: fc.nat(12) }),
  fc.record({ type: fc.constant('rebase' as const), nonce: fc.nat(12) }),
);

it('agrees with a queue that looks at everything anew', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const queue = new SenderQueue(new Uint8Array(20), 0);
      const held = new Map<number, PoolEntry>();
      let base = 0;
      let arrival = 0;
      for (const { type, nonce } of actions) {
        if (type === 'put' && nonce >= base) {
          const entry = entryOf(0, nonce, arrival++);
          queue.put(entry);
          held.set(nonce, entry);
        } else if (type === 'remove') {
          queue.remove(nonce);
          held.delete(nonce);
        } else if (type === 'rebase') {
          queue.rebase(nonce);
          base = nonce;
          for (const key of held.keys()) if (key < base) held.delete(key);
        }
        const pending: PoolEntry[] = [];
        for (let next = base; held.has(next); next++) pending.push(held.get(next)!);
        expect([...queue.pending()]).toEqual(pending);
        expect(queue.pendingCount).toBe(pending.length);
        expect(queue.nextNonce).toBe(base + pending.length);
        const queued = [...held.values()].filter((entry) => !pending.includes(entry));
        expect(queue.queued()).toEqual(queued.toSorted((left, right) => left.nonce - right.nonce));
      }
    }),
    { numRuns },
  );
});

it('candidates come by price, then by arrival, each sender in order of nonce', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(3), { maxLength: 6 }), { maxLength: 6 }), fc.nat(), (senders, seed) => {
      const rest = senders.map((prices, sender) =>
        prices.map((price, nonce) => entryOf(sender, nonce, (sender * 7 + nonce * 13 + seed) % 97, price)),
      );
      const queues = rest.map((entries, sender) => {
        const queue = new SenderQueue(new Uint8Array(20).fill(sender), 0);
        for (const entry of entries) queue.put(entry);
        return queue;
      });
      const expected: Transaction[] = [];
      for (;;) {
        const firsts = rest.flatMap((entries) => entries[0] ?? []);
        if (firsts.length === 0) break;
        const best = firsts.reduce((left, right) => {
          const priced = left.transaction.gasPrice - right.transaction.gasPrice;
          return priced > 0n || (priced === 0n && left.arrival <= right.arrival) ? left : right;
        });
        expected.push(best.transaction);
        rest.find((entries) => entries[0] === best)!.shift();
      }
      const order = [...candidates(queues)];
      expect(order.map(({ gasPrice }) => gasPrice)).toEqual(expected.map(({ gasPrice }) => gasPrice));
      expect(order.length).toBe(senders.flat().length);
    }),
    { numRuns },
  );
});
