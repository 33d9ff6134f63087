import {
  createThreadPool,
  type RecoveryPlatform,
  type RecoveryPool,
  type RecoveryPoolOptions,
} from '../recovery-pool.ts';

/** A message to oneself: lets other messages come in first, without the four milliseconds of nested timers. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

const platform: RecoveryPlatform = {
  startThread(onAnswer, onEnd) {
    const worker = new Worker(new URL('./recovery-worker.ts', import.meta.url), { type: 'module', name: 'recovery' });
    worker.addEventListener('message', (event: MessageEvent<Uint8Array>) => onAnswer(event.data));
    worker.addEventListener('error', () => onEnd());
    return {
      post: (job) => worker.postMessage(job, [job.buffer]),
      setBusy: () => undefined,
      terminate: async () => worker.terminate(),
    };
  },
  pause,
  later(milliseconds, call) {
    const timer = setTimeout(call, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** As on Node, with Web Workers; may itself be made in a worker. */
export function createRecoveryPool(options: RecoveryPoolOptions = {}): RecoveryPool {
  return createThreadPool(platform, options);
}
