import { bytesToHex } from '@isoquorum/primitives/hex';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import { afterEach, describe, expect, it } from 'vitest';
import { createSimulatedNetwork, type SimulatedNetwork } from './testing/simulated-network.ts';

let simulation: SimulatedNetwork | undefined;

afterEach(async () => {
  await simulation?.stop();
  simulation = undefined;
});

const heads = (): number[] => simulation!.nodes.map((node) => node.running?.context.chain.headNumber() ?? -1);

/** All running nodes have the same block at every height that the lowest of them has. */
function expectOneChain(): void {
  const running = simulation!.nodes.flatMap((node) => node.running ?? []);
  const lowest = Math.min(...running.map((node) => node.context.chain.headNumber()));
  for (let number = 0; number <= lowest; number++) {
    const hashes = new Set(running.map((node) => bytesToHex(node.context.chain.hashByNumber(number)!)));
    expect(hashes.size).toBe(1);
  }
}

describe('a network of whole nodes', () => {
  it('makes blocks with four validators', async () => {
    simulation = await createSimulatedNetwork({ validators: 4 });
    for (const node of simulation.nodes) await node.start();
    await simulation.runUntil('block 5', () => Math.min(...heads()) >= 5);
    expectOneChain();
  });

  it('makes blocks with one validator', async () => {
    simulation = await createSimulatedNetwork({ validators: 1 });
    await simulation.nodes[0]!.start();
    await simulation.runUntil('block 5', () => Math.min(...heads()) >= 5);
  });

  it('mines a transfer that one node was given', async () => {
    simulation = await createSimulatedNetwork({ validators: 4 });
    for (const node of simulation.nodes) await node.start();
    await simulation.runUntil('block 1', () => Math.min(...heads()) >= 1);
    const from = privateKeyToAddress(simulation.accountKeys[0]!);
    const to = privateKeyToAddress(simulation.accountKeys[1]!);
    const first = simulation.nodes[0]!.running!.context;
    const hash = await first.submitter.sendTransaction({ from, to, value: 5n, gas: 21_000n });
    await simulation.runUntil('the receipt', () =>
      simulation!.nodes.every((node) => node.running!.context.chain.receipt(hash, 'private') !== undefined),
    );
    for (const node of simulation.nodes) {
      expect(node.running!.context.chain.receipt(hash, 'private')!.receipt.status).toBe(1);
      expect(node.running!.context.pool.status()).toEqual({ pending: 0, queued: 0 });
    }
    expectOneChain();
  });
});
