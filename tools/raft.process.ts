import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeKeyToEnode } from '@isoquorum/primitives/node-key';
import { expect, test } from 'vitest';
import { type NetworkFile, type RunningNetwork, rpc, runCommand, startNetwork, until } from '../e2e/network.ts';

type Node = NetworkFile['nodes'][number];

interface ReceiptJson {
  readonly status: string;
  readonly contractAddress: string | null;
}

/** Deploys 32 bytes of code that are never run. */
const coded = '0x6000600055602a60005260206000f3';

const heightOf = async ({ http }: Node): Promise<number> => Number(await rpc<string>(http, 'eth_blockNumber'));
const roleOf = ({ http }: Node): Promise<string> => rpc<string>(http, 'raft_role');
const receiptOf = ({ http }: Node, hash: string): Promise<ReceiptJson | null> =>
  rpc<ReceiptJson | null>(http, 'eth_getTransactionReceipt', hash);

async function mined(node: Node, hash: string, withinMs = 20_000): Promise<ReceiptJson> {
  const found = await until(
    'mined',
    () => receiptOf(node, hash),
    (receipt) => receipt !== null,
    withinMs,
  );
  return found as ReceiptJson;
}

async function minterOf(nodes: readonly Node[]): Promise<Node> {
  const roles = await until(
    'a minter',
    () => Promise.all(nodes.map(roleOf)),
    (all) => all.filter((role) => role === 'minter').length === 1,
  );
  return nodes[roles.indexOf('minter')] as Node;
}

async function expectOneChain(nodes: readonly Node[]): Promise<void> {
  const last = Math.min(...(await Promise.all(nodes.map(heightOf))));
  for (let number = 0; number <= last; number++) {
    const text = `0x${number.toString(16)}`;
    const blocks = await Promise.all(
      nodes.map(({ http }) => rpc<{ hash: string }>(http, 'eth_getBlockByNumber', text, false)),
    );
    expect([number, new Set(blocks.map(({ hash }) => hash)).size]).toEqual([number, 1]);
  }
}

/** Kills a node; `isoquorum dev` starts it again after five seconds. */
async function killAndAwait(network: RunningNetwork, node: Node, meanwhile: () => Promise<void>): Promise<void> {
  process.kill(node.pid, 'SIGKILL');
  await meanwhile();
  await until(
    'started again',
    () => Promise.resolve(network.file().nodes.find(({ name }) => name === node.name)?.pid),
    (pid) => pid !== node.pid,
    60_000,
  );
}

test('three Raft members as processes: a minter killed under load, an empty disk, a private transaction', {
  timeout: 300_000,
}, async () => {
  const network = await startNetwork(23_700, '--no-playground', '--consensus', 'raft');
  try {
    const { nodes, accounts, managers } = network.file();
    expect(nodes).toHaveLength(3);
    const from = accounts[0]?.address;
    const send = ({ http }: Node): Promise<string> =>
      rpc<string>(http, 'eth_sendTransaction', { from, to: from, value: '0x1' });

    const minter = await minterOf(nodes);
    const others = nodes.filter((node) => node !== minter);
    for (const node of nodes) await mined(node, await send(node));
    const leaders = await Promise.all(nodes.map(({ http }) => rpc<string>(http, 'raft_leader')));
    expect(new Set(leaders).size).toBe(1);
    const rows = await rpc<{ raftId: number; role: string }[]>(others[0]!.http, 'raft_cluster');
    expect(rows.map(({ role }) => role).toSorted()).toEqual(['minter', 'verifier', 'verifier']);

    const key = managers[1]?.publicKeys[0];
    const hash = await rpc<string>(nodes[0]!.http, 'eth_sendTransaction', { from, data: coded, privateFor: [key] });
    const { contractAddress, status } = await mined(nodes[1]!, hash);
    expect(status).toBe('0x1');
    const codes = await until(
      'private code at the parties',
      () => Promise.all(nodes.map(({ http }) => rpc<string>(http, 'eth_getCode', contractAddress, 'latest'))),
      ([first, second]) => first !== '0x' && second !== '0x',
    );
    expect(codes[2]).toBe('0x');

    const hashes: string[] = [];
    await killAndAwait(network, minter, async () => {
      const start = Date.now();
      for (let count = 0; count < 10; count++) hashes.push(await send(others[0]!));
      await mined(others[0]!, hashes[0]!, 10_000);
      const elapsedMs = Date.now() - start;
      expect(elapsedMs).toBeLessThan(3_000);
      for (const one of hashes) await mined(others[1]!, one);
    });
    const again = network.file().nodes;
    await until(
      'the old minter is level',
      () => Promise.all(again.map(heightOf)),
      (all) => new Set(all).size === 1,
      60_000,
    );

    const next = await minterOf(again);
    const victim = again.find((node) => node !== next)!;
    await killAndAwait(network, victim, async () => {
      rmSync(join(network.dataDir, victim.name, 'chaindata'), { recursive: true, force: true });
      await mined(next, await send(next));
    });
    const all = network.file().nodes;
    await until(
      'the empty disk has caught up',
      () => Promise.all(all.map(heightOf)),
      (heights) => new Set(heights).size === 1 && Math.min(...heights) > 4,
      60_000,
    );
    await mined(victim, await send(victim));
    await expectOneChain(all);
  } finally {
    await network.stop();
  }
});

