import type { GeneratedConsensus } from '../../apps/daemon/src/network/genesis-json.ts';
import { BftNetwork } from './bft-network.ts';
import { faultScenario, membershipScenario, poolScenario } from './bft-scenarios.ts';

export interface BftFaultOptions {
  readonly consensus: GeneratedConsensus;
  readonly validators: number;
  /** Transactions that wait in the pool. */
  readonly waiting: number;
  readonly portBase: number;
  readonly say: (what: string) => void;
}

/** Everything that real validators must stand, one scenario after the other on one network. @throws Error saying what went wrong */
export async function runBftFaults(options: BftFaultOptions): Promise<void> {
  const { consensus, validators, waiting, portBase } = options;
  const say = (what: string): void => options.say(`${consensus}, ${validators} validators: ${what}`);
  const network = await BftNetwork.generate({ consensus, validators, guests: 1, portBase });
  try {
    await network.start(...Array.from({ length: validators }, (_, index) => index));
    await faultScenario(network, validators, say);
    await membershipScenario(network, validators, say);
    await poolScenario(network, waiting, say);
  } finally {
    await network.stop();
  }
}
