import { signTransaction, type Transaction } from '@isoquorum/primitives/transaction/transaction';
import { afterEach, expect, it } from 'vitest';
import { createNodeHandlers } from '../handlers/create-node-handlers.ts';
import type { NodeOptions } from '../node-options.ts';
import { createSimulatedNetwork, type SimulatedNetwork } from '../testing/simulated-network.ts';

const gwei = 1_000_000_000n;
let simulation: SimulatedNetwork;
afterEach(async () => {
  await simulation.stop();
});

async function start(options: Partial<NodeOptions>, enableGasPriceBlock?: number): Promise<void> {
  const config = enableGasPriceBlock === undefined ? {} : { enableGasPriceBlock };
  simulation = await createSimulatedNetwork({ validators: 1, genesis: { config } });
  await simulation.nodes[0]!.start(options);
}

function priced(nonce: number, gasPrice: bigint): Transaction {
  const fields = {
    type: 0 as const,
    nonce: BigInt(nonce),
    gasPrice,
    gasLimit: 21_000n,
    to: new Uint8Array(20).fill(7),
  };
  return signTransaction({ ...fields, value: 1n, data: new Uint8Array(0) }, simulation.accountKeys[0]!, {
    chainId: 1337n,
  });
}

/** The lowest of these prices that a peer's transaction is taken in at. */
async function floorOf(prices: readonly bigint[]): Promise<bigint | undefined> {
  const { pool } = simulation.nodes[0]!.running!.context;
  for (const price of prices) {
    const [result] = await pool.addMany([priced(0, price)], 'remote');
    if (!(result instanceof Error)) return price;
    expect(result).toMatchObject({ code: 'UNDERPRICED', message: 'transaction underpriced' });
  }
  return undefined;
}

async function suggested(): Promise<unknown> {
  const { context } = simulation.nodes[0]!.running!;
  const { handlers } = createNodeHandlers(context);
  const none = { transport: 'http', psi: undefined } as const;
  return [await handlers.eth_gasPrice(none), await handlers.eth_maxPriorityFeePerGas(none)];
}

it.each([
  ['by default', {}, gwei, gwei],
  ['by default, without a part in consensus', { validate: false }, gwei, gwei],
  ['as --miner.gasprice says', { gasPrice: 5n }, 5n, 5n],
  ['as --miner.gasprice says, whatever --txpool.pricelimit', { gasPrice: 5n, priceLimit: 2n }, 5n, 5n],
  ['as --txpool.pricelimit says, without a part in consensus', { validate: false, priceLimit: 2n }, 2n, gwei],
  ['as --miner.gasprice says, without either', { validate: false, gasPrice: 5n }, 5n, 5n],
])('asks peers for a gas price %s, and suggests one', async (_, options, floor, price) => {
  await start(options, 0);
  expect(await floorOf([1n, 2n, 4n, 5n, gwei - 1n, gwei])).toBe(floor);
  expect(await suggested()).toEqual([price, price]);
  // Those that its own users bring are taken whatever they pay.
  const { pool } = simulation.nodes[0]!.running!.context;
  expect(await pool.add(priced(1, 1n), 'local')).toHaveLength(32);
});

it('asks for none where gas has no price', async () => {
  await start({ gasPrice: 5n });
  expect(await floorOf([0n])).toBe(0n);
  expect(await suggested()).toEqual([0n, 0n]);
});
