import { expect, test } from 'vitest';
import { signTransaction, type Transaction } from '@isoquorum/primitives/transaction/transaction';
import { runJob } from './recovery-job.ts';
import { createThreadPool, type RecoveryPlatform } from './recovery-pool.ts';

const block = (count: number): Transaction[] =>
  Array.from({ length: count }, (_, index) =>
    signTransaction(
      {
        type: 0,
        nonce: BigInt(index),
        gasPrice: 0n,
        gasLimit: 21_000n,
        to: undefined,
        value: 0n,
        data: new Uint8Array(0),
      },
      new Uint8Array(32).fill(7),
      { chainId: 1337n },
    ),
  );

test('an answer that comes while a thread is being ended lets the process wait for the end, and starts no thread', async () => {
  const told: string[] = [];
  const platform: RecoveryPlatform = {
    startThread(onAnswer) {
      told.push('start');
      const jobs: Uint8Array[] = [];
      return {
        post: (job) => void jobs.push(job),
        setBusy: (isBusy) => void told.push(isBusy ? 'busy' : 'idle'),
        async terminate() {
          told.push('terminate');
          // What was under way is answered all the same, before the end is told.
          for (const job of jobs) onAnswer(runJob(job));
        },
      };
    },
    pause: async () => {},
    later: () => () => undefined,
  };
  const pool = createThreadPool(platform, { threads: 1 });
  // More than a thread has waiting, so that something is left to hand out.
  const pending = pool.begin(block(64 * 8), 1337n);
  await pool.close();
  await pending.finish();
  expect(told.slice(told.indexOf('terminate'))).toEqual(['terminate']);
  expect(told.filter((one) => one === 'start')).toHaveLength(1);
  expect(pool.counts()).toEqual({ byThreads: 64 * 6, byCaller: 64 * 2 });
});
