import { parentPort, workerData } from 'node:worker_threads';
import { runJob } from '../recovery-job.ts';
import { installFastestCrypto, type Secp256k1Choice } from './crypto.ts';

/** Entry of a worker thread of `recovery-pool.ts`: jobs in, answers out, in order. */
const port = parentPort;
if (port !== null) {
  const ready = installFastestCrypto(workerData as Secp256k1Choice | undefined);
  port.on('message', (job: Uint8Array) => {
    void ready.then(() => {
      const answer = runJob(job);
      port.postMessage(answer, [answer.buffer]);
    });
  });
}
