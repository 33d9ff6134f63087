import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import type { ManagerOptions } from '@isoquorum/manager/create-manager';
import { startTestManager, type TestManager } from '@isoquorum/manager/testing/manager-network';
import type { NetworkHost } from '@isoquorum/network/host';
import { createChainIdentity } from '@isoquorum/network/session/chain-identity';
import { testGenesisJson, type TestGenesisOptions } from '@isoquorum/node/testing/genesis';
import { createSimulatedNetwork, type SimulatedNetwork } from '@isoquorum/node/testing/simulated-network';
import { createMemoryVault } from '@isoquorum/participant/account/account-vault';
import { createParticipant, type Participant } from '@isoquorum/participant/create-participant';
import { openGenesis } from '@isoquorum/participant/open-genesis';
import { createMemoryHttp } from '@isoquorum/platform/memory/http';
import { createMemoryKeyAgreement, enclavePublicKey } from '@isoquorum/platform/memory/key-agreement';
import { createMemoryLogger, type MemoryLogger } from '@isoquorum/platform/memory/logger';
import { createSeededRandom } from '@isoquorum/platform/memory/random';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import type { Store } from '@isoquorum/platform/store';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { createGenesisBlock } from '@isoquorum/node/chain/genesis-block';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { ed25519KeyToPeerId, nodeKeyToAddress, nodeKeyToPeerId } from '@isoquorum/primitives/node-key';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import { registerNodeStatements } from '@isoquorum/privacy/statement/register';
import { createEd25519Signer, createNodeKeySigner } from '@isoquorum/privacy/statement/signer';

/** A page of a simulated network; closed and opened again it keeps its keys and its store. */
export interface SimulatedPage {
  readonly name: string;
  readonly peerId: string;
  /** Base64, as in `privateFor`. */
  readonly enclaveKey: string;
  readonly logger: MemoryLogger;
  readonly store: Store;
  participant: Participant;
  /** Connects to a validator again. */
  dial(peerId: string): Promise<unknown>;
  close(): Promise<void>;
  open(): Promise<void>;
}

/** Validators with managers, and pages that are parties, over in-memory ports and virtual time. */
export interface PageNetwork extends SimulatedNetwork {
  readonly managers: readonly TestManager[];
  /** Base64 enclave keys of the managers. */
  readonly managerKeys: readonly string[];
  readonly genesisHash: Hash32;
  addPage(name: string): Promise<SimulatedPage>;
  /** Lets virtual time pass until the promise settles. */
  until<T>(what: string, promise: Promise<T>, limitMs?: number): Promise<T>;
  stopAll(): Promise<void>;
}

const seed = (text: string): Uint8Array => keccak256(utf8ToBytes(`isoquorum page ${text}`));

/** A store that survives the page: closing is the page's, not the store's. */
function surviving(store: Store): Store {
  return {
    get: (key) => store.get(key),
    getSync: (key) => store.getSync(key),
    batch: (operations) => store.batch(operations),
    iterate: (range) => store.iterate(range),
    close: () => Promise.resolve(),
  };
}

/** What a network has beyond the usual. */
export interface PageNetworkFeatures {
  readonly managers?: Partial<ManagerOptions>;
  /** Nodes that wrap private transactions in privacy markers. */
  readonly privacyMarkers?: (index: number) => boolean;
}

