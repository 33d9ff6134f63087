import { Worker } from 'node:worker_threads';
import type { Address } from '@isoquorum/primitives/bytes';
import type { RecoveryInput } from '@isoquorum/primitives/transaction/transaction';
import { packInputs, unpackSenders } from '../recovery-message.ts';
import { type RecoveryOptions, recoverOne, type SenderRecovery } from '../sender-recovery.ts';

export interface RecoveryPoolOptions {
  /** Worker threads; 1 unless told, 0 recovers in the calling thread. */
  readonly threads?: number;
  /** Idle threads end after this; 30 s unless told. */
  readonly idleMs?: number;
}

/** How many signatures were recovered where, since the pool was made. */
export interface RecoveryCounts {
  readonly byThreads: number;
  readonly byCaller: number;
}

export interface RecoveryPool extends SenderRecovery {
  counts(): RecoveryCounts;
}

/** Signatures per message: crossing costs little beside the work (spec/import-pipeline.md: 5 to 503 made no difference). */
const sliceSize = 100;
/** Fewer signatures than this are not worth a message. */
const smallBatch = 4;
/** Messages that a thread may have waiting, so that it never runs dry. */
const inFlightMax = 2;

interface Slice {
  readonly inputs: readonly RecoveryInput[];
  readonly offset: number;
  readonly done: (offset: number, senders: readonly (Address | undefined)[]) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly inFlight: Slice[];
}

/** `.ts` when running from source, `.js` from `dist`. */
function startWorker(): Worker {
  const isSource = import.meta.url.endsWith('.ts');
  const entry = new URL(isSource ? './recovery-worker.ts' : './recovery-worker.js', import.meta.url);
  return new Worker(entry, { execArgv: isSource ? ['--conditions=source'] : [], name: 'recovery' });
}

class ThreadPool implements RecoveryPool {
  private readonly size: number;
  private readonly idleMs: number;
  private readonly threads = new Set<Thread>();
  private readonly queue: Slice[] = [];
  private idleTimer: NodeJS.Timeout | undefined;
  /** Set when a thread failed: the pool then works in the calling thread. */
  private isBroken = false;
  private byThreads = 0;
  private byCaller = 0;

  constructor(size: number, idleMs: number) {
    this.size = size;
    this.idleMs = idleMs;
  }

  counts(): RecoveryCounts {
    return { byThreads: this.byThreads, byCaller: this.byCaller };
  }

  async recover(
    batch: readonly RecoveryInput[],
    options: RecoveryOptions = {},
  ): Promise<readonly (Address | undefined)[]> {
    if (batch.length < smallBatch || this.size === 0) {
      this.byCaller += batch.length;
      return batch.map(recoverOne);
    }
    const senders: (Address | undefined)[] = batch.map(() => undefined);
    let left = batch.length;
    const finished = new Promise<void>((resolve) => {
      const done: Slice['done'] = (offset, part) => {
        part.forEach((sender, index) => {
          senders[offset + index] = sender;
        });
        left -= part.length;
        if (left === 0) resolve();
      };
      for (let offset = 0; offset < batch.length; offset += sliceSize)
        this.queue.push({ inputs: batch.slice(offset, offset + sliceSize), offset, done });
    });
    this.dispatch();
    if (options.isCallerHelping === true || this.isBroken) await this.help();
    await finished;
    return senders;
  }

  /** Takes slices from the end of the queue, while threads take them from its start. */
  private async help(): Promise<void> {
    for (let slice = this.queue.pop(); slice !== undefined; slice = this.queue.pop()) {
      this.byCaller += slice.inputs.length;
      slice.done(slice.offset, slice.inputs.map(recoverOne));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  private dispatch(): void {
    if (this.idleTimer !== undefined) clearTimeout(this.idleTimer);
    this.idleTimer = undefined;
    while (this.queue.length > 0 && !this.isBroken) {
      let chosen: Thread | undefined;
      for (const thread of this.threads)
        if (chosen === undefined || thread.inFlight.length < chosen.inFlight.length) chosen = thread;
      if ((chosen === undefined || chosen.inFlight.length > 0) && this.threads.size < this.size) chosen = this.start();
      if (chosen === undefined || chosen.inFlight.length >= inFlightMax) return;
      const slice = this.queue.shift() as Slice;
      const message = packInputs(slice.inputs);
      chosen.inFlight.push(slice);
      chosen.worker.ref();
      chosen.worker.postMessage(message, [message.buffer]);
    }
    this.rest();
  }

  /** Ends idle threads after a while; neither thread nor timer keeps the process alive. */
  private rest(): void {
    for (const thread of this.threads) if (thread.inFlight.length > 0) return;
    if (this.threads.size === 0) return;
    this.idleTimer = setTimeout(() => void this.stopThreads(), this.idleMs);
    this.idleTimer.unref();
  }

  private start(): Thread | undefined {
    try {
      const thread: Thread = { worker: startWorker(), inFlight: [] };
      thread.worker.unref();
      thread.worker.on('message', (message: Uint8Array) => {
        const slice = thread.inFlight.shift();
        if (thread.inFlight.length === 0) thread.worker.unref();
        this.byThreads += slice?.inputs.length ?? 0;
        slice?.done(slice.offset, unpackSenders(message));
        this.dispatch();
      });
      thread.worker.on('error', () => this.abandon(thread));
      thread.worker.on('exit', () => this.abandon(thread));
      this.threads.add(thread);
      return thread;
    } catch {
      this.isBroken = true;
      void this.help();
      return undefined;
    }
  }

  /** A thread ended: what it had is done here. An end that was not asked for stops the use of threads. */
  private abandon(thread: Thread): void {
    if (!this.threads.delete(thread)) return;
    this.isBroken = true;
    this.queue.push(...thread.inFlight.splice(0));
    void this.help();
  }

  private async stopThreads(): Promise<void> {
    const threads = [...this.threads];
    this.threads.clear();
    await Promise.all(threads.map((thread) => thread.worker.terminate()));
    for (const thread of threads) this.queue.push(...thread.inFlight.splice(0));
    await this.help();
  }

  async close(): Promise<void> {
    if (this.idleTimer !== undefined) clearTimeout(this.idleTimer);
    await this.stopThreads();
  }
}

/** A pool of worker threads, started when first needed. Falls back to the calling thread when a thread cannot run. */
export function createRecoveryPool(options: RecoveryPoolOptions = {}): RecoveryPool {
  return new ThreadPool(options.threads ?? 1, options.idleMs ?? 30_000);
}
