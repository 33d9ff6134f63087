import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import { createMemoryNetwork } from '@isoquorum/network/memory/network';
import { createChainIdentity } from '@isoquorum/network/session/chain-identity';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { createSeededRandom } from '@isoquorum/platform/memory/random';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { createClock } from '@isoquorum/platform/node/clock';
import type { Logger } from '@isoquorum/platform/logger';
import { createInThreadRecovery } from '@isoquorum/platform/sender-recovery';
import { parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { hexToBytes, hexToFixedBytes } from '@isoquorum/primitives/hex';
import { nodeKeyToPeerId } from '@isoquorum/primitives/node-key';
import { type Block, encodeBlock, readBlock } from '@isoquorum/primitives/block';
import { concatBytes } from '@isoquorum/primitives/hex';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { createRpcConnection, type RpcConnection } from '@isoquorum/rpc/jsonrpc/connection';
import { DEFAULT_LIMITS } from '@isoquorum/rpc/jsonrpc/limits';
import { createRpcService, type RpcService } from '@isoquorum/rpc/jsonrpc/service';
import { createGenesisBlock } from '../chain/genesis-block.ts';
import { createNode, type RunningNode } from '../create-node.ts';
import type { RulesProfile } from '../node-options.ts';
import { createNodeHandlers } from '../handlers/create-node-handlers.ts';
import { isVerbatim } from '../handlers/verbatim.ts';
import { createManagerSource } from '../private/manager-source.ts';
import { noPayloads } from '../private/payload-resolver.ts';
import { importChain } from '../import/import-chain.ts';
import { createRecordedManager, readRecordedJson } from './recorded-manager.ts';

interface AboutChain {
  readonly nodeDetails: readonly {
    readonly node: number;
    readonly nodeKey: string;
    readonly accounts?: readonly AboutAccount[];
    readonly parties?: readonly unknown[];
    /** Command line of this node, where it changes answers. */
    readonly flags?: readonly string[];
  }[];
  /** Accounts that no node holds. */
  readonly externalAccounts?: readonly AboutAccount[];
}

interface AboutAccount {
  readonly address: string;
  readonly privateKey: string;
}

export interface RecordedNodeOptions {
  /** `vectors/chains/<name>`, or a folder laid out like it. */
  readonly chainFolder: string;
  /** Which node of it, from 1. */
  readonly node: number;
  readonly rules?: RulesProfile;
  readonly logger?: Logger;
  /** Height to begin with; the chain's head unless told. */
  readonly until?: number;
  /** The chain is imported without the manager, which only the node over it has. */
  readonly isStrangerAtFirst?: boolean;
  /** Addresses of accounts of others that the node held too, for a while. */
  readonly alsoHolds?: ReadonlySet<string>;
}

/** One node of a recorded chain, standing still at its head: ours, with what the original's manager knew. */
export interface RecordedNode {
  readonly running: RunningNode;
  readonly service: RpcService;
  /** A client that stays connected. */
  connect(send: (text: string) => void): RpcConnection;
  /** Imports recorded blocks up to a height, private states level with it. */
  growTo(number: number): Promise<void>;
  close(): Promise<void>;
}

/** The unpacked bytes of `chain.rlp.gz`. */
function chainBytes(chainFolder: string): Uint8Array {
  return gunzipSync(readFileSync(`${chainFolder}/chain.rlp.gz`));
}

function readBlocks(bytes: Uint8Array): readonly Block[] {
  const reader = new RlpReader(bytes);
  const blocks: Block[] = [];
  while (reader.hasMore) blocks.push(readBlock(reader));
  return blocks;
}

interface RecordedWrite {
  readonly node: number;
  readonly head: number;
  readonly request: { readonly method?: string; readonly params?: readonly unknown[] };
  readonly response: { readonly error?: unknown };
}

/** Whom the node's operator had told it to vote for or against, when the chain stood at its end: it is on no chain. */
function repeatWishes(running: RunningNode, chainFolder: string, node: number): void {
  const path = `${chainFolder}/workload.json.gz`;
  if (!existsSync(path)) return;
  const { validators, chain } = running.context;
  for (const write of readRecordedJson(path) as readonly RecordedWrite[]) {
    const { method = '', params = [] } = write.request;
    const [candidate, authorize] = params;
    if (write.node !== node || write.head > chain.headNumber() || write.response.error !== undefined) continue;
    if (typeof candidate !== 'string') continue;
    if (/^(istanbul|clique)_propose$/.test(method))
      validators.propose(hexToFixedBytes(candidate, 20), authorize === true);
    if (/^(istanbul|clique)_discard$/.test(method)) validators.discard(hexToFixedBytes(candidate, 20));
  }
}

/** Private keys of the accounts that a node holds: its own, and those of `alsoHolds` that the recording names somewhere. */
function accountKeys(about: AboutChain, node: number, alsoHolds: ReadonlySet<string>): readonly Uint8Array[] {
  const own = about.nodeDetails.find((entry) => entry.node === node)?.accounts ?? [];
  const others = [
    ...about.nodeDetails.flatMap((entry) => (entry.node === node ? [] : (entry.accounts ?? []))),
    ...(about.externalAccounts ?? []),
  ].filter(({ address }) => alsoHolds.has(address.toLowerCase()));
  return [...own, ...others].map(({ privateKey }) => hexToBytes(privateKey));
}

/** Imports the chain in memory and starts a node over it that neither proposes nor connects. @throws what the import throws */
export async function openRecordedNode(options: RecordedNodeOptions): Promise<RecordedNode> {
  const { chainFolder, node, rules = 'goquorum', logger = silentLogger } = options;
  const about = readRecordedJson(`${chainFolder}/about.json`) as AboutChain;
  const details = about.nodeDetails.find((entry) => entry.node === node);
  if (details === undefined) throw new Error(`${chainFolder}/about.json names no node ${node}`);
  const ownGenesis = `${chainFolder}/nodes/${node}/genesis.json`;
  const genesisPath = existsSync(ownGenesis) ? ownGenesis : `${chainFolder}/genesis.json`;
  const genesis = parseGenesis(readRecordedJson(genesisPath));
  const clock = createClock();
  const store = createMemoryStore();
  const evm = createFastEvm();
  const manager = createRecordedManager(chainFolder, node, clock);
  const all = readBlocks(chainBytes(chainFolder));
  const bytes = concatBytes(...all.slice(0, (options.until ?? all.length - 1) + 1).map((block) => encodeBlock(block)));
  await importChain({
    genesis,
    source: (async function* () {
      yield await Promise.resolve(bytes);
    })(),
    payloads: options.isStrangerAtFirst === true ? noPayloads : createManagerSource(manager),
    groups: genesis.config.isMps ? await manager.residentGroups() : undefined,
    store,
    rules,
    evm,
    recovery: createInThreadRecovery(),
    clock,
    logger,
  });
  const nodeKey = hexToBytes(details.nodeKey);
  const network = createMemoryNetwork({ clock });
  const networkId = genesis.config.chainId ?? 1n;
  const chain = createChainIdentity({
    config: genesis.config,
    genesisHash: createGenesisBlock(genesis).hash,
    networkId,
    role: 'node',
    client: 'recorded',
  });
  const host = network.createHost({
    peerId: nodeKeyToPeerId(nodeKey),
    chain,
    identify: () => undefined,
    staticPeers: [],
    random: createSeededRandom(node),
  });
  const running = await createNode({
    genesis,
    nodeKey,
    store,
    host,
    evm,
    clock,
    random: createSeededRandom(node + 100),
    logger,
    ...((details.parties ?? []).length === 0 ? {} : { manager }),
    rules,
    accountKeys: accountKeys(about, node, options.alsoHolds ?? new Set()),
    privacyMarkers: details.flags?.includes('--privacymarker.enable') === true,
    validate: false,
    allowUnprotected: false,
  });
  await running.privateIdle();
  repeatWishes(running, chainFolder, node);
  const nodeHandlers = createNodeHandlers(running.context);
  const service = createRpcService({ handlers: nodeHandlers.handlers, isVerbatim, logger, limits: DEFAULT_LIMITS });
  return {
    running,
    service,
    connect: (send) =>
      createRpcConnection({
        service,
        subscriptionHandlers: nodeHandlers.subscriptions,
        request: { transport: 'ws', psi: undefined },
        random: createSeededRandom(node + 200),
        send,
      }),
    growTo: async (number) => {
      for (let next = running.context.chain.headNumber() + 1; next <= number; next += 1) {
        const block = all[next];
        if (block === undefined) return;
        await running.importBlock(block);
        await running.privateIdle();
      }
    },
    close: async () => {
      nodeHandlers.close();
      await running.stop();
    },
  };
}
