import { expect, test } from 'vitest';
import { type NetworkFile, rpc, startNetwork, until } from '../e2e/network.ts';

interface BlockJson {
  readonly hash: string;
  readonly difficulty: string;
}

const heightOf = async (url: string): Promise<number> => Number(await rpc<string>(url, 'eth_blockNumber'));

/** Heights of all nodes that answer. */
async function heights(nodes: NetworkFile['nodes']): Promise<number[]> {
  return Promise.all(nodes.map(({ http }) => heightOf(http)));
}

async function hashesAt(nodes: NetworkFile['nodes'], number: number): Promise<ReadonlySet<string>> {
  const text = `0x${number.toString(16)}`;
  const blocks = await Promise.all(nodes.map(({ http }) => rpc<BlockJson>(http, 'eth_getBlockByNumber', text, false)));
  return new Set(blocks.map(({ hash }) => hash));
}

test('four Clique signers as processes: they go on without one, which comes back, and agree on everything a few blocks deep', {
  timeout: 300_000,
}, async () => {
  const network = await startNetwork(23_600, '--no-playground', '--consensus', 'clique', '--validators', '4');
  try {
    const { nodes, accounts } = network.file();
    const [first] = nodes;
    const last = nodes.at(-1);
    const from = accounts[0]?.address;
    expect(await rpc(first!.http, 'clique_getSigners')).toHaveLength(4);
    await until(
      'block 3 everywhere',
      () => heights(nodes),
      (all) => Math.min(...all) >= 3,
      60_000,
    );

    const send = (): Promise<string> => rpc(first!.http, 'eth_sendTransaction', { from, to: from, value: '0x1' });
    const receiptAtLast = (hash: string): Promise<unknown> => rpc(last!.http, 'eth_getTransactionReceipt', hash);
    const early = await send();
    await until(
      'mined',
      () => receiptAtLast(early),
      (receipt) => receipt !== null,
      30_000,
    );

    // `isoquorum dev` starts it again after five seconds.
    process.kill(nodes[1]!.pid, 'SIGKILL');
    const others = nodes.filter((node) => node !== nodes[1]);
    const before = Math.max(...(await heights(others)));
    await until(
      'four blocks by three',
      () => heights(others),
      (all) => Math.min(...all) >= before + 4,
      60_000,
    );
    const late = await send();
    await until(
      'mined',
      () => receiptAtLast(late),
      (receipt) => receipt !== null,
      30_000,
    );
    await until(
      'the fourth is back',
      () => heights(nodes),
      (all) => Math.min(...all) >= before + 6,
      90_000,
    );

    const deep = Math.min(...(await heights(nodes))) - 4;
    for (let number = 0; number <= deep; number++)
      expect([number, (await hashesAt(nodes, number)).size]).toEqual([number, 1]);
    const { sealerActivity } = await rpc<{ sealerActivity: Record<string, number> }>(first!.http, 'clique_status');
    expect(Object.keys(sealerActivity).toSorted()).toEqual(nodes.map(({ validator }) => validator).toSorted());
    expect(Object.values(sealerActivity).every((count) => count > 0)).toBe(true);
    await expect(rpc(first!.http, 'istanbul_getValidators')).rejects.toThrow('does not exist');
  } finally {
    await network.stop();
  }
});