export async function createPageNetwork(
  validators = 4,
  genesisOptions: Partial<TestGenesisOptions> = {},
  features: PageNetworkFeatures = {},
): Promise<PageNetwork> {
  const managers: TestManager[] = [];
  const net = await createSimulatedNetwork({
    validators,
    manager: (index) => managers[index]?.running.q2t,
    ...(features.privacyMarkers === undefined ? {} : { privacyMarkers: features.privacyMarkers }),
    genesis: genesisOptions,
  });
  const { clock, genesis, nodes } = net;
  const genesisHash = createGenesisBlock(genesis).hash;
  const genesisJson = testGenesisJson({
    nodeKeys: nodes.map((node) => node.nodeKey),
    accountKeys: net.accountKeys,
    blockPeriodSeconds: 1,
    timestamp: Number(genesis.timestamp),
    ...genesisOptions,
  });
  openGenesis(genesisJson, genesisHash);
  const http = createMemoryHttp();
  for (let index = 1; index <= validators; index++) {
    const peers = index === 1 ? [] : ['http://127.0.0.1:9001/'];
    managers.push(
      await startTestManager({
        name: `manager${index}`,
        index,
        privateKeys: [seed(`manager ${index}`)],
        peers,
        http,
        clock,
        ...(features.managers === undefined ? {} : { options: features.managers }),
      }),
    );
  }
  const peers = new Map(
    nodes.map((node, index) => [
      nodeKeyToPeerId(node.nodeKey),
      { role: 'node' as const, address: nodeKeyToAddress(node.nodeKey), name: `node${index + 1}` },
    ]),
  );
  const pageIds = new Set<string>();
  const identify = (peerId: string) =>
    peers.get(peerId) ??
    (pageIds.has(peerId) ? { role: 'browser' as const, address: undefined, name: undefined } : undefined);
  const identity = (role: 'node' | 'browser') =>
    createChainIdentity({ config: genesis.config, genesisHash, networkId: 1337n, role, client: role });
  for (const [index, node] of nodes.entries()) {
    const peerId = nodeKeyToPeerId(node.nodeKey);
    const host = net.network.createHost({
      peerId,
      chain: identity('node'),
      identify,
      staticPeers: [...peers.keys()].filter((id) => id !== peerId),
      random: createSeededRandom(index),
    });
    await node.start({ host });
    const manager = managers[index] as TestManager;
    const registration = registerNodeStatements({
      transport: (request) => manager.running.q2t.home(peerId, request),
      signer: createNodeKeySigner(node.nodeKey),
      genesisHash,
      clock,
    });
    await until(`${node.name} registers its manager`, registration);
  }

  async function until<T>(what: string, promise: Promise<T>, limitMs = 60_000): Promise<T> {
    let isSettled = false;
    const settled = Promise.allSettled([promise]).then(() => {
      isSettled = true;
    });
    await net.runUntil(what, () => isSettled, limitMs);
    await settled;
    return promise;
  }

  async function addPage(name: string): Promise<SimulatedPage> {
    const signer = createEd25519Signer(seed(`identity ${name}`));
    const peerId = ed25519KeyToPeerId(signer.publicKey);
    pageIds.add(peerId);
    const enclaveSeed = seed(`enclave ${name}`);
    const store = createMemoryStore();
    const vault = createMemoryVault();
    const logger = createMemoryLogger();
    let current: NetworkHost | undefined;
    const make = async (): Promise<Participant> => {
      const memoryHost = net.network.createHost({ peerId, chain: identity('browser'), identify });
      const host: NetworkHost & { dialPage(id: string): ReturnType<NetworkHost['dial']> } = {
        ...memoryHost,
        peerId,
        dialPage: (id) => memoryHost.dial(net.network.multiaddr(id)),
      };
      current = host;
      const participant = await createParticipant({
        host,
        store: surviving(store),
        clock,
        vault,
        logger,
        genesisJson,
        genesisHash,
        signer,
        random: createSeededRandom(`page ${name} ${clock.nowMs()}`),
        evm: createFastEvm(),
        keyAgreement: createMemoryKeyAgreement([enclaveSeed]),
        persistent: true,
        fresh: true,
      });
      await participant.start();
      for (const id of [...peers.keys()].slice(0, 2))
        await until(`${name} dials`, host.dial(net.network.multiaddr(id)));
      return participant;
    };
    const page: SimulatedPage = {
      name,
      peerId,
      store,
      logger,
      enclaveKey: bytesToBase64(enclavePublicKey(enclaveSeed)),
      participant: await make(),
      dial: async (id) => current?.dial(net.network.multiaddr(id)),
      close: () => until(`${name} closes`, page.participant.stop()),
      open: async () => {
        page.participant = await make();
      },
    };
    return page;
  }

  return {
    ...net,
    managers,
    managerKeys: managers.map(({ key }) => bytesToBase64(key)),
    genesisHash,
    addPage,
    until,
    async stopAll() {
      await net.stop();
      const stopping = Promise.all(managers.map(({ running }) => running.stop()));
      await until('managers stop', stopping);
    },
  };
}
