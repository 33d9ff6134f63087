import { expectThat } from './expect-that.ts';
import type { FaultNetwork } from './fault-network.ts';
import { minterOf } from './raft-faults.ts';
import type { Trickle } from './trickle.ts';

const nextBlockWithinMs = 3_000;

/** The minter of a Raft network dies under load: another goes on within three seconds. */
export async function minterScenario(
  network: FaultNetwork,
  trickle: Trickle,
  say: (what: string) => void,
): Promise<void> {
  trickle.start(20);
  const minter = await minterOf(network);
  const witness = network.up().find((index) => index !== minter) ?? 0;
  await network.untilHeight(witness, (await network.height(witness)) + 5, 60_000);
  const killedMs = performance.now();
  await network.kill(minter);
  // What the dead one had handed on may still come.
  const left = (await network.status(witness)).height;
  await network.untilHeight(witness, left + 1, 60_000);
  const spentMs = performance.now() - killedMs;
  expectThat(spentMs <= nextBlockWithinMs, `the next block came ${spentMs.toFixed(0)} ms after the minter was killed`);
  say(`the minter was killed under load: blocks went on ${(spentMs / 1000).toFixed(1)} s later`);
  await network.start(minter);
  await network.untilHeight(minter, await network.height(witness), 60_000);
  await network.expectOneChain();
}
