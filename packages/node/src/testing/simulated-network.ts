import type { RaftAddress } from '@isoquorum/consensus/raft/cluster-state';
import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import { createMemoryNetwork, type MemoryNetwork } from '@isoquorum/network/memory/network';
import { createChainIdentity } from '@isoquorum/network/session/chain-identity';
import { createVirtualClock, type VirtualClock } from '@isoquorum/platform/memory/clock';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { createSeededRandom } from '@isoquorum/platform/memory/random';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import type { Logger } from '@isoquorum/platform/logger';
import type { Store } from '@isoquorum/platform/store';
import type { Genesis } from '@isoquorum/primitives/genesis/genesis';
import { nodeKeyToAddress, nodeKeyToNodeId, nodeKeyToPeerId } from '@isoquorum/primitives/node-key';
import type { Q2tClient } from '@isoquorum/rpc/rest/q2t';
import { createGenesisBlock } from '../chain/genesis-block.ts';
import { createNode, type RunningNode } from '../create-node.ts';
import type { NodeOptions } from '../node-options.ts';
import { testCliqueGenesis, testGenesis, type TestGenesisOptions, testKey, testRaftGenesis } from './genesis.ts';

/** A place for a node that may run or be down; its store stays. */
export interface SimulatedNode {
  readonly name: string;
  readonly nodeKey: Uint8Array;
  readonly store: Store;
  running: RunningNode | undefined;
  start(overrides?: Partial<NodeOptions>): Promise<RunningNode>;
  /** As after `kill -9`: nothing is said to anybody, nothing more is written; the store is kept. */
  crash(): Promise<void>;
}

export interface SimulatedNetwork {
  readonly clock: VirtualClock;
  readonly genesis: Genesis;
  readonly network: MemoryNetwork;
  readonly nodes: readonly SimulatedNode[];
  readonly accountKeys: readonly Uint8Array[];
  /** Lets virtual time pass, with everything that it sets going. */
  run(durationMs: number): Promise<void>;
  /** Runs until the condition holds; throws when it does not within so much virtual time. */
  runUntil(what: string, condition: () => boolean, limitMs?: number): Promise<void>;
  stop(): Promise<void>;
}

export interface SimulatedNetworkOptions {
  /** Nodes with test keys that the genesis names. */
  readonly validators: number;
  /** A network of somebody else's: these keys and this genesis instead. */
  readonly recorded?: { readonly genesis: Genesis; readonly nodeKeys: readonly Uint8Array[] };
  /** Nodes that are not validators. */
  readonly observers?: number;
  readonly blockPeriodSeconds?: number;
  /** A BFT engine unless told. */
  readonly consensus?: 'bft' | 'clique' | 'raft';
  /** Of a Raft chain: where it goes over to QBFT. */
  readonly qbftBlock?: number;
  readonly genesis?: Pick<
    TestGenesisOptions,
    | 'algorithm'
    | 'config'
    | 'transitions'
    | 'emptyBlockPeriodSeconds'
    | 'requestTimeoutSeconds'
    | 'validatorsByContractFrom'
    | 'gasLimit'
  >;
  readonly latencyMs?: (from: string, to: string) => number;
  readonly drop?: (from: string, to: string, protocol: string) => boolean;
  readonly manager?: (index: number) => Q2tClient | undefined;
  /** Nodes that wrap private transactions in privacy markers. */
  readonly privacyMarkers?: (index: number) => boolean;
  readonly logger?: (name: string) => Logger;
}

/** A node as a member of a Raft cluster. */
export function raftMember(nodeKey: Uint8Array, raftId: number): RaftAddress {
  return {
    raftId,
    nodeId: nodeKeyToNodeId(nodeKey),
    host: '127.0.0.1',
    p2pPort: 30_302 + raftId,
    raftPort: 50_400 + raftId,
  };
}

const startMs = 1_800_000_000_000;

/** A store whose writes stop when the node "crashes": what the old node still tries to write is lost. */
function detachable(store: Store): { store: Store; detach: () => void } {
  let isAttached = true;
  const never = new Promise<never>(() => undefined);
  const wrapped: Store = {
    get: (key) => store.get(key),
    getSync: (key) => store.getSync(key),
    batch: (operations) => (isAttached ? store.batch(operations) : never),
    iterate: (range) => store.iterate(range),
    close: () => Promise.resolve(),
  };
  return { store: wrapped, detach: () => void (isAttached = false) };
}

