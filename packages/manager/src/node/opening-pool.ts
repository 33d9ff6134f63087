import { Piscina } from 'piscina';
import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import type { Logger } from '@isoquorum/platform/logger';
import type { SealedPayload } from '@isoquorum/privacy/codec/payload';
import type { Enclave } from '@isoquorum/privacy/enclave/enclave';
import type { OpeningJob, OpeningWorkerData } from './opening-worker.ts';

export interface OpeningPoolOptions {
  /** Does everything but the opening of many payloads at once. */
  readonly enclave: Enclave;
  /** The enclave's private keys, 32 bytes each: threads of this process hold copies. */
  readonly privateKeys: readonly Uint8Array[];
  /** Threads beside this one, at least 1. They start when first needed and end after half a minute without work. */
  readonly threads: number;
  readonly logger: Logger;
}

export interface OpeningPool extends Enclave {
  /** How many payloads were opened where. */
  counts(): { readonly byThreads: number; readonly byCaller: number };
  /** Ends the threads; what they had is opened by the caller. */
  close(): Promise<void>;
}

/** Bytes of cipher text in a slice. */
const sliceBytes = 256 * 1024;
/**
 * Less cipher text than this is opened at once: a small payload takes about 16 µs with a known sender, and crossing to a thread costs
 * as much (measured: threads gain nothing with 200-byte payloads, a quarter of the time with those of 10 kB and more).
 */
const smallBytes = 256 * 1024;
/** Slices that a thread may have waiting, so that it never runs dry; what is beyond is opened by the caller. */
const inFlightMax = 2;

interface Waiting extends OpeningJob {
  readonly resolve: (message: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * An enclave that opens many payloads at once in worker threads, and helps them itself. Calls of one turn of the event loop
 * make a batch; results are those of the enclave without threads. A thread that fails is done without.
 */
export function createOpeningPool(options: OpeningPoolOptions): OpeningPool {
  const { enclave, threads, logger } = options;
  const isSource = import.meta.url.endsWith('.ts');
  const workerData: OpeningWorkerData = { privateKeys: options.privateKeys };
  const pool = new Piscina({
    filename: new URL(isSource ? './opening-worker.ts' : './opening-worker.js', import.meta.url).href,
    name: 'openSlice',
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: 30_000,
    workerData,
    execArgv: isSource ? ['--conditions=source'] : [],
  });
  let waiting: Waiting[] = [];
  let inFlight = 0;
  let isBroken = false;
  let byThreads = 0;
  let byCaller = 0;

  async function openHere({ payload, key, resolve, reject }: Waiting): Promise<void> {
    byCaller++;
    try {
      resolve(await enclave.open(payload, key));
    } catch (error) {
      reject(error);
    }
  }

  async function openInThread(slice: readonly Waiting[]): Promise<void> {
    inFlight++;
    try {
      const jobs = slice.map(({ payload, key }) => ({ payload, key }));
      const results = (await pool.run(jobs)) as readonly (Uint8Array | undefined)[];
      const failed: Waiting[] = [];
      for (const [index, job] of slice.entries()) {
        const message = results[index];
        if (message === undefined) failed.push(job);
        else job.resolve(message);
      }
      byThreads += slice.length - failed.length;
      await Promise.all(failed.map(openHere));
    } catch (error) {
      if (!isBroken) logger.log('warn', 'Payloads are opened without threads', { reason: String(error) });
      isBroken = true;
      await Promise.all(slice.map(openHere));
    } finally {
      inFlight--;
    }
  }

  async function flush(): Promise<void> {
    const batch = waiting;
    waiting = [];
    let weight = 0;
    for (const job of batch) weight += job.payload.cipherText.length;
    const isSmall = batch.length === 1 || weight < smallBytes;
    while (batch.length > 0) {
      const slice: Waiting[] = [];
      for (let size = 0; batch.length > 0 && size < sliceBytes; ) {
        const job = batch.shift() as Waiting;
        slice.push(job);
        size += job.payload.cipherText.length;
      }
      if (isSmall || isBroken || inFlight >= threads * inFlightMax) {
        for (const job of slice) await openHere(job);
        // Lets results of the threads in between.
        await new Promise((resolve) => setImmediate(resolve));
      } else {
        void openInThread(slice);
      }
    }
  }

  return {
    ...enclave,
    open(payload: SealedPayload, key: EnclaveKey) {
      return new Promise((resolve, reject) => {
        if (waiting.push({ payload, key, resolve, reject }) === 1) setImmediate(() => void flush());
      });
    },
    counts: () => ({ byThreads, byCaller }),
    async close() {
      isBroken = true;
      await pool.destroy();
    },
  };
}
