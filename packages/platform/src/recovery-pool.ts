import type { Address } from '@isoquorum/primitives/bytes';
import type { RecoveryInput, Transaction } from '@isoquorum/primitives/transaction/transaction';
import {
  packSignatures,
  packTransactions,
  recoverIdentities,
  recoverOne,
  rememberIdentities,
  unpackSenders,
} from './recovery-job.ts';
import type { PendingRecovery, SenderRecovery } from './sender-recovery.ts';

/** A thread that does jobs of `recovery-job.ts`, answers in the order of questions. */
export interface RecoveryThread {
  post(job: Uint8Array<ArrayBuffer>): void;
  /** Whether there is work that the process has to stay alive for. */
  setBusy(isBusy: boolean): void;
  terminate(): Promise<void>;
}

export interface RecoveryPlatform {
  /** @throws when threads cannot be had */
  startThread(onAnswer: (answer: Uint8Array) => void, onEnd: () => void): RecoveryThread;
  /** Lets messages come in, and resolves. */
  pause(): Promise<void>;
  /** Calls once after some time unless cancelled; must not keep the process alive. */
  later(milliseconds: number, call: () => void): () => void;
}

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
  /** Starts the threads now, so that they are ready when the first work comes. */
  warmUp(): void;
}

/** Signatures per message: crossing costs little beside the work (spec/import-pipeline.md: 5 to 503 made no difference). */
const sliceSize = 64;
/** Fewer signatures than this are not worth a message. */
const smallBatch = 4;
/** Messages that a thread may have waiting, so that it does not run dry while the caller executes a large block. */
const inFlightMax = 6;

interface Slice {
  readonly count: number;
  /** What goes to a thread, and what becomes of its answer. */
  readonly pack: () => Uint8Array<ArrayBuffer>;
  readonly done: (answer: Uint8Array) => void;
  /** Does it in the calling thread: the same result, without packing and decoding. */
  readonly run: () => void;
}

interface Thread {
  readonly runner: RecoveryThread;
  readonly inFlight: Slice[];
}

function* cut<T>(items: readonly T[]): Generator<readonly [offset: number, part: readonly T[]]> {
  for (let offset = 0; offset < items.length; offset += sliceSize)
    yield [offset, items.slice(offset, offset + sliceSize)];
}

/**
 * Shares slices of work between threads and the caller: threads take the oldest slices, a few at a time; a caller that
 * waits for a block takes the oldest one that no thread has. Falls back to the calling thread when a thread cannot run.
 */
class ThreadPool implements RecoveryPool {
  private readonly platform: RecoveryPlatform;
  private readonly size: number;
  private readonly idleMs: number;
  private readonly threads = new Set<Thread>();
  private readonly queue: Slice[] = [];
  private cancelIdle: (() => void) | undefined;
  /** Set when a thread failed: the pool then works in the calling thread. */
  private isBroken = false;
  private byThreads = 0;
  private byCaller = 0;

  constructor(platform: RecoveryPlatform, size: number, idleMs: number) {
    this.platform = platform;
    this.size = size;
    this.idleMs = idleMs;
  }

  counts(): RecoveryCounts {
    return { byThreads: this.byThreads, byCaller: this.byCaller };
  }

  warmUp(): void {
    while (this.threads.size < this.size && !this.isBroken) this.start();
  }

  async recover(batch: readonly RecoveryInput[]): Promise<readonly (Address | undefined)[]> {
    if (batch.length < smallBatch || this.size === 0) {
      this.byCaller += batch.length;
      return batch.map(recoverOne);
    }
    const senders: (Address | undefined)[] = batch.map(() => undefined);
    let left = batch.length;
    await new Promise<void>((resolve) => {
      for (const [offset, part] of cut(batch)) {
        const take = (found: readonly (Address | undefined)[]): void => {
          for (const [index, sender] of found.entries()) senders[offset + index] = sender;
          left -= part.length;
          if (left === 0) resolve();
        };
        this.queue.push({
          count: part.length,
          pack: () => packSignatures(part),
          done: (answer) => take(unpackSenders(answer)),
          run: () => take(part.map(recoverOne)),
        });
      }
      this.dispatch();
      if (this.isBroken) void this.workAlone();
    });
    return senders;
  }

