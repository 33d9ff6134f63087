import type { MemoryNetwork } from '@isoquorum/network/memory/network';
import { type ChainIdentity, createChainIdentity } from '@isoquorum/network/session/chain-identity';
import type { PeerIdentity } from '@isoquorum/network/session/session';
import type { Genesis } from '@isoquorum/primitives/genesis/genesis';
import { nodeKeyToAddress } from '@isoquorum/primitives/node-key';
import type { Timeline } from '../core/timeline.ts';
import type { Weather } from '../faults/weather.ts';
import type { Scenario } from '../scenario.ts';
import type { PageIdentity, ServedGenesis } from './page-slot.ts';

/** What everybody in a simulated network shares. */
export interface Surroundings {
  readonly seed: number;
  readonly timeline: Timeline;
  readonly network: MemoryNetwork;
  readonly weather: Weather;
  readonly genesis: Genesis;
  /** Who is who: nodes and light participants. */
  readonly peers: ReadonlyMap<string, PeerIdentity>;
  /** PeerIds of the nodes, by index. */
  readonly nodeIds: readonly string[];
  identity(role: 'node' | 'browser', client: string): ChainIdentity;
  /** Milliseconds since the start. */
  elapsedMs(): number;
}

export interface SurroundingsOptions
  extends Pick<Surroundings, 'timeline' | 'network' | 'weather' | 'genesis' | 'nodeIds'> {
  readonly scenario: Scenario;
  readonly nodeKeys: readonly Uint8Array[];
  readonly pages: readonly PageIdentity[];
  readonly served: ServedGenesis;
}

export function createSurroundings(options: SurroundingsOptions, elapsedMs: () => number): Surroundings {
  const { scenario, timeline, network, weather, genesis, nodeIds, nodeKeys, pages, served } = options;
  const peers = new Map<string, PeerIdentity>();
  for (const [index, key] of nodeKeys.entries())
    peers.set(nodeIds[index] as string, { role: 'node', address: nodeKeyToAddress(key), name: `node${index}` });
  for (const { peerId } of pages) peers.set(peerId, { role: 'browser', address: undefined, name: undefined });
  const chain = { config: genesis.config, genesisHash: served.hash, networkId: 1337n };
  return {
    seed: scenario.seed,
    timeline,
    network,
    weather,
    genesis,
    peers,
    nodeIds,
    identity: (role, client) => createChainIdentity({ ...chain, role, client }),
    elapsedMs,
  };
}
