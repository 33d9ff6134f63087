import { until } from '../../e2e/network.ts';
import { sleep } from '../bench/network.ts';
import { engineFaults } from './engine-faults.ts';
import { expectThat, sameSet } from './expect-that.ts';
import type { FaultNetwork } from './fault-network.ts';

/** Waits until the newest line of the log about the standstill names all that are down. */
async function untilToldInLog(network: FaultNetwork, message: string, dead: readonly string[]): Promise<void> {
  await until(
    'the log says who is missing',
    () =>
      Promise.resolve(
        network
          .log(0)
          .split('\n')
          .findLast((line) => line.includes(message)) ?? '',
      ),
    (line) => dead.every((address) => line.includes(address)),
    60_000,
  );
}

/** The nodes from `count - down` on are down, F of them, then one more; all come back; all are down at once. */
export async function faultScenario(network: FaultNetwork, count: number, say: (what: string) => void): Promise<void> {
  const engine = engineFaults[network.consensus];
  const faults = engine.tolerated(count);
  const victims = Array.from({ length: faults + 1 }, (_, index) => count - 1 - index);
  const [last = 0, ...first] = victims.toReversed();
  const everybody = Array.from({ length: count }, (_, index) => index);
  await network.untilSigning(...everybody);
  await network.untilHeight(0, 3, 60_000);
  await network.kill(...first);
  const goesOnAt = await network.height(0);
  const spentMs = await network.untilHeight(0, goesOnAt + 5, 90_000);
  say(`${faults} of ${count} down: 5 blocks in ${(spentMs / 1000).toFixed(1)} s`);

  await network.kill(last);
  // Signers of Clique that have not signed lately make a few blocks more.
  await sleep(network.consensus === 'clique' ? 1_500 * count : 1_500);
  const stoodAt = await network.height(0);
  await sleep(10_000);
  expectThat((await network.height(0)) <= stoodAt + 1, 'blocks were made without a quorum');
  const dead = victims.map((index) => network.address(index));
  // Round 0 may have failed for its proposer alone; a later one tells of all.
  const status = await until(
    'a status that misses those that are down',
    () => network.status(0),
    (found) => sameSet(engine.missing(found), dead),
    60_000,
  );
  expectThat(sameSet(status.disconnected, dead), `disconnected are ${status.disconnected.join()}, not ${dead.join()}`);
  if (engine === engineFaults.qbft) expectThat(status.round > 0, 'no round has failed');
  expectThat((await network.height(0)) <= stoodAt + 1, 'blocks were made without a quorum');
  await untilToldInLog(network, engine.stallMessage, dead);
  say(`${faults + 1} of ${count} down: no block; round ${status.round}, ${dead.length} missing in status and log`);

  await network.start(last);
  const resumedMs = await network.untilHeight(0, stoodAt + 2, engine.resumeWithinMs);
  say(`one is back: the chain went on ${(resumedMs / 1000).toFixed(1)} s later`);
  await network.start(...first);
  for (const index of first) await network.untilHeight(index, stoodAt + 3, 60_000);
  await network.expectOneChain();

  await network.untilSigning(...everybody);
  await network.kill(...everybody);
  await network.start(...everybody);
  const before = await network.height(0);
  const againMs = await network.untilHeight(0, before + 3, 60_000);
  await network.expectOneChain();
  say(`all down and up: 3 blocks in ${(againMs / 1000).toFixed(1)} s`);
}