test('a node joins a Raft cluster that runs as a learner, gets a vote, and is removed', {
  timeout: 300_000,
}, async () => {
  const base = 23_900;
  const network = await startNetwork(base, '--no-playground', '--consensus', 'raft');
  const { dataDir } = network;
  const [tcp, ws, http, port] = [80, 81, 82, 83].map((offset) => base + offset) as [number, number, number, number];
  const nodeKey = new Uint8Array(32).fill(7);
  const enode = nodeKeyToEnode(nodeKey, { host: '127.0.0.1', port, libp2pPort: tcp, raftPort: tcp });
  const home = join(dataDir, 'joiner');
  const joiner = { http: `http://127.0.0.1:${http}` } as Node;
  let child: ReturnType<typeof runCommand> | undefined;
  try {
    const { nodes, accounts } = network.file();
    const minter = await minterOf(nodes);
    const from = accounts[0]?.address;
    const send = ({ http: url }: Node): Promise<string> =>
      rpc<string>(url, 'eth_sendTransaction', { from, to: from, value: '0x1' });
    await mined(minter, await send(minter));

    // Whoever is to join has to be admitted first, like every peer.
    for (const { name } of nodes) {
      const path = join(dataDir, name, 'permissioned-nodes.json');
      const listed = JSON.parse(readFileSync(path, 'utf8')) as string[];
      writeFileSync(path, JSON.stringify([...listed, enode]));
    }
    mkdirSync(home);
    writeFileSync(join(home, 'nodekey'), '07'.repeat(32));
    writeFileSync(join(home, 'static-nodes.json'), readFileSync(join(dataDir, 'node1', 'static-nodes.json')));
    const id = await rpc<number>(nodes[0]!.http, 'raft_addLearner', enode);
    expect(id).toBe(4);
    const ports = `--http-port ${http} --libp2p-tcp-port ${tcp} --libp2p-ws-port ${ws} --enode-port ${port} --raftport ${tcp}`;
    const genesis = join(dataDir, 'genesis.json');
    child = runCommand(`node --genesis ${genesis} --data-dir ${home} ${ports} --raftjoinexisting ${id}`.split(' '));
    const role = (wanted: string): Promise<string> =>
      until(
        wanted,
        () => roleOf(joiner),
        (found) => found === wanted,
        60_000,
      );
    await role('learner');
    await until(
      'its chain',
      () => heightOf(joiner),
      (height) => height === 1,
    );
    await expect(rpc(joiner.http, 'raft_addPeer', enode)).rejects.toThrow("learner node can't add peer or learner");
    expect(await rpc(minter.http, 'raft_promoteToPeer', id)).toBe(true);
    await role('verifier');
    await mined(joiner, await send(minter));
    expect(await rpc(nodes[1]!.http, 'raft_removePeer', id)).toBeNull();
    await role('');
    await mined(nodes[0]!, await send(nodes[0]!));
    expect(await heightOf(minter)).toBe(3);
    expect(await rpc(joiner.http, 'raft_cluster')).toEqual([]);
  } finally {
    child?.kill('SIGTERM');
    await network.stop();
  }
});
