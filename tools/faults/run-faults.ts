import type { GeneratedConsensus } from '../../apps/daemon/src/network/genesis-json.ts';
import { FaultNetwork } from './fault-network.ts';
import { faultScenario } from './fault-scenario.ts';
import { membershipScenario } from './membership-scenario.ts';
import { minterScenario } from './minter-scenario.ts';
import { poolScenario } from './pool-scenario.ts';
import { Trickle } from './trickle.ts';

export type FaultScenario = 'faults' | 'membership' | 'minter' | 'pool';

export interface FaultOptions {
  readonly consensus: GeneratedConsensus;
  readonly validators: number;
  /** All that the engine has, unless told; that of the minter is Raft's alone. */
  readonly scenarios?: readonly FaultScenario[];
  /** Transactions that wait in the pool. */
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
  const has = (scenario: FaultScenario): boolean => options.scenarios?.includes(scenario) ?? true;
  try {
    await network.start(...Array.from({ length: validators }, (_, index) => index));
    if (consensus === 'raft') trickle.start(300);
    if (has('faults')) await faultScenario(network, validators, say);
    if (has('membership')) await membershipScenario(network, validators, say);
    if (consensus === 'raft' && has('minter')) await minterScenario(network, trickle, say);
    trickle.stop();
    if (has('pool')) await poolScenario(network, waiting, say);
    await network.stop();
  } catch (error) {
    trickle.stop();
    await network.abandon();
    say(`failed; logs and chains are in ${network.root}`);
    throw error;
  }
}
