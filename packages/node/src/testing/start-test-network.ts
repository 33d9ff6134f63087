import { createServer } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryLogger } from '@isoquorum/platform/memory/logger';
import type { Logger } from '@isoquorum/platform/logger';
import { nodeKeyToEnode } from '@isoquorum/primitives/node-key';
import type { Q2tClient } from '@isoquorum/rpc/rest/q2t';
import { type StartedNode, startNode, type StartNodeOptions } from '../node/start-node.ts';
import { testGenesisJson, testKey } from './genesis.ts';

export interface TestNetworkOptions {
  /** Default 1. */
  readonly validators?: number;
  readonly blockPeriodSeconds?: number;
  /** A manager for each node, by index. */
  readonly manager?: (index: number) => { readonly url: string } | { readonly client: Q2tClient } | undefined;
  readonly nodeOptions?: Partial<StartNodeOptions>;
  readonly genesis?: (json: Record<string, unknown>) => Record<string, unknown>;
  readonly logger?: (index: number) => Logger;
  /** Data directories on disk, so that nodes can be started again. */
  readonly isOnDisk?: boolean;
}

export interface TestNetwork {
  readonly genesis: Record<string, unknown>;
  readonly nodes: readonly StartedNode[];
  readonly http: readonly string[];
  readonly ws: readonly string[];
  /** Private keys of funded accounts; every node holds them, unlocked. */
  readonly accountKeys: readonly Uint8Array[];
  /** Stops one node and starts it again on the same data and ports. */
  restart(index: number): Promise<void>;
  stop(): Promise<void>;
}

/** Below the range from which the system serves outgoing connections, and apart for each test process. */
let nextPort = 10_000 + (process.pid % 240) * 50;

/** A free TCP port of 127.0.0.1 that no other test process is given. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = nextPort;
    nextPort += 1;
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

/** A network of real nodes with real ports inside this process: for tests of RPC clients, not of faults. */
export async function startTestNetwork(options: TestNetworkOptions = {}): Promise<TestNetwork> {
  const count = options.validators ?? 1;
  const nodeKeys = Array.from({ length: count }, (_, index) => testKey(`node ${index + 1}`));
  const accountKeys = [testKey('account 1'), testKey('account 2'), testKey('account 3')];
  const plain = testGenesisJson({
    nodeKeys,
    accountKeys,
    blockPeriodSeconds: options.blockPeriodSeconds ?? 1,
    timestamp: Math.floor(Date.now() / 1000) - 2,
  });
  const genesis = options.genesis?.(plain) ?? plain;
  const ports: { tcp: number; ws: number; http: number; rpcWs: number; enode: number }[] = [];
  for (const _ of nodeKeys) {
    ports.push({
      tcp: await freePort(),
      ws: await freePort(),
      http: await freePort(),
      rpcWs: await freePort(),
      enode: await freePort(),
    });
  }
  const enodes = nodeKeys.map((key, index) =>
    nodeKeyToEnode(key, { host: '127.0.0.1', port: ports[index]!.enode, libp2pPort: ports[index]!.tcp }),
  );
  const directory = options.isOnDisk === true ? mkdtempSync(join(tmpdir(), 'isoquorum-network-')) : undefined;

  const start = (index: number): Promise<StartedNode> => {
    const port = ports[index]!;
    const manager = options.manager?.(index);
    return startNode({
      genesis,
      nodeKey: nodeKeys[index]!,
      ...(directory === undefined ? {} : { dataDir: join(directory, `node${index + 1}`) }),
      http: { port: port.http, corsOrigins: ['http://127.0.0.1:5173'] },
      ws: { port: port.rpcWs, origins: ['http://127.0.0.1:5173'] },
      libp2p: { host: '127.0.0.1', tcpPort: port.tcp, wsPort: port.ws },
      enodePort: port.enode,
      staticNodes: enodes,
      accountKeys,
      recoveryThreads: 0,
      logger: options.logger?.(index) ?? createMemoryLogger(),
      ...(manager === undefined ? {} : { manager }),
      ...options.nodeOptions,
    });
  };
  const nodes: StartedNode[] = [];
  for (let index = 0; index < count; index++) nodes.push(await start(index));

  return {
    genesis,
    nodes,
    http: ports.map(({ http }) => `http://127.0.0.1:${http}`),
    ws: ports.map(({ rpcWs }) => `ws://127.0.0.1:${rpcWs}`),
    accountKeys,
    async restart(index) {
      await nodes[index]!.stop();
      nodes[index] = await start(index);
    },
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
      if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
    },
  };
}
