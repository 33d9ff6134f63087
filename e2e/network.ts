import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `network.json`, as interfaces.md 2 fixes it; e2e talks to the network as any stranger's program would. */
export interface NetworkFile {
  readonly chainId: number;
  readonly genesis: string;
  readonly nodes: readonly {
    readonly name: string;
    readonly pid: number;
    readonly http: string;
    readonly ws: string;
    readonly validator: string;
    readonly manager: string;
  }[];
  readonly managers: readonly {
    readonly name: string;
    readonly pid: number;
    readonly q2t: string;
    readonly p2p: string;
    readonly thirdParty: string;
    readonly publicKeys: readonly string[];
  }[];
  readonly accounts: readonly { readonly address: string; readonly privateKey: string }[];
  readonly playground?: string;
}

export interface RunningNetwork {
  readonly dataDir: string;
  /** Reads `network.json` again (process ids change when a process was started again). */
  file(): NetworkFile;
  /** Everything that `isoquorum dev` printed. */
  output(): string;
  stop(): Promise<void>;
}

/** More than `isoquorum dev` gives its processes, so that it says itself which was late. */
const READY_WITHIN_MS = 150_000;

/** Runs the command of this repository as a user does. */
export function runCommand(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [join(import.meta.dirname, '../apps/daemon/bin/isoquorum.js'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
}

/** Starts `isoquorum dev` in a folder of its own and waits for `Ready`. */
export async function startNetwork(portBase: number, ...args: readonly string[]): Promise<RunningNetwork> {
  const dataDir = mkdtempSync(join(tmpdir(), 'isoquorum-e2e-'));
  const child = runCommand(['dev', '--data-dir', dataDir, '--port-base', String(portBase), ...args]);
  let output = '';
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no Ready within ${READY_WITHIN_MS} ms:\n${output}`)),
      READY_WITHIN_MS,
    );
    const read = (chunk: Uint8Array): void => {
      output += new TextDecoder().decode(chunk);
      if (!/^Ready in /m.test(output)) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => reject(new Error(`isoquorum dev ended with ${code}:\n${output}`)));
  }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    dataDir,
    output: () => output,
    stop,
    file: () => JSON.parse(readFileSync(join(dataDir, 'network.json'), 'utf8')) as NetworkFile,
  };
}

/** One JSON-RPC call over HTTP; throws the error's text. */
export async function rpc<Result = unknown>(
  url: string,
  method: string,
  ...params: readonly unknown[]
): Promise<Result> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const answer = (await response.json()) as { result?: Result; error?: { code: number; message: string } };
  if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.code} ${answer.error.message}`);
  return answer.result as Result;
}

/** Asks until the answer satisfies, every 200 ms. */
export async function until<Value>(
  what: string,
  ask: () => Promise<Value>,
  satisfied: (value: Value) => boolean,
  withinMs = 30_000,
): Promise<Value> {
  const deadline = Date.now() + withinMs;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const value = await ask();
      if (satisfied(value)) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(
    `${what}: not within ${withinMs} ms; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`,
  );
}
