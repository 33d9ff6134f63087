import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeKey } from '@isoquorum/execution/state/keys';
import { hasSharedData } from '@isoquorum/execution/testing/shared-data';
import { openWhole } from '@isoquorum/node/testing/whole-state';
import { createMemoryLogger } from '@isoquorum/platform/memory/logger';
import { installFastestCrypto } from '@isoquorum/platform/node/crypto';
import { openLevelStore } from '@isoquorum/platform/node/level-store';
import { parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { afterAll, describe, expect, it } from 'vitest';
import { generateChain } from './bench/import/generate-chain.ts';

// Not through the launcher: the process that is killed has to be the one that imports.
const main = fileURLToPath(new URL('../apps/daemon/src/main.ts', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'isoquorum-kill-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

/** Size of all files of a directory, 0 when there is none. */
function bytesIn(path: string): number {
  let bytes = 0;
  for (const name of existsSync(path) ? readdirSync(path) : []) {
    const file = join(path, name);
    // Files of the database come and go.
    if (existsSync(file)) bytes += statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

// The token of the recorded bench chain is used.
describe.skipIf(!hasSharedData)('kill -9 of an import (needs ../shared)', () => {
  it('leaves a whole head each time, and the import goes on to the end', { timeout: 240_000 }, async () => {
    await installFastestCrypto();
    const chain = await generateChain({ directory, transfers: 6_000, perBlock: 25, receivers: 'new' });
    const genesis = parseGenesis(JSON.parse(readFileSync(chain.genesisFile, 'utf8')));
    const dataDir = join(directory, 'data');
    const start = () =>
      spawn(
        process.execPath,
        // One option and its value a line.
        [
          '--conditions=source',
          main,
          'import',
          '--genesis',
          chain.genesisFile,
          '--data-dir',
          dataDir,
          '--gcmode',
          'full',
          chain.file,
        ],
        { stdio: ['ignore', 'ignore', 'pipe'] },
      );
    const headAfter = async (): Promise<number> => {
      const store = await openLevelStore(join(dataDir, 'chaindata'));
      const { chain: opened } = await openWhole(store, genesis, { isMade: true, logger: createMemoryLogger() });
      await store.close();
      return opened.reader.headNumber();
    };
    const heads: number[] = [];
    const end = Math.ceil(6_000 / 25) + 2;
    for (let round = 0; round < 6 && (heads.at(-1) ?? 0) < end; round++) {
      const before = bytesIn(join(dataDir, 'chaindata'));
      const child = start();
      let isOver = false;
      const closed = once(child, 'close').then(() => {
        isOver = true;
      });
      // Not by the clock, which says nothing on a busy machine: when so much has been written.
      while (!isOver && bytesIn(join(dataDir, 'chaindata')) < before + 150_000 + 71_003 * round) await pause();
      child.kill('SIGKILL');
      await closed;
      heads.push(await headAfter());
    }
    expect(heads).toEqual(heads.toSorted((left, right) => left - right));
    expect(heads.some((head) => head > 0)).toBe(true);
    const [code] = (await once(start(), 'close')) as [number | null];
    expect(code).toBe(0);
    expect(await headAfter()).toBe(end);

    // Worse than a crash: a part of the newest state is lost.
    const store = await openLevelStore(join(dataDir, 'chaindata'));
    const { chain: opened } = await openWhole(store, genesis);
    await store.batch([{ type: 'delete', key: nodeKey(opened.reader.head().block.header.stateRoot) }]);
    await store.close();
    const repairing = start();
    let said = '';
    repairing.stderr.on('data', (part: Uint8Array) => (said += String(part)));
    expect(await once(repairing, 'close')).toEqual([0, null]);
    expect(said).toContain('The state of the head is not whole: went back');
    expect(await headAfter()).toBe(end);
  });
});
