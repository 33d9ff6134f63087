import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { nodeKeyToPeerId } from '@isoquorum/primitives/node-key';
import { expect, it } from 'vitest';
import { parseBrowserList } from '../../admission/browser-list.ts';
import { createInvitation, invitationToBytes } from '../../admission/invitation.ts';
import { testRandom } from '../../testing/chain.ts';

const nodeKey = new Uint8Array(32).fill(7);
const child = join(import.meta.dirname, '../../testing/redeem-child.ts');

function invite(): string {
  const invitation = createInvitation({
    nodeKey,
    genesisHash: new Uint8Array(32).fill(1),
    multiaddrs: [`/ip4/127.0.0.1/tcp/1/ws/p2p/${nodeKeyToPeerId(nodeKey)}`],
    name: 'guest',
    expires: Math.floor(Date.now() / 1000) + 600,
    random: testRandom,
  });
  return bytesToBareHex(invitationToBytes(invitation));
}

/** Runs the child, kills it with SIGKILL after `killAfter` grants, and returns the numbers that it had printed by then. */
function run(
  directory: string,
  firstGuest: number,
  invitations: readonly string[],
  killAfter = Infinity,
): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const running = spawn(
      process.execPath,
      ['--conditions=source', child, directory, String(firstGuest), ...invitations],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let output = '';
    running.stdout.on('data', (data: Buffer) => {
      output += data.toString();
      if (output.split('\n').length > killAfter) running.kill('SIGKILL');
    });
    running.on('error', reject);
    running.on('close', () =>
      resolve(
        output
          .split('\n')
          .filter((line) => /^\d+$/.test(line))
          .map(Number),
      ),
    );
  });
}

it('uses no invitation twice, whenever the issuer is killed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'isoquorum-redeem-'));
  try {
    const invitations = Array.from({ length: 30 }, invite);
    const granted = new Set<number>();
    for (let attempt = 0; attempt < 3; attempt++)
      for (const index of await run(directory, attempt * 1000, invitations, 5 + attempt * 7)) {
        expect([index, granted.has(index)]).toEqual([index, false]);
        granted.add(index);
      }
    for (const index of await run(directory, 9000, invitations)) {
      expect([index, granted.has(index)]).toEqual([index, false]);
      granted.add(index);
    }
    expect(granted.size).toBeGreaterThan(20);
    const browsers = parseBrowserList(await readFile(join(directory, 'permissioned-browsers.json'), 'utf8'));
    expect(new Set(browsers.map(({ invitation }) => invitation)).size).toBe(browsers.length);
    expect(browsers.length).toBeGreaterThanOrEqual(granted.size);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
