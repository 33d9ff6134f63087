import { parentPort } from 'node:worker_threads';
import { packSenders, unpackInputs } from '../recovery-message.ts';
import { recoverOne } from '../sender-recovery.ts';
import { installFastestCrypto } from './crypto.ts';

/** Entry of a worker thread of `recovery-pool.ts`: packed inputs in, packed senders out, in order. */
const port = parentPort;
if (port !== null) {
  const ready = installFastestCrypto();
  port.on('message', (message: Uint8Array) => {
    void ready.then(() => {
      const senders = packSenders(unpackInputs(message).map(recoverOne));
      port.postMessage(senders, [senders.buffer]);
    });
  });
}
