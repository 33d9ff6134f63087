import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import type { MemoryHost } from '@isoquorum/network/memory/host';
import { createNode, type RunningNode } from '@isoquorum/node/create-node';
import type { NodeOptions } from '@isoquorum/node/node-options';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { createSeededRandom } from '@isoquorum/platform/memory/random';
import type { SimulatedDisk } from '../core/disk.ts';
import type { Traitor } from '../machines/replica.ts';
import { createFaultyHost, type FaultyHostOptions } from './faulty-host.ts';
import { createSimulatedClock } from './simulated-clock.ts';
import { createSimulatedStore } from './simulated-store.ts';
import type { Surroundings } from './surroundings.ts';

/** A place for a node, which may run or be down; its disk stays. */
export class NodeSlot {
  readonly index: number;
  readonly peerId: string;
  readonly disk: SimulatedDisk;
  traitor: Traitor | undefined;
  host: MemoryHost | undefined;
  running: RunningNode | undefined;
  isUp = false;
  /** `absent`: it is to join later; `removed`: out of the cluster for good: it is watched, but nobody waits for it. */
  standing: 'absent' | 'member' | 'removed' = 'member';
  head = 0;
  /** Incremented at each crash: what was under way before is void. */
  life = 0;

  constructor(index: number, peerId: string, disk: SimulatedDisk) {
    this.index = index;
    this.peerId = peerId;
    this.disk = disk;
  }

  /** Starts the node with what is on its disk; undefined if it dies meanwhile. @throws what `createNode` throws */
  async start(
    surroundings: Surroundings,
    wires: Pick<FaultyHostOptions, 'outgoing' | 'sent' | 'incoming'>,
    options: Pick<NodeOptions, 'nodeKey'> & Partial<NodeOptions>,
  ): Promise<RunningNode | undefined> {
    const { index, peerId } = this;
    const { timeline, network, weather, genesis, peers, nodeIds, seed } = surroundings;
    this.isUp = true;
    const life = ++this.life;
    const isAlive = (): boolean => this.life === life;
    const host = network.createHost({
      peerId,
      chain: surroundings.identity('node', `node${index}`),
      identify: (id) => peers.get(id),
      staticPeers: nodeIds.filter((id) => id !== peerId),
      random: createSeededRandom(`${seed} host ${index} ${life}`),
    });
    this.host = host;
    const { onFatal } = options;
    try {
      const running = await createNode({
        genesis,
        store: createSimulatedStore(this.disk, isAlive),
        host: createFaultyHost(host, {
          ...wires,
          isAlive,
          after: (delayMs, run) => timeline.after(delayMs, () => isAlive() && run()),
          detours: () => weather.detours(surroundings.elapsedMs()),
        }),
        evm: createFastEvm(),
        clock: createSimulatedClock(timeline, weather.skewMs(index), isAlive),
        random: createSeededRandom(`${seed} node ${index} ${life}`),
        logger: silentLogger,
        ...options,
        onFatal: (error) => {
          if (isAlive()) onFatal?.(error);
        },
      });
      if (!isAlive()) return undefined;
      this.running = running;
      return running;
    } catch (error) {
      if (isAlive()) throw error;
      return undefined;
    }
  }

  /** The power goes. What is left of the old node can write nothing, hears nothing, and its clock stands still. */
  crash(): void {
    const { running, host } = this;
    this.isUp = false;
    this.running = undefined;
    this.host = undefined;
    this.life++;
    this.disk.onWrite = undefined;
    void host?.stop().catch(() => undefined);
    void running?.stop().catch(() => undefined);
  }
}
