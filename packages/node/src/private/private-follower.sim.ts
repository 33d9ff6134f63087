import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import { afterEach, describe, expect, it } from 'vitest';
import { createFakeManagers, type FakeManager } from '../testing/fake-managers.ts';
import { createSimulatedNetwork, type SimulatedNetwork } from '../testing/simulated-network.ts';

/** Creates a contract that keeps 42 in slot 0: PUSH1 42 PUSH1 0 SSTORE, then returns one byte of code (STOP). */
const storageContract = hexToBytes('0x602a600055600160005360016000f3');

let simulation: SimulatedNetwork;
let managers: readonly FakeManager[];

afterEach(async () => {
  await simulation.stop();
});

async function start(): Promise<void> {
  simulation = await createSimulatedNetwork({ validators: 4, manager: (index) => managers[index] });
  managers = createFakeManagers(4, simulation.clock);
  for (const node of simulation.nodes) await node.start();
  await simulation.runUntil('block 1', () => Math.min(...heads()) >= 1);
}

const chainOf = (index: number) => simulation.nodes[index]!.running!.context.chain;
const heads = (): number[] =>
  simulation.nodes.map((node) => node.running?.context.chain.headNumber() ?? Number.POSITIVE_INFINITY);

async function deploy(from: number, to: readonly number[]): Promise<Hash32> {
  const sender = privateKeyToAddress(simulation.accountKeys[0]!);
  const sending = simulation.nodes[from]!.running!.context.submitter.sendTransaction({
    from: sender,
    data: storageContract,
    gas: 200_000n,
    privateFor: to.map((index) => managers[index]!.key),
  });
  await simulation.run(20);
  return sending;
}

const isMined = (hash: Hash32) => (): boolean =>
  [0, 1, 2, 3].every((index) => chainOf(index).transaction(hash) !== undefined);
const rootAt = (index: number, number: number): string =>
  bytesToHex(chainOf(index).privateStateRoot(chainOf(index).hashByNumber(number)!, 'private'));

describe('private heads', () => {
  it('parties agree on a private state, strangers on another, all on the public one', async () => {
    await start();
    const hash = await deploy(0, [1]);
    await simulation.runUntil('mined', isMined(hash));
    await simulation.run(2_000);
    const { blockNumber } = chainOf(0).transaction(hash)!;
    expect(rootAt(0, blockNumber)).toBe(rootAt(1, blockNumber));
    expect(rootAt(2, blockNumber)).toBe(rootAt(3, blockNumber));
    expect(rootAt(0, blockNumber)).not.toBe(rootAt(2, blockNumber));
    const own = chainOf(0).receipt(hash, 'private')!.receipt;
    expect(own.status).toBe(1);
    expect(own.contractAddress).toBeDefined();
    expect(chainOf(0).privateReceipts(chainOf(0).transaction(hash)!.blockHash, 'private')!.size).toBe(1);
  });

  it('the chain goes on without any manager, and private heads catch up', async () => {
    await start();
    const hash = await deploy(0, [1, 2]);
    for (const manager of managers) manager.isReachable = false;
    await simulation.runUntil('mined', isMined(hash));
    const { blockNumber, blockHash } = chainOf(1).transaction(hash)!;
    await simulation.runUntil('five more blocks', () => Math.min(...heads()) >= blockNumber + 5);
    const stopped = chainOf(1).privateHead('private');
    expect(stopped.number).toBe(blockNumber - 1);
    expect(stopped.waitingFor?.blockNumber).toBe(blockNumber);
    expect(simulation.nodes[1]!.running!.context.warnings().join()).toContain('waiting for 1 payload');
    expect(() => chainOf(1).privateStateRoot(blockHash, 'private')).toThrow(/stands at block/);
    for (const manager of managers) manager.isReachable = true;
    await simulation.runUntil('private heads level', () =>
      [0, 1, 2, 3].every((index) => chainOf(index).privateHead('private').number === chainOf(index).headNumber()),
    );
    expect(rootAt(1, blockNumber)).toBe(rootAt(0, blockNumber));
    expect(rootAt(2, blockNumber)).toBe(rootAt(0, blockNumber));
    expect(rootAt(3, blockNumber)).not.toBe(rootAt(0, blockNumber));
  });

  it('a payload that comes after its block rewinds the private head and replays', async () => {
    await start();
    managers[1]!.isReceiving = false;
    const hash = await deploy(0, [1]);
    await simulation.runUntil('mined', isMined(hash));
    const { blockNumber } = chainOf(1).transaction(hash)!;
    await simulation.runUntil('three more blocks', () => Math.min(...heads()) >= blockNumber + 3);
    expect(rootAt(1, blockNumber)).toBe(rootAt(3, blockNumber));
    const events: string[] = [];
    chainOf(1).onEvent((event) => void events.push(event.type));
    managers[1]!.isReceiving = true;
    await simulation.runUntil('replayed', () => {
      const { number } = chainOf(1).privateHead('private');
      return events.includes('privateRewind') && number === chainOf(1).headNumber();
    });
    expect(rootAt(1, blockNumber)).toBe(rootAt(0, blockNumber));
    expect(rootAt(1, blockNumber + 2)).toBe(rootAt(0, blockNumber + 2));
    // Told again of the same payload (a manager that counts anew), the state stays where it is.
    events.length = 0;
    const digest = chainOf(1).transaction(hash)!.transaction.data;
    await simulation.nodes[1]!.running!.payloadStored(digest);
    expect(events).not.toContain('privateRewind');
  });

  it('a private head goes on after a restart from where it stood', async () => {
    await start();
    managers[1]!.isReachable = false;
    const hash = await deploy(0, []);
    await simulation.runUntil('mined', isMined(hash));
    const { blockNumber } = chainOf(1).transaction(hash)!;
    await simulation.runUntil('two more blocks', () => Math.min(...heads()) >= blockNumber + 2);
    await simulation.nodes[1]!.crash();
    managers[1]!.isReachable = true;
    await simulation.nodes[1]!.start();
    await simulation.runUntil(
      'level',
      () =>
        chainOf(1).privateHead('private').number === chainOf(1).headNumber() && chainOf(1).headNumber() > blockNumber,
    );
    expect(rootAt(1, blockNumber)).toBe(rootAt(2, blockNumber));
  });
});
