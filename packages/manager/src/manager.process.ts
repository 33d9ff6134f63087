import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { enclavePublicKey } from '@isoquorum/platform/memory/key-agreement';
import { createClock } from '@isoquorum/platform/node/clock';
import { createNodeHttpClient } from '@isoquorum/platform/node/http-client';
import { createQ2tClient } from '@isoquorum/rpc/rest/q2t-client';
import type { Q2tClient } from '@isoquorum/rpc/rest/q2t';

const script = fileURLToPath(new URL('testing/manager-process.ts', import.meta.url));
const children = new Set<ChildProcess>();
const http = createNodeHttpClient();

interface Running {
  readonly child: ChildProcess;
  readonly urls: { readonly q2t: string; readonly p2p: string };
  readonly client: Q2tClient;
}

function start(dataDir: string, seed: number, ports: readonly [number, number], peer?: string): Promise<Running> {
  const args = [
    '--conditions=source',
    script,
    dataDir,
    String(seed),
    ...ports.map(String),
    ...(peer === undefined ? [] : [peer]),
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the manager ended with ${code}`)));
    child.stdout.once('data', (line: Uint8Array) => {
      const urls = JSON.parse(new TextDecoder().decode(line)) as Running['urls'];
      resolve({ child, urls, client: createQ2tClient({ url: urls.q2t, http, clock: createClock() }) });
    });
  });
}

async function kill(running: Running): Promise<void> {
  const gone = new Promise((resolve) => running.child.once('exit', resolve));
  running.child.kill('SIGKILL');
  await gone;
  children.delete(running.child);
}

const portOf = (url: string): number => Number(new URL(url).port);
const keyOf = (seed: number): Uint8Array => enclavePublicKey(new Uint8Array(32).fill(seed));

describe('manager processes', () => {
  let folders: string[] = [];
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    children.clear();
    http.close();
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
    folders = [];
  });
  const makeFolder = async (): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), 'isoquorum-manager-'));
    folders.push(folder);
    return folder;
  };

  test('kill -9 under load: whatever was acknowledged is there afterwards, at the sender and at the recipient', async () => {
    const [one, two] = [await makeFolder(), await makeFolder()];
    let sender = await start(one, 1, [0, 0]);
    let recipient = await start(two, 2, [0, 0], `${sender.urls.p2p}/`);
    const ports = [sender, recipient].map(({ urls }) => [portOf(urls.q2t), portOf(urls.p2p)] as const);
    const acknowledged: { readonly hash: Uint8Array; readonly text: string }[] = [];
    const send = async (text: string): Promise<void> => {
      const { hash } = await sender.client.send({ payload: new TextEncoder().encode(text), to: [keyOf(2)] });
      acknowledged.push({ hash, text });
    };
    for (let tries = 0; tries < 100; tries++) {
      try {
        await send('first');
        break;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    expect(acknowledged).toHaveLength(1);

    for (let round = 0; round < 3; round++) {
      const load = Array.from({ length: 60 }, (_, index) => send(`round ${round} payload ${index}`).catch(() => {}));
      await Promise.race(load.slice(5 + round * 10));
      await (round % 2 === 0 ? kill(recipient) : kill(sender));
      await Promise.all(load);
      if (round % 2 === 0)
        recipient = await start(two, 2, ports[1] as readonly [number, number], `${sender.urls.p2p}/`);
      else sender = await start(one, 1, ports[0] as readonly [number, number]);
    }
    expect(acknowledged.length).toBeGreaterThan(10);
    for (const { hash, text } of acknowledged) {
      for (const { client } of [sender, recipient]) {
        const received = await client.receive(hash);
        expect(new TextDecoder().decode(received?.payload)).toBe(text);
      }
    }
    await send('after everything');
  });

  test('SIGTERM ends the process cleanly', async () => {
    const running = await start(await makeFolder(), 3, [0, 0]);
    await running.client.storeRaw(Uint8Array.of(1));
    const code = new Promise((resolve) => running.child.once('exit', resolve));
    running.child.kill('SIGTERM');
    expect(await code).toBe(0);
    children.delete(running.child);
  });
});
