import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestNetwork, type TestNetwork } from './start-test-network.ts';

let network: TestNetwork;

beforeAll(async () => {
  network = await startTestNetwork({ validators: 2, isOnDisk: true });
});
afterAll(async () => {
  await network.stop();
});

async function rpc(index: number, method: string, ...params: unknown[]): Promise<unknown> {
  const response = await fetch(network.http[index]!, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const answer = (await response.json()) as { result?: unknown; error?: { message: string } };
  if (answer.error !== undefined) throw new Error(answer.error.message);
  return answer.result;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 200; turn++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('not within 20 s');
}

const head = async (index: number): Promise<number> => Number(await rpc(index, 'eth_blockNumber'));

describe('real nodes over libp2p and HTTP', () => {
  it('make blocks, and one that is started again goes on', async () => {
    await until(async () => (await head(0)) >= 2 && (await head(1)) >= 2);
    const block = (await rpc(0, 'eth_getBlockByNumber', '0x2', false)) as { hash: string };
    const same = (await rpc(1, 'eth_getBlockByNumber', '0x2', false)) as { hash: string };
    expect(block.hash).toBe(same.hash);
    await network.restart(1);
    const before = await head(1);
    expect(before).toBeGreaterThanOrEqual(2);
    await until(async () => (await head(1)) > before + 1);
  });
});
