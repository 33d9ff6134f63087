import type { GeneratedConsensus } from '../../apps/daemon/src/network/genesis-json.ts';
import type { FaultNetwork, StatusAnswer } from './fault-network.ts';
import { raftFaults } from './raft-faults.ts';
import { cliqueFaults, istanbulFaults } from './voted-faults.ts';

/** What of a scenario depends on the engine. */
export interface EngineFaults {
  /** How many of so many validators may be down while blocks go on. */
  tolerated(count: number): number;
  /** When the chain has gone on at the latest, after a quorum answers again; milliseconds. */
  readonly resumeWithinMs: number;
  /** What the log says while nothing moves. */
  readonly stallMessage: string;
  /** Whom the status blames for that. */
  missing(status: StatusAnswer): readonly string[];
  /** Waits until a validator, one of `count`, has done its part in a block after that one. */
  untilTakesPart(network: FaultNetwork, index: number, count: number, after: number): Promise<void>;
  /** Makes the node after the validators, which listens already where that is possible, one of them. */
  admit(network: FaultNetwork, count: number): Promise<void>;
  /** Takes it out again; it does nothing more. */
  expel(network: FaultNetwork, count: number): Promise<void>;
}

export const engineFaults: Readonly<Record<GeneratedConsensus, EngineFaults>> = {
  qbft: istanbulFaults,
  ibft: istanbulFaults,
  clique: cliqueFaults,
  raft: raftFaults,
};