/** Lets promises, and whatever they start, run out. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

export async function createSimulatedNetwork(options: SimulatedNetworkOptions): Promise<SimulatedNetwork> {
  const clock = createVirtualClock(startMs);
  const network = createMemoryNetwork({
    clock,
    ...(options.latencyMs === undefined ? {} : { latencyMs: options.latencyMs }),
    ...(options.drop === undefined ? {} : { drop: options.drop }),
  });
  const count = options.validators + (options.observers ?? 0);
  const keys = options.recorded?.nodeKeys ?? Array.from({ length: count }, (_, index) => testKey(`node ${index + 1}`));
  const accountKeys = [testKey('account 1'), testKey('account 2'), testKey('account 3')];
  const nodeKeys = keys.slice(0, options.validators);
  const periodSeconds = options.blockPeriodSeconds ?? 1;
  const timestamp = startMs / 1000 - 1;
  const addresses = nodeKeys.map(nodeKeyToAddress);
  const { consensus = 'bft', qbftBlock } = options;
  const qbft = qbftBlock === undefined ? {} : { qbft: { block: qbftBlock, validators: addresses } };
  const made = {
    bft: () => testGenesis({ nodeKeys, accountKeys, blockPeriodSeconds: periodSeconds, timestamp, ...options.genesis }),
    clique: () => testCliqueGenesis({ signers: addresses, accountKeys, periodSeconds, timestamp }),
    raft: () => testRaftGenesis({ accountKeys, ...qbft }),
  }[consensus];
  const genesis = options.recorded?.genesis ?? made();
  const members = nodeKeys.map((key, index) => raftMember(key, index + 1));
  const genesisHash = createGenesisBlock(genesis).hash;
  const peers = new Map(
    keys.map((key, index) => [
      nodeKeyToPeerId(key),
      { role: 'node' as const, address: nodeKeyToAddress(key), name: `node${index + 1}` },
    ]),
  );
  const peerIds = [...peers.keys()];

  const nodes = keys.map((nodeKey, index): SimulatedNode => {
    const name = `node${index + 1}`;
    const store = createMemoryStore();
    let detach: () => void = () => undefined;
    const node: SimulatedNode = {
      name,
      nodeKey,
      store,
      running: undefined,
      async start(overrides = {}) {
        const peerId = peerIds[index]!;
        const chain = createChainIdentity({
          config: genesis.config,
          genesisHash,
          networkId: 1337n,
          role: 'node',
          client: name,
        });
        const host = network.createHost({
          peerId,
          chain,
          identify: (id) => peers.get(id),
          staticPeers: peerIds.filter((id) => id !== peerId),
          random: createSeededRandom(index + 1),
        });
        const wrapped = detachable(store);
        ({ detach } = wrapped);
        node.running = await createNode({
          genesis,
          nodeKey,
          store: wrapped.store,
          host,
          evm: createFastEvm(),
          clock,
          random: createSeededRandom(100 + index),
          logger: options.logger?.(name) ?? silentLogger,
          manager: options.manager?.(index),
          privacyMarkers: options.privacyMarkers?.(index) ?? false,
          accountKeys,
          ...(consensus === 'raft' && index < members.length ? { raft: { raftId: index + 1, members } } : {}),
          ...overrides,
        });
        return node.running;
      },
      async crash() {
        const { running } = node;
        node.running = undefined;
        detach();
        // The old node can write nothing; let its timers and streams go.
        void running?.stop();
        await running?.context.host.stop();
      },
    };
    return node;
  });

  async function run(durationMs: number): Promise<void> {
    await settle();
    for (let rest = durationMs; rest > 0; rest -= 10) {
      await clock.advance(Math.min(10, rest));
      await settle();
    }
  }

  return {
    clock,
    genesis,
    network,
    nodes,
    accountKeys,
    run,
    async runUntil(what, condition, limitMs = 60_000) {
      for (let spent = 0; !condition(); spent += 50) {
        if (spent > limitMs) throw new Error(`not within ${limitMs} ms of virtual time: ${what}`);
        await run(50);
      }
    },
    async stop() {
      const stopping = nodes.flatMap((node) => node.running?.stop() ?? []);
      await run(200);
      await Promise.all(stopping);
    },
  };
}
