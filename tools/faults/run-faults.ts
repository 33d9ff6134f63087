import type { GeneratedConsensus } from '../../apps/daemon/src/network/genesis-json.ts';
import { FaultNetwork } from './fault-network.ts';
import { faultScenario } from './fault-scenario.ts';
import { membershipScenario } from './membership-scenario.ts';
import { minterScenario } from './minter-scenario.ts';
import { poolScenario } from './pool-scenario.ts';
import { Trickle } from './trickle.ts';

export interface FaultOptions {
  readonly consensus: GeneratedConsensus;
  readonly validators: number;
  /** Transactions that wait in the pool; 0: that scenario is left out. */
  readonly waiting: number;
  readonly portBase: number;
  readonly say: (what: string) => void;
}

/** Everything that real validators must stand, one scenario after the other on one network. @throws PORT_BUSY, Error saying what went wrong */
export async function runFaults(options: FaultOptions): Promise<void> {
  const { consensus, validators, waiting, portBase } = options;
  const say = (what: string): void => options.say(`${consensus}, ${validators} validators: ${what}`);
  const network = await FaultNetwork.generate({ consensus, validators, guests: 1, portBase });
  const trickle = new Trickle(network);
  try {
    await network.start(...Array.from({ length: validators }, (_, index) => index));
    if (consensus === 'raft') trickle.start(300);
    await faultScenario(network, validators, say);
    await membershipScenario(network, validators, say);
    if (consensus === 'raft') await minterScenario(network, trickle, say);
    trickle.stop();
    if (waiting > 0) await poolScenario(network, waiting, say);
  } finally {
    trickle.stop();
    await network.stop();
  }
}
