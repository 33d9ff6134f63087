import { engineFaults } from './engine-faults.ts';
import type { FaultNetwork } from './fault-network.ts';

/** A validator loses its disk; a guest joins, becomes a validator, does its part, and is taken out. */
export async function membershipScenario(
  network: FaultNetwork,
  count: number,
  say: (what: string) => void,
): Promise<void> {
  const engine = engineFaults[network.consensus];
  await network.untilHeight(0, 3, 60_000);
  await network.untilSigning(...Array.from({ length: count }, (_, index) => index));
  await network.kill(1);
  network.wipe(1);
  const wipedAt = await network.height(0);
  await network.start(1);
  await network.untilHeight(1, await network.height(0), 60_000);
  await engine.untilTakesPart(network, 1, count, wipedAt);
  say('a validator with an empty disk caught up and takes part again');

  await engine.admit(network, count);
  await engine.untilTakesPart(network, count, count + 1, await network.height(0));
  say('a new node joined, synced, became a validator, and takes part');

  await engine.expel(network, count);
  await network.expectOneChain();
  say('it was taken out, and does no more');
}
