import { createMemoryLogger } from '@isoquorum/platform/memory/logger';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import type { Q2tClient } from '@isoquorum/rpc/rest/q2t';
import { afterEach, describe, expect, it } from 'vitest';
import { createFakeManagers, type FakeManager } from '../testing/fake-managers.ts';
import { createSimulatedNetwork, type SimulatedNetwork } from '../testing/simulated-network.ts';

/** Creates a contract that keeps 42 in slot 0: PUSH1 42 PUSH1 0 SSTORE, then returns one byte of code (STOP). */
const storageContract = hexToBytes('0x602a600055600160005360016000f3');
const LATE = 3;
const logger = createMemoryLogger();
const told = (message: string): number => logger.lines.filter((line) => line.message === message).length;

let simulation: SimulatedNetwork;
let managers: readonly FakeManager[];

afterEach(async () => {
  await simulation.stop();
});

/** The manager of the node under test, as a Tessera: it never tells of what comes in. */
function silentManager(): Q2tClient {
  return {
    ...managers[LATE]!,
    receive: (hash) => managers[LATE]!.receive(hash),
    storedSince: (_sequence, waitMs = 0, signal) =>
      new Promise((resolve) => {
        const cancel = simulation.clock.setTimer(waitMs, () => resolve([]));
        signal?.addEventListener('abort', () => {
          cancel();
          resolve([]);
        });
      }),
  };
}

/** Four validators, of which the last one has no manager yet. */
async function start(): Promise<void> {
  simulation = await createSimulatedNetwork({
    validators: 4,
    manager: (index) => (index === LATE ? undefined : managers[index]),
    logger: () => logger,
  });
  managers = createFakeManagers(4, simulation.clock);
  for (const node of simulation.nodes) await node.start();
  await simulation.runUntil('block 1', () => chainOf(0).headNumber() >= 1);
}

const chainOf = (index: number) => simulation.nodes[index]!.running!.context.chain;
const rootAt = (index: number, number: number): string =>
  bytesToHex(chainOf(index).privateStateRoot(chainOf(index).hashByNumber(number)!, 'private'));

async function restart(manager: Q2tClient | undefined, asksManagerAgain = false): Promise<void> {
  await simulation.nodes[LATE]!.crash();
  managers[LATE]!.asked.length = 0;
  await simulation.nodes[LATE]!.start({ manager, managerName: 'silent', asksManagerAgain });
}

/** A private contract of one node for another, mined; answers the number of its block. */
async function deploy(from = 0, to = LATE): Promise<number> {
  const sender = privateKeyToAddress(simulation.accountKeys[0]!);
  let hash: Hash32 | undefined;
  const sending = simulation.nodes[from]!.running!.context.submitter.sendTransaction({
    from: sender,
    data: storageContract,
    gas: 200_000n,
    privateFor: [managers[to]!.key],
  });
  void sending.then((sent) => (hash = sent));
  await simulation.runUntil('mined', () =>
    [0, LATE].every((index) => hash !== undefined && chainOf(index).transaction(hash) !== undefined),
  );
  return chainOf(0).transaction(hash!)!.blockNumber;
}

const isEqualAt = (number: number) => (): boolean =>
  chainOf(LATE).privateHead('private').number >= number && rootAt(LATE, number) === rootAt(0, number);

describe('a node that gets a manager', () => {
  it('asks it for payloads of old blocks, goes back once, and never asks twice', async () => {
    await start();
    await deploy();
    // Nothing of the first node's, and nothing of this one's.
    await deploy(1, 2);
    const last = await deploy();
    await simulation.run(2_000);
    expect(rootAt(LATE, last)).not.toBe(rootAt(0, last));
    await restart(silentManager());
    await simulation.runUntil('the same private root', isEqualAt(last));
    await simulation.run(2_000);
    expect(told('A payload came late: the private state goes back')).toBe(1);
    // Each once, and that of nobody here again when its block is executed anew.
    expect(managers[LATE]!.asked).toHaveLength(4);
    await restart(silentManager());
    await simulation.run(2_000);
    expect(managers[LATE]!.asked).toEqual([]);
    const next = await deploy();
    await simulation.runUntil('goes on', isEqualAt(next));
  });

  it('asks again after a time without one', async () => {
    await start();
    await restart(silentManager());
    const first = await deploy();
    await simulation.runUntil('executed', isEqualAt(first));
    await restart(undefined);
    const second = await deploy();
    await simulation.run(2_000);
    expect(rootAt(LATE, second)).not.toBe(rootAt(0, second));
    await restart(silentManager());
    await simulation.runUntil('the same private root', isEqualAt(second));
  });

  it('starts, and follows the chain, while it cannot be reached, and asks when it can', async () => {
    await start();
    const number = await deploy();
    managers[LATE]!.isReachable = false;
    await restart(silentManager());
    const head = chainOf(LATE).headNumber();
    await simulation.runUntil('more blocks', () => chainOf(LATE).headNumber() > head + 3);
    expect(rootAt(LATE, number)).not.toBe(rootAt(0, number));
    managers[LATE]!.isReachable = true;
    await simulation.runUntil('the same private root', isEqualAt(number));
  });

  it('asks it anew when told to, for what came without a word', async () => {
    await start();
    await restart(silentManager());
    managers[LATE]!.isReceiving = false;
    const number = await deploy();
    await simulation.run(2_000);
    managers[LATE]!.isReceiving = true;
    await restart(silentManager());
    await simulation.run(2_000);
    expect(rootAt(LATE, number)).not.toBe(rootAt(0, number));
    await restart(silentManager(), true);
    await simulation.runUntil('the same private root', isEqualAt(number));
  });

  it('executes the others while the manager fails on one, and that one too when it does so no more', async () => {
    await start();
    await deploy();
    const broken = await deploy();
    const last = await deploy();
    await simulation.run(2_000);
    const [digest] = chainOf(LATE)
      .blockByNumber(broken)!
      .block.transactions.map((one) => bytesToHex(one.data));
    let isBroken = true;
    const silent = silentManager();
    const failing: Q2tClient = {
      ...silent,
      receive: (hash) =>
        isBroken && bytesToHex(hash) === digest ? Promise.reject(new Error('500 status')) : silent.receive(hash),
    };
    const strange = rootAt(LATE, last);
    await restart(failing);
    await simulation.runUntil('another root', () => {
      const { number } = chainOf(LATE).privateHead('private');
      return number >= last && rootAt(LATE, last) !== strange;
    });
    expect(rootAt(LATE, broken - 1)).toBe(rootAt(0, broken - 1));
    expect(rootAt(LATE, last)).not.toBe(rootAt(0, last));
    // After a restart as well, and with blocks that come.
    await restart(failing);
    const next = await deploy(1, 2);
    await simulation.runUntil('goes on', () => chainOf(LATE).privateHead('private').number >= next);
    isBroken = false;
    await simulation.runUntil('the same private root', isEqualAt(next), 200_000);
  });
});
