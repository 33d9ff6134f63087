import { parentPort } from 'node:worker_threads';
import { runJob } from '../recovery-job.ts';
import { installFastestCrypto } from './crypto.ts';

/** Entry of a worker thread of `recovery-pool.ts`: jobs in, answers out, in order. */
const port = parentPort;
if (port !== null) {
  const ready = installFastestCrypto();
  port.on('message', (job: Uint8Array) => {
    void ready.then(() => {
      const answer = runJob(job);
      port.postMessage(answer, [answer.buffer]);
    });
  });
}
