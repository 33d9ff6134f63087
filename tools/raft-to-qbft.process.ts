import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type NetworkFile, rpc, runCommand, startNetwork, until } from '../e2e/network.ts';

type Node = NetworkFile['nodes'][number];

const heightOf = async ({ http }: Node): Promise<number> => Number(await rpc<string>(http, 'eth_blockNumber'));
const headerAt = (node: Node, number: number): Promise<{ hash: string; timestamp: string; stateRoot: string }> =>
  rpc(node.http, 'eth_getBlockByNumber', `0x${number.toString(16)}`, false);

async function command(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = runCommand(args);
  let output = '';
  const read = (chunk: Uint8Array): void => void (output += new TextDecoder().decode(chunk));
  child.stdout?.on('data', read);
  child.stderr?.on('data', read);
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { code, output };
}

test('a Raft network moves to QBFT at a block by one command, and its history stays', {
  timeout: 300_000,
}, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'isoquorum-raft-'));
  const args = ['--no-playground', '--consensus', 'raft', '--validators', '4', '--data-dir', dataDir];
  const genesis = join(dataDir, 'genesis.json');
  let network = await startNetwork(23_800, ...args);
  try {
    const { nodes, accounts } = JSON.parse(readFileSync(join(dataDir, 'network.json'), 'utf8')) as NetworkFile;
    const from = accounts[0]?.address;
    const send = async (node: Node): Promise<void> => {
      const hash = await rpc<string>(node.http, 'eth_sendTransaction', { from, to: from, value: '0x1' });
      await until(
        'mined',
        () => rpc(node.http, 'eth_getTransactionReceipt', hash),
        (receipt) => receipt !== null,
      );
    };
    await until(
      'a minter',
      () => rpc<string>(nodes[0]!.http, 'raft_leader').catch(() => ''),
      (leader) => leader !== '',
    );
    for (const node of nodes.slice(0, 3)) await send(node);
    const before = await Promise.all([0, 1, 2, 3].map((number) => headerAt(nodes[0]!, number)));

    const late = await command(
      'migrate',
      'raft-to-qbft',
      '--genesis',
      genesis,
      '--rpc',
      nodes[0]!.http,
      '--block',
      '3',
    );
    expect([late.code, late.output]).toEqual([1, expect.stringContaining('MIGRATION_REFUSED')]);
    const plan = ['migrate', 'raft-to-qbft', '--genesis', genesis, '--rpc', nodes[0]!.http, '--block', '+3'];
    const moved = await command(...plan);
    expect([moved.code, moved.output]).toEqual([0, expect.stringContaining('QBFT from block 6 on')]);
    const { config } = JSON.parse(readFileSync(genesis, 'utf8')) as { config: { transitions: { validators: [] }[] } };
    expect(config.transitions[0]?.validators).toHaveLength(4);

    await network.stop();
    network = await startNetwork(23_800, ...args);
    // Two more blocks by Raft, then QBFT needs no transaction.
    await send(nodes[1]!);
    await send(nodes[2]!);
    await until(
      'blocks by QBFT',
      () => Promise.all(nodes.map(heightOf)),
      (heights) => Math.min(...heights) >= 9,
      60_000,
    );
    const after = await Promise.all([0, 1, 2, 3].map((number) => headerAt(nodes[3]!, number)));
    expect(after).toEqual(before);
    const [last, first] = [await headerAt(nodes[0]!, 5), await headerAt(nodes[0]!, 6)];
    expect(BigInt(last.timestamp)).toBeGreaterThan(10n ** 18n);
    expect(Math.abs(Number(first.timestamp) - Date.now() / 1000)).toBeLessThan(120);
    expect(await rpc(nodes[2]!.http, 'istanbul_getValidators')).toHaveLength(4);
    await send(nodes[0]!);
    const hashes = await Promise.all(nodes.map(async (node) => (await headerAt(node, 8)).hash));
    expect(new Set(hashes).size).toBe(1);

    await network.stop();
    network = await startNetwork(23_800, ...args);
    const height = await heightOf(nodes[0]!);
    await until(
      'goes on after a restart',
      () => Promise.all(nodes.map(heightOf)),
      (heights) => Math.min(...heights) > height + 2,
      60_000,
    );
  } finally {
    await network.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
});
