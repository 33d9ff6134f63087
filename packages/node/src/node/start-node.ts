import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileAdmission } from '@isoquorum/network/libp2p/node/file-admission';
import { createNodeHost } from '@isoquorum/network/libp2p/node/host';
import { createChainIdentity } from '@isoquorum/network/session/chain-identity';
import { createClock } from '@isoquorum/platform/node/clock';
import { describeCrypto, installFastestCrypto } from '@isoquorum/platform/node/crypto';
import { createNodeHttpClient } from '@isoquorum/platform/node/http-client';
import { createLogger } from '@isoquorum/platform/node/logger';
import { createRandom } from '@isoquorum/platform/node/random';
import { createRecoveryPool } from '@isoquorum/platform/node/recovery-pool';
import type { Logger } from '@isoquorum/platform/logger';
import type { RaftAddress } from '@isoquorum/consensus/raft/cluster-state';
import { selectEngine } from '@isoquorum/primitives/genesis/bft-config';
import { parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { createQ2tClient } from '@isoquorum/rpc/rest/q2t-client';
import type { Q2tClient } from '@isoquorum/rpc/rest/q2t';
import { createGenesisBlock } from '../chain/genesis-block.ts';
import type { GcMode } from '../chain/pruner.ts';
import type { CallLimits } from '../node-context.ts';
import { clientVersionDefault, createNode, type RunningNode } from '../create-node.ts';
import type { RulesProfile } from '../node-options.ts';
import { type RunningRpc, startRpc } from '../handlers/start-rpc.ts';
import { memberEnode, raftOptionsOf, type RaftSettings, readStaticNodes } from './raft-settings.ts';
import { createRecoverSenders } from '../pool/senders.ts';
import { loadNodeKey, openChainStore } from './data-directory.ts';
import { createEvm, type EvmChoice } from './evm.ts';

/** A node as a process (or part of one): files, sockets, ports. */
export interface StartNodeOptions {
  /** genesis.json, parsed. */
  readonly genesis: unknown;
  /**
   * Holds `chaindata` (LevelDB), `nodekey`, `static-nodes.json`, `permissioned-nodes.json`, `permissioned-browsers.json`. Without it
   * everything stays in memory.
   */
  readonly dataDir?: string | undefined;
  readonly nodeKey?: Uint8Array;
  readonly http?: {
    readonly host?: string;
    readonly port: number;
    readonly corsOrigins?: readonly string[];
    readonly allowedHosts?: readonly string[];
  };
  readonly ws?: {
    readonly host?: string;
    readonly port: number;
    readonly origins?: readonly string[];
    readonly allowedHosts?: readonly string[];
  };
  /** Port 0: any free one. */
  readonly libp2p: { readonly host: string; readonly tcpPort: number; readonly wsPort: number };
  /** The port that the enode URL names; 30303 unless told. */
  readonly enodePort?: number;
  /** Enode URLs beside those of the files. */
  readonly staticNodes?: readonly string[];
  readonly permissionedNodes?: readonly string[];
  /** Instead of `permissioned-browsers.json` in the data directory. */
  readonly browsersFile?: string;
  readonly manager?: { readonly url: string } | { readonly client: Q2tClient };
  /** See `NodeOptions`. */
  readonly asksManagerAgain?: boolean;
  readonly rules?: RulesProfile;
  readonly evm?: EvmChoice;
  /** Node-held accounts; development only. */
  readonly accountKeys?: readonly Uint8Array[];
  /** See `NodeOptions`. */
  readonly signerKey?: Uint8Array | undefined;
  /** `--privacymarker.enable`: private transactions of node-held accounts go out inside privacy markers. */
  readonly privacyMarkers?: boolean;
  readonly validate?: boolean;
  /** See `NodeOptions`. */
  readonly neverSigned?: boolean;
  /** For a Raft chain; our id is the place in `static-nodes.json` unless we join a cluster that runs. */
  readonly raft?: RaftSettings;
  readonly networkId?: bigint;
  readonly allowUnprotected?: boolean;
  /** What calls over RPC may use up; GoQuorum's limits unless told. */
  readonly callLimits?: CallLimits;
  /** See `NodeOptions`, both. */
  readonly gasPrice?: bigint;
  readonly priceLimit?: bigint;
  /** `--raft.rpcseconds`: answers tell the times of Raft blocks in seconds. */
  readonly showsRaftSeconds?: boolean;
  /** Threads for sender recovery; 1 unless told. */
  readonly recoveryThreads?: number;
  /** `archive` unless told: the states of all blocks are kept. */
  readonly gcMode?: GcMode;
  readonly logger?: Logger;
}

export interface NodeInfo {
  readonly enode: string;
  readonly address: string;
  readonly peerId: string;
  readonly multiaddrs: readonly string[];
  readonly http: string | undefined;
  readonly ws: string | undefined;
  /** For instance `secp256k1 native, keccak256 hash-wasm`. */
  readonly cryptoBackend: string;
  readonly evm: EvmChoice;
  readonly genesisHash: string;
  readonly head: number;
  readonly warnings: readonly string[];
}

export interface StartedNode {
  readonly info: NodeInfo;
  readonly node: RunningNode;
  stop(): Promise<void>;
  /** Resolves when the node has stopped, with the fatal error if there was one. */
  readonly stopped: Promise<unknown>;
}

function urlHost(host: string | undefined): string {
  const name = host ?? '127.0.0.1';
  return name.includes(':') ? `[${name}]` : name;
}

function managerOf(options: StartNodeOptions, clock: ReturnType<typeof createClock>): Q2tClient | undefined {
  const { manager } = options;
  if (manager === undefined) return undefined;
  if ('client' in manager) return manager.client;
  return createQ2tClient({ url: manager.url, http: createNodeHttpClient(), clock });
}

/** Starts a node: opens what it owns, joins its network, serves JSON-RPC last. Undoes everything when a step fails. @throws STORE_*, DIRECTORY_UNUSABLE, GENESIS_*, PORT_BUSY… */
export async function startNode(options: StartNodeOptions): Promise<StartedNode> {
  const logger = options.logger ?? createLogger();
  const clock = createClock();
  const random = createRandom();
  const cryptoBackend = describeCrypto(await installFastestCrypto());
  const genesis = parseGenesis(options.genesis);
  const genesisHash = createGenesisBlock(genesis).hash;
  const networkId = options.networkId ?? genesis.config.chainId ?? 1n;
  const undo: (() => unknown)[] = [];
  let stopping: Promise<void> | undefined;

  async function undoAll(): Promise<void> {
    for (const act of undo.toReversed()) {
      try {
        await act();
      } catch (error) {
        logger.log('warn', 'Stopping: a part failed', { reason: String(error) });
      }
    }
  }
  const stop = (): Promise<void> => {
    stopping ??= undoAll();
    return stopping;
  };

  try {
    const directory = options.dataDir ?? mkdtempSync(join(tmpdir(), 'isoquorum-node-'));
    if (options.dataDir === undefined) undo.push(() => rmSync(directory, { recursive: true, force: true }));
    const store = await openChainStore(options.dataDir);
    undo.push(() => store.close());
    const nodeKey = options.nodeKey ?? loadNodeKey(options.dataDir);
    const recovery = createRecoveryPool({ threads: options.recoveryThreads ?? 1 });
    undo.push(() => recovery.close());
    const admission = await createFileAdmission({
      directory,
      nodeKey,
      genesisHash,
      clock,
      logger: logger.child({ part: 'admission' }),
      ...(options.staticNodes === undefined ? {} : { staticNodes: options.staticNodes }),
      ...(options.permissionedNodes === undefined ? {} : { permissionedNodes: options.permissionedNodes }),
      ...(options.browsersFile === undefined ? {} : { browsersFile: options.browsersFile }),
    });
    undo.push(() => admission.close());
    const { host: address, tcpPort, wsPort } = options.libp2p;
    const host = await createNodeHost({
      nodeKey,
      listen: { tcp: { host: address, port: tcpPort }, ws: { host: address, port: wsPort } },
      chain: createChainIdentity({
        config: genesis.config,
        genesisHash,
        networkId,
        role: 'node',
        client: clientVersionDefault,
      }),
      admission,
      clock,
      random,
      logger: logger.child({ part: 'network' }),
    });
    const isRaft = selectEngine(genesis.config) === undefined && options.validate !== false;
    const raft = isRaft
      ? {
          ...raftOptionsOf({
            nodeKey,
            staticNodes: [...(options.staticNodes ?? []), ...readStaticNodes(options.dataDir)],
            settings: options.raft ?? {},
          }),
          onMembers: (members: readonly RaftAddress[]) => admission.setMembers(members.map(memberEnode)),
        }
      : undefined;
    const node = await createNode({
      genesis,
      nodeKey,
      store,
      host,
      evm: createEvm(options.evm, logger),
      clock,
      random,
      logger,
      manager: managerOf(options, clock),
      managerName: options.manager !== undefined && 'url' in options.manager ? options.manager.url : undefined,
      ...(options.asksManagerAgain === undefined ? {} : { asksManagerAgain: options.asksManagerAgain }),
      networkId,
      recoverSenders: createRecoverSenders(recovery),
      advertise: {
        host: address,
        port: options.enodePort ?? 30303,
        libp2pPort: tcpPort,
        ...(isRaft && options.raft?.raftPort !== undefined ? { raftPort: options.raft.raftPort } : {}),
      },
      dataDir: options.dataDir,
      ...(options.rules === undefined ? {} : { rules: options.rules }),
      ...(options.gcMode === undefined ? {} : { gcMode: options.gcMode }),
      ...(options.accountKeys === undefined ? {} : { accountKeys: options.accountKeys }),
      signerKey: options.signerKey,
      ...(options.validate === undefined ? {} : { validate: options.validate }),
      expectedPeers: () => admission.listedNodes(),
      ...(options.neverSigned === undefined ? {} : { neverSigned: options.neverSigned }),
      ...(raft === undefined ? {} : { raft }),
      ...(options.privacyMarkers === undefined ? {} : { privacyMarkers: options.privacyMarkers }),
      ...(options.callLimits === undefined ? {} : { callLimits: options.callLimits }),
      ...(options.gasPrice === undefined ? {} : { gasPrice: options.gasPrice }),
      ...(options.priceLimit === undefined ? {} : { priceLimit: options.priceLimit }),
      ...(options.showsRaftSeconds === undefined ? {} : { showsRaftSeconds: options.showsRaftSeconds }),
      ...(options.allowUnprotected === undefined ? {} : { allowUnprotected: options.allowUnprotected }),
    });
    undo.push(() => node.stop());
    const rpc: RunningRpc = await startRpc({
      context: node.context,
      ...(options.http === undefined ? {} : { http: options.http }),
      ...(options.ws === undefined ? {} : { ws: options.ws }),
    });
    undo.push(() => rpc.close());
    logger.log('info', 'Started', { cryptoBackend, evm: options.evm ?? 'fast', genesisHash: bytesToHex(genesisHash) });
    const stopped = node.stopped.then(async (error) => {
      await stop();
      return error;
    });
    return {
      info: {
        enode: node.context.identity.enode,
        address: bytesToHex(node.address),
        peerId: host.peerId,
        multiaddrs: host.multiaddrs(),
        http: rpc.http && `http://${urlHost(options.http?.host)}:${rpc.http.port}`,
        ws: rpc.ws && `ws://${urlHost(options.ws?.host)}:${rpc.ws.port}`,
        cryptoBackend,
        evm: options.evm ?? 'fast',
        genesisHash: bytesToHex(genesisHash),
        head: node.context.chain.headNumber(),
        warnings: node.context.warnings(),
      },
      node,
      stop,
      stopped,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
