import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createCommandError } from '../command-error.ts';

/** A process of the network, started by `dev` from this same command. */
export interface Child<Ready> {
  readonly name: string;
  readonly pid: number;
  /** What the process said when it was ready. */
  readonly ready: Ready;
  /** Resolves when the process has ended, with its exit code (or the signal's name). */
  readonly ended: Promise<number | string>;
  /** Asks it to stop cleanly; kills it after `graceMs`. */
  stop(graceMs?: number): Promise<void>;
}

/** The message that a started command sends over its IPC channel once it serves. */
export interface ReadyMessage<Ready> {
  readonly type: 'ready';
  readonly info: Ready;
}

/** All processes of a network start at once, and share the machine with whatever else runs on it. */
const READY_WITHIN_MS = 120_000;

/**
 * Starts `isoquorum …args` as a process of its own with its log in `logFile`, and waits until it says that it is ready.
 * A child whose parent is gone (its IPC channel closes) stops by itself.
 * @throws CHILD_FAILED with the last lines of its log, CHILD_TIMEOUT
 */
export function startChild<Ready>(name: string, args: readonly string[], logFile: string): Promise<Child<Ready>> {
  const entry = new URL(import.meta.url.endsWith('.ts') ? '../main.ts' : '../main.js', import.meta.url).pathname;
  const child = spawn(process.execPath, [...process.execArgv, entry, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const log = createWriteStream(logFile, { flags: 'a' });
  let tail = '';
  const keep = (chunk: Uint8Array): void => {
    log.write(chunk);
    tail = (tail + new TextDecoder().decode(chunk)).slice(-2_000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const ended = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => {
      log.end();
      resolve(code ?? signal ?? 'unknown');
    });
  });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(
        createCommandError(
          'CHILD_TIMEOUT',
          `${name} was not ready within ${READY_WITHIN_MS / 1000} s; its log is ${logFile}`,
          { name, logFile },
        ),
      );
    }, READY_WITHIN_MS);
    void ended.then((code) => {
      clearTimeout(timer);
      reject(
        createCommandError(
          'CHILD_FAILED',
          `${name} ended (${code}) before it was ready; its log is ${logFile}:\n${tail.trim()}`,
          { name, code, logFile },
        ),
      );
    });
    child.on('error', (error) => reject(error));
    child.on('message', (message: ReadyMessage<Ready>) => {
      if (message.type !== 'ready') return;
      clearTimeout(timer);
      resolve({
        name,
        pid: child.pid ?? 0,
        ready: message.info,
        ended,
        stop: (graceMs = 10_000) => stopChild(child, ended, graceMs),
      });
    });
  });
}

async function stopChild(child: ChildProcess, ended: Promise<number | string>, graceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await ended;
  clearTimeout(timer);
}
