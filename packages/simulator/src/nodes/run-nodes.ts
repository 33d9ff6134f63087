import { createGenesisBlock } from '@isoquorum/node/chain/genesis-block';
import type { RunningManager } from '@isoquorum/manager/create-manager';
import type { RulesProfile } from '@isoquorum/node/node-options';
import { createMemoryHttp } from '@isoquorum/platform/memory/http';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import { parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import type { Q2tClient } from '@isoquorum/rpc/rest/q2t';
import type { ConsensusName } from '../consensus-names.ts';
import { createChance } from '../core/chance.ts';
import { SimulatedDisk } from '../core/disk.ts';
import { Timeline } from '../core/timeline.ts';
import { Trace } from '../core/trace.ts';
import { hasNewcomer } from '../faults/membership-plan.ts';
import type { QuorumRule } from '../machines/bft/bft-genesis.ts';
import { runScenario } from '../run-scenario.ts';
import type { RunResult, Scenario } from '../scenario.ts';
import { createNodeGenesisJson, longestPeriodMs, simulatedKey, turningPoints } from './node-genesis.ts';
import { createNodeKind } from './node-kind.ts';
import { NodeWorld } from './node-world.ts';
import { createPageIdentity } from './page-slot.ts';
import { createSimulatedClock } from './simulated-clock.ts';
import { createSimulatedManager } from './simulated-manager.ts';
import { createWorkload } from './workload.ts';

export interface RunNodesOptions {
  readonly consensus: ConsensusName;
  readonly quorumRule: QuorumRule;
  /** Each node has a transaction manager, and some transactions are private. */
  readonly hasManagers: boolean;
  /** Rules of each node; strict unless told. */
  readonly rulesOf?: ((index: number) => RulesProfile) | undefined;
  readonly trace?: ((line: string) => void) | undefined;
  /** For planted faults: another disk. */
  readonly createDisk?: ((timeline: Timeline, delayMs: () => number) => SimulatedDisk) | undefined;
  /** For planted faults: what a node takes for its manager. */
  readonly wrapManager?: ((index: number, manager: Q2tClient) => Q2tClient) | undefined;
}

/** Unix time at which the nodes begin, and of the genesis: all are there before the first block, so that none takes its new disk for a lost one. */
const startMs = 1_800_000_000_000;

/** Runs one scenario with whole nodes. */
export async function runNodes(scenario: Scenario, options: RunNodesOptions): Promise<RunResult> {
  const { consensus, quorumRule, hasManagers } = options;
  const { nodes, seed } = scenario;
  const chance = createChance(seed).fork('nodes');
  const timeline = new Timeline(startMs);
  const isChanging = hasNewcomer(scenario.faults);
  const indices = Array.from({ length: nodes + (isChanging ? 1 : 0) }, (_, index) => index);
  const transitions = scenario.faults.filter((fault) => fault.kind === 'transition');
  const nodeKeys = indices.map((index) => simulatedKey(`node ${index}`));
  const accountKeys = indices.map((index) => simulatedKey(`account ${index}`));
  const json = createNodeGenesisJson({
    consensus,
    validatorKeys: nodeKeys.slice(0, nodes),
    newcomerKey: nodeKeys[nodes],
    transitions,
    accountKeys,
    timestamp: startMs / 1000,
    quorumRule,
  });
  const genesis = parseGenesis(json);
  const genesisHash = createGenesisBlock(genesis).hash;
  const pages = Array.from({ length: hasManagers ? scenario.pages : 0 }, (_, index) => createPageIdentity(index));
  const managers: RunningManager[] = [];
  const clock = createSimulatedClock(timeline);
  const http = createMemoryHttp();
  if (hasManagers)
    for (const index of indices) managers.push(await createSimulatedManager({ seed, index, http, clock, genesisHash }));
  const parties = indices.slice(0, Math.ceil(nodes / 2));
  const workload = createWorkload({
    chance: chance.fork('work'),
    accountKeys,
    managerKeys: managers.map(({ publicKeys }) => bytesToBase64(publicKeys[0] as EnclaveKey)),
    parties,
    pageKeys: pages.map(({ enclaveKey }) => enclaveKey),
  });
  const kind = createNodeKind({ consensus, nodeKeys, validators: nodes, genesis, transitions, quorumRule });
  const { qbft, contract } = turningPoints(consensus, transitions);
  const isRaft = consensus === 'raft';
  // A cluster that leaves Raft names its validators beforehand, so that its members stay.
  const hasOperators = isChanging && !(isRaft && qbft !== undefined);
  const managerOf = (index: number): Q2tClient | undefined => {
    const q2t = managers[index]?.q2t;
    return q2t && (options.wrapManager?.(index, q2t) ?? q2t);
  };
  const world = new NodeWorld({
    scenario,
    kind,
    genesis,
    served: { json, hash: genesisHash },
    nodeKeys,
    accountKeys,
    pages,
    timeline,
    chance,
    trace: new Trace(options.trace),
    workload,
    managerOf,
    rulesOf: options.rulesOf ?? (() => 'strict'),
    parties,
    createDisk: options.createDisk ?? ((time, delayMs) => new SimulatedDisk(time, delayMs)),
    operators: hasOperators ? { contractFrom: contract, isRaft } : undefined,
  });
  const blockPeriodMs = longestPeriodMs(consensus, transitions);
  return runScenario(world, scenario, { blockPeriodMs, recoveryPeriods: kind.recoveryPeriods });
}
