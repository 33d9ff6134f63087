import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { createHybridEvm } from '@isoquorum/execution/evm/hybrid/engine';
import { createWasmEvm } from '@isoquorum/execution/evm/wasm/engine';
import { readTar } from '@isoquorum/execution/testing/tar';
import { sharedPath } from '@isoquorum/execution/testing/shared-data';
import { installFastestCrypto } from '@isoquorum/platform/node/crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { createPreState, runStateTest, type StateTest } from './state-test.ts';

const archive = sharedPath('suites/ethereum-state-tests.tar.gz');
/** Every so many files; all of them by `npm run conformance -- state`. */
const EVERY = 24;
/** Files that take minutes are for the whole run. */
const LARGEST_BYTES = 400_000;

describe.skipIf(!existsSync(archive))('a sample of the public state tests', () => {
  const hybrid = createHybridEvm();
  const engines = [createWasmEvm(hybrid), hybrid];

  beforeAll(async () => {
    await installFastestCrypto();
  });

  it('passes on both of our engines', async () => {
    let [index, cases] = [0, 0];
    const failures: string[] = [];
    for (const { path, content } of readTar(new Uint8Array(gunzipSync(readFileSync(archive))))) {
      if (!path.endsWith('.json') || index++ % EVERY !== 0 || content.length > LARGEST_BYTES) continue;
      const tests = JSON.parse(new TextDecoder().decode(content)) as Readonly<Record<string, StateTest>>;
      for (const [title, test] of Object.entries(tests)) {
        const pre = createPreState(test);
        for (const [fork, posts] of Object.entries(test.post)) {
          for (const post of posts) {
            for (const evm of engines) {
              cases++;
              await runStateTest(test, pre, fork, post, evm).catch((error: unknown) =>
                failures.push(`${path} ${title} ${fork} ${JSON.stringify(post.indexes)} ${evm.name}: ${String(error)}`),
              );
            }
          }
        }
      }
    }
    expect(failures).toEqual([]);
    expect(cases).toBeGreaterThan(1_000);
  });
});
