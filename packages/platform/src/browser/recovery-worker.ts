import { runJob } from '../recovery-job.ts';
import { installFastestCrypto } from './crypto.ts';

/** The part of a dedicated worker's global scope that is used here (the DOM library types a window's). */
interface WorkerScope {
  onmessage: ((event: MessageEvent<Uint8Array>) => void) | null;
  postMessage(message: Uint8Array, transfer: Transferable[]): void;
}

/** Entry of a Web Worker of `recovery-pool.ts`: jobs in, answers out, in order. */
const scope = globalThis as unknown as WorkerScope;
const ready = installFastestCrypto();
scope.onmessage = ({ data: job }) => {
  void ready.then(() => {
    const answer = runJob(job);
    scope.postMessage(answer, [answer.buffer]);
  });
};
