import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { nodeKeyToAddress, parseNodeKey } from '@isoquorum/primitives/node-key';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import { afterAll, expect, it } from 'vitest';
import { testCliqueGenesisJson, testKey } from '../testing/genesis.ts';

const folder = mkdtempSync(join(tmpdir(), 'isoquorum-first-start-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PROCESSES = 4;
const ROUNDS = 5;
const genesis = testCliqueGenesisJson({ signers: [privateKeyToAddress(testKey('signer'))], timestamp: 1 });

/** Starts a node in each directory that a line of its input names, and answers its address; it runs until the next line comes. */
const program = `
  import { createInterface } from 'node:readline';
  const [{ startNode }, { silentLogger: logger }] = await Promise.all([
    import('@isoquorum/node/node/start-node'),
    import('@isoquorum/platform/memory/logger'),
  ]);
  const genesis = ${JSON.stringify(JSON.stringify(genesis))};
  const libp2p = { host: '127.0.0.1', tcpPort: 0, wsPort: 0 };
  console.log('ready');
  let node;
  for await (const dataDir of createInterface({ input: process.stdin })) {
    await node?.stop();
    node = undefined;
    try {
      node = await startNode({ genesis: JSON.parse(genesis), dataDir, libp2p, logger });
      console.log(node.info.address);
    } catch (error) {
      console.log(error.code ?? error.stack);
    }
  }
  await node?.stop();
  process.exit();
`;

interface Starter {
  readonly ask: (line: string) => void;
  readonly answer: () => Promise<string>;
  readonly end: () => Promise<string>;
}

function start(): Starter {
  const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '-e', program], {
    cwd: import.meta.dirname,
    stdio: 'pipe',
  });
  const errors = text(child.stderr);
  let buffered = '';
  let wake: () => void = () => undefined;
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    buffered += piece;
    wake();
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  void ended.then(() => wake());
  return {
    ask: (line) => void child.stdin.write(`${line}\n`),
    async answer() {
      while (!buffered.includes('\n')) {
        if (child.exitCode !== null) throw new Error(await errors);
        await new Promise<void>((resolve) => (wake = resolve));
      }
      const [line] = buffered.split('\n', 1);
      buffered = buffered.slice((line as string).length + 1);
      return line as string;
    },
    async end() {
      child.stdin.end();
      await ended;
      return errors;
    },
  };
}

it('lets one of several that start at once have an empty data directory, and tells the others why not', async () => {
  const starters = Array.from({ length: PROCESSES }, start);
  for (const one of starters) expect(await one.answer()).toBe('ready');
  for (let round = 0; round < ROUNDS; round++) {
    const directory = join(folder, `${round}/deep/below`);
    for (const one of starters) one.ask(directory);
    const answers = await Promise.all(starters.map((one) => one.answer()));
    const key = parseNodeKey(readFileSync(join(directory, 'nodekey'), 'utf8'));
    const winner = bytesToHex(nodeKeyToAddress(key));
    expect(answers.toSorted()).toEqual([winner, ...Array(PROCESSES - 1).fill('STORE_LOCKED')]);
  }
  for (const one of starters) expect(await one.end()).toBe('');
});
