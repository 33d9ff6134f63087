import type { RaftAddress } from '@isoquorum/consensus/raft/cluster-state';
import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import { createMemoryNetwork } from '@isoquorum/network/memory/network';
import { createChainIdentity } from '@isoquorum/network/session/chain-identity';
import { createVirtualClock } from '@isoquorum/platform/memory/clock';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { createSeededRandom } from '@isoquorum/platform/memory/random';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import type { Store } from '@isoquorum/platform/store';
import { parseEnode } from '@isoquorum/primitives/enode';
import { parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { nodeKeyToAddress, nodeKeyToPeerId } from '@isoquorum/primitives/node-key';
import { RpcError } from '@isoquorum/rpc/jsonrpc/errors';
import { methodTable } from '@isoquorum/rpc/jsonrpc/methods';
import { createGenesisBlock } from '../chain/genesis-block.ts';
import { createNode, type RunningNode } from '../create-node.ts';
import { createRaftHandlers } from '../handlers/raft.ts';
import type { RaftCluster } from '../raft/cluster.ts';

/** Node keys and enode URLs of a recorded network, as `about.json` lists them: the place is the raft id. */
export type RecordedMembers = readonly { readonly nodeKey: string; readonly enode: string }[];

export interface RaftRequest {
  readonly method: string;
  readonly params?: readonly unknown[];
}

export interface RaftAnswer {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

/** One member in a recorded answer of `raft_cluster`. */
export interface RecordedRow {
  readonly raftId: number;
  /** Public key of its node, without `0x`. */
  readonly nodeId: string;
  readonly role: string;
  readonly nodeActive: boolean;
}

function withoutClose(store: Store): Store {
  return {
    get: (key) => store.get(key),
    getSync: (key) => store.getSync(key),
    batch: (operations) => store.batch(operations),
    iterate: (range) => store.iterate(range),
    close: () => Promise.resolve(),
  };
}

/** A live Raft cluster of a recorded network's nodes, in memory and in virtual time, that can be brought into recorded situations. */
export class RaftNetwork {
  readonly nodes = new Map<number, RunningNode>();
  private readonly clock = createVirtualClock(1_800_000_000_000);
  private readonly network = createMemoryNetwork({ clock: this.clock });
  private readonly keys: readonly Uint8Array[];
  private readonly members: readonly RaftAddress[];
  /** Places of the nodes that came back under a new raft id, by that id. */
  private readonly returned = new Map<number, number>();
  private readonly stores: Store[];
  private readonly genesis: ReturnType<typeof parseGenesis>;
  private readonly firstCount: number;

  /** @param firstCount how many of the nodes are the first cluster; the others join */
  constructor(genesis: unknown, recorded: RecordedMembers, firstCount: number) {
    this.genesis = parseGenesis(genesis);
    this.firstCount = firstCount;
    this.keys = recorded.map(({ nodeKey }) => hexToBytes(nodeKey));
    this.stores = recorded.map(() => createMemoryStore());
    this.members = recorded.map(({ enode }, index) => {
      const { nodeId, host, port, raftPort } = parseEnode(enode);
      return { raftId: index + 1, nodeId, host, p2pPort: port, raftPort: raftPort ?? 0 };
    });
  }

  /** Place of a raft id's node in the recording. */
  private placeOf(id: number): number {
    return this.returned.get(id) ?? id - 1;
  }

  private addressOf(id: number): RaftAddress | undefined {
    const address = this.members[this.placeOf(id)];
    return address && { ...address, raftId: id };
  }

  cluster(id: number): RaftCluster {
    const raft = this.nodes.get(id)?.context.raft;
    if (raft === undefined) throw new Error(`node ${id} does not run`);
    return raft;
  }

  /** The cluster as the first node that runs sees it. */
  private anyCluster(): RaftCluster {
    const [first] = this.nodes.keys();
    if (first === undefined) throw new Error('no node runs');
    return this.cluster(first);
  }

  async start(id: number): Promise<void> {
    const { genesis, clock } = this;
    const nodeKey = this.keys[this.placeOf(id)] as Uint8Array;
    const ids = this.keys.map(nodeKeyToPeerId);
    const peerId = nodeKeyToPeerId(nodeKey);
    const addresses = new Map(this.keys.map((key) => [nodeKeyToPeerId(key), nodeKeyToAddress(key)]));
    const genesisHash = createGenesisBlock(genesis).hash;
    const host = this.network.createHost({
      peerId,
      chain: createChainIdentity({
        config: genesis.config,
        genesisHash,
        networkId: 1337n,
        role: 'node',
        client: 'test',
      }),
      identify: (other) => {
        const address = addresses.get(other);
        return address && { role: 'node', address, name: undefined };
      },
      staticPeers: ids.filter((other) => other !== peerId),
      random: createSeededRandom(id),
    });
    const members = id > this.firstCount ? [] : this.members.slice(0, this.firstCount);
    const node = await createNode({
      genesis,
      nodeKey,
      store: withoutClose(this.stores[this.placeOf(id)] as Store),
      host,
      evm: createFastEvm(),
      clock,
      random: createSeededRandom(10 + id),
      logger: silentLogger,
      raft: { raftId: id, members },
    });
    this.nodes.set(id, node);
  }

  async stopNode(id: number): Promise<void> {
    const node = this.nodes.get(id);
    this.nodes.delete(id);
    const stopping = node?.stop();
    await this.clock.advance(100);
    await stopping;
  }

  async runUntil(condition: () => boolean): Promise<void> {
    for (let spentMs = 0; !condition(); spentMs += 50) {
      if (spentMs > 120_000) throw new Error('not within two minutes of virtual time');
      for (let step = 0; step < 5; step++) {
        await this.clock.advance(10);
        for (let turn = 0; turn < 4; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
      }
    }
  }

  /** Elections are decided by chance: hands leadership on until it is where it was. */
  async leadBy(id: number): Promise<void> {
    await this.runUntil(() => {
      const leads = [...this.nodes.values()].map((node) => node.context.raft?.raftStatus()?.softState.lead ?? 0);
      const [lead = 0] = leads;
      if (lead !== 0 && lead !== id) this.nodes.get(lead)?.context.raft?.transferLeader(id);
      return leads.every((one) => one === id);
    });
  }

  /** Until everybody that runs knows every other, and nobody that does not. */
  async connectAll(): Promise<void> {
    const all = [...this.members.keys()].map((place) => place + 1).concat([...this.returned.keys()]);
    await this.runUntil(() =>
      [...this.nodes.keys()].every((id) =>
        all.every((other) => this.cluster(id).isConnected(other) === this.nodes.has(other)),
      ),
    );
  }

  /** Adds a node to the cluster and starts it; `role` is what it becomes. */
  async join(id: number, role: 'learner' | 'verifier'): Promise<void> {
    this.anyCluster().changeMember('add-learner', id, this.addressOf(id));
    await this.runUntil(() => this.anyCluster().members.byId(id) !== undefined);
    await this.start(id);
    await this.runUntil(() => this.cluster(id).members.byId(id) !== undefined);
    if (role === 'verifier') await this.promote(id);
  }

  async promote(id: number): Promise<void> {
    this.anyCluster().changeMember('add-node', id, undefined);
    await this.runUntil(() =>
      [...this.nodes.keys()].every((one) => this.cluster(one).raftStatus()?.confState.voters.includes(id) === true),
    );
  }

  /** Takes a node out of the cluster for good, and stops it. */
  async remove(id: number): Promise<void> {
    const asked = [...this.nodes.keys()].find((other) => other !== id);
    if (asked === undefined) throw new Error('the last node cannot be removed');
    this.cluster(asked).changeMember('remove-node', id, undefined);
    const others = (): number[] => [...this.nodes.keys()].filter((other) => other !== id);
    await this.runUntil(() => others().every((other) => this.cluster(other).members.byId(id) === undefined));
    await this.stopNode(id);
    // Who comes back begins with nothing.
    this.stores[this.placeOf(id)] = createMemoryStore();
  }

  /** Raft id under which a recorded node is in the cluster. @param node its number, from 1 */
  raftIdOf(node: number): number {
    const [id] = [...this.returned].find(([, place]) => place === node - 1) ?? [node];
    return id;
  }

  /** Brings the cluster to where a recorded answer of `raft_cluster` says that it was. */
  async reach(rows: readonly RecordedRow[]): Promise<void> {
    for (let id = 1; id <= this.firstCount; id++) await this.start(id);
    await this.runUntil(() => this.cluster(1).raftStatus()?.softState.lead !== 0);
    if (rows.length > 0) {
      // Ids are never given twice: who is not listed any more was removed, and a node that came back has a new one.
      for (let id = 1; id <= this.firstCount; id++)
        if (!rows.some(({ raftId }) => raftId === id)) await this.remove(id);
    }
    for (const { raftId, nodeId, role } of rows.filter((row) => row.raftId > this.firstCount)) {
      const place = this.members.findIndex((member) => bytesToHex(member.nodeId) === `0x${nodeId}`);
      if (place >= 0 && place !== raftId - 1) this.returned.set(raftId, place);
      await this.join(raftId, role === 'learner' ? 'learner' : 'verifier');
    }
    for (const { raftId, nodeActive } of rows) if (!nodeActive) await this.stopNode(raftId);
    const minter = rows.find(({ role }) => role === 'minter');
    if (minter !== undefined) await this.leadBy(minter.raftId);
    await this.connectAll();
  }

  /** What a client of a node gets. */
  answer(id: number, { method, params = [] }: RaftRequest): RaftAnswer {
    const table = createRaftHandlers(this.cluster(id)) as unknown as Record<string, (...args: unknown[]) => unknown>;
    try {
      const codecs = methodTable.get(method)?.params ?? [];
      const decoded = codecs.map(({ codec }, index) => codec.decode(params[index]));
      return { result: table[method]?.({}, ...decoded) ?? null };
    } catch (error) {
      const code = error instanceof RpcError ? error.rpcCode : -32_000;
      return { error: { code, message: error instanceof Error ? error.message : String(error) } };
    }
  }

  async stop(): Promise<void> {
    const stopping = [...this.nodes.values()].map((node) => node.stop());
    await this.clock.advance(1_000);
    await Promise.all(stopping);
  }
}

/** An answer with rows of the cluster in the order of their ids: the original's order is that of a Go map. */
export function sortRows(result: unknown): unknown {
  if (!Array.isArray(result)) return result;
  return (result as RecordedRow[]).toSorted((left, right) => left.raftId - right.raftId);
}