  begin(transactions: readonly Transaction[], chainId: bigint | undefined): PendingRecovery {
    let left = transactions.length;
    let wake: (() => void) | undefined;
    for (const [, part] of cut(transactions)) {
      const count = (): void => {
        left -= part.length;
        if (left === 0) wake?.();
      };
      this.queue.push({
        count: part.length,
        pack: () => packTransactions(part, chainId),
        done: (answer) => {
          rememberIdentities(part, chainId, answer);
          count();
        },
        run: () => {
          recoverIdentities(part, chainId);
          count();
        },
      });
    }
    this.dispatch();
    return {
      finish: async () => {
        while (left > 0) {
          if (!this.workOnce()) await new Promise<void>((resolve) => (left > 0 ? (wake = resolve) : resolve()));
          else if (this.size > 0) await this.platform.pause();
        }
      },
    };
  }

  /** Does the oldest slice that no thread has; answers whether there was one. */
  private workOnce(): boolean {
    const slice = this.queue.shift();
    if (slice === undefined) return false;
    this.byCaller += slice.count;
    slice.run();
    return true;
  }

  private async workAlone(): Promise<void> {
    while (this.workOnce()) await this.platform.pause();
  }

  private dispatch(): void {
    this.cancelIdle?.();
    this.cancelIdle = undefined;
    while (this.queue.length > 0 && !this.isBroken && this.size > 0) {
      let chosen: Thread | undefined;
      for (const thread of this.threads)
        if (chosen === undefined || thread.inFlight.length < chosen.inFlight.length) chosen = thread;
      if ((chosen === undefined || chosen.inFlight.length > 0) && this.threads.size < this.size) chosen = this.start();
      if (chosen === undefined || chosen.inFlight.length >= inFlightMax) return;
      const slice = this.queue.shift() as Slice;
      chosen.inFlight.push(slice);
      chosen.runner.setBusy(true);
      chosen.runner.post(slice.pack());
    }
    this.rest();
  }

  /** Ends idle threads after a while. */
  private rest(): void {
    for (const thread of this.threads) if (thread.inFlight.length > 0) return;
    if (this.threads.size > 0) this.cancelIdle = this.platform.later(this.idleMs, () => void this.stopThreads());
  }

  private start(): Thread | undefined {
    try {
      const inFlight: Slice[] = [];
      const onAnswer = (answer: Uint8Array): void => {
        const slice = inFlight.shift();
        this.byThreads += slice?.count ?? 0;
        // One that is being ended keeps the process alive until its end is told, and gets no more work.
        const isEnding = !this.threads.has(thread);
        if (inFlight.length === 0 && !isEnding) thread.runner.setBusy(false);
        slice?.done(answer);
        if (!isEnding) this.dispatch();
      };
      const thread: Thread = {
        inFlight,
        runner: this.platform.startThread(onAnswer, () => this.abandon(thread)),
      };
      this.threads.add(thread);
      return thread;
    } catch {
      this.isBroken = true;
      void this.workAlone();
      return undefined;
    }
  }

  /** A thread ended: what it had is done here. An end that was not asked for stops the use of threads. */
  private abandon(thread: Thread): void {
    if (!this.threads.delete(thread)) return;
    this.isBroken = true;
    this.queue.unshift(...thread.inFlight.splice(0));
    void this.workAlone();
  }

  private async stopThreads(): Promise<void> {
    const threads = [...this.threads];
    this.threads.clear();
    await Promise.all(threads.map((thread) => thread.runner.terminate()));
    for (const thread of threads) this.queue.unshift(...thread.inFlight.splice(0));
    await this.workAlone();
  }

  async close(): Promise<void> {
    this.cancelIdle?.();
    await this.stopThreads();
  }
}

/** A pool over a platform's threads, started when first needed. */
export function createThreadPool(platform: RecoveryPlatform, options: RecoveryPoolOptions = {}): RecoveryPool {
  return new ThreadPool(platform, options.threads ?? 1, options.idleMs ?? 30_000);
}
