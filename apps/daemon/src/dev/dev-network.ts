import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { makeDirectory } from '@isoquorum/platform/node/make-directory';
import { createRandom } from '@isoquorum/platform/node/random';
import { createCommandError } from '../command-error.ts';
import { createDevelopmentAccounts } from '../network/accounts.ts';
import { generateNetwork } from '../network/generate.ts';
import type { GeneratedConsensus } from '../network/genesis-json.ts';
import { type NetworkFiles, networkFiles } from '../network/layout.ts';
import type { NetworkJson } from './network-json.ts';
import { type NodePorts, checkPortsFree, playgroundPort, portsOf } from './ports.ts';
import { createSupervisor } from './supervisor.ts';

export interface DevOptions {
  readonly validators: number;
  readonly consensus: GeneratedConsensus;
  readonly blockPeriodSeconds: number;
  readonly dataDir: string;
  readonly portBase: number | undefined;
  readonly fresh: boolean;
  readonly playground: boolean;
  readonly rules: 'strict' | 'goquorum';
  /** Start a process again that died. */
  readonly restart: boolean;
}

/** What `node` and `manager` say when they are ready. */
interface NodeReady {
  readonly multiaddrs: readonly string[];
  readonly enode: string;
  readonly address: string;
}
interface ManagerReady {
  readonly publicKeys: readonly string[];
}

/** What a network folder was made for; a second start with other choices is refused, not silently ignored. */
interface Settings {
  readonly validators: number;
  readonly consensus: string;
  readonly blockPeriodSeconds: number;
  readonly portBase: number | null;
  /** Secret in the playground's address: who has it may ask for invitations. */
  readonly ticket: string;
}

const ACCOUNTS = 5;
const CHAIN_ID = 1337;
const RESTART_AFTER_MS = 5_000;

/** A running development network: every validator and every manager is a process of its own. */
export interface DevNetwork {
  readonly files: NetworkFiles;
  readonly ticket: string;
  /** What `network.json` says now (process ids change when a process was started again). */
  json(): NetworkJson;
  stop(): Promise<void>;
}

/** Every port that the network will use, with what for. */
export function allPorts(options: DevOptions): Map<number, string> {
  const ports = new Map<number, string>();
  if (options.playground) ports.set(playgroundPort(options.portBase), 'playground');
  for (let index = 0; index < options.validators; index += 1) {
    for (const [use, port] of Object.entries(portsOf(index, options.portBase)) as [keyof NodePorts, number][]) {
      if (use !== 'enode') ports.set(port, `${use} of node${index + 1}`);
    }
  }
  return ports;
}

async function prepareFolder(options: DevOptions): Promise<{ files: NetworkFiles; settings: Settings }> {
  const files = networkFiles(options.dataDir);
  if (options.fresh) rmSync(options.dataDir, { recursive: true, force: true });
  makeDirectory(options.dataDir);
  const wanted = {
    validators: options.validators,
    consensus: options.consensus,
    blockPeriodSeconds: options.blockPeriodSeconds,
    portBase: options.portBase ?? null,
  };
  if (existsSync(files.settings)) {
    const settings = JSON.parse(readFileSync(files.settings, 'utf8')) as Settings;
    for (const key of ['validators', 'consensus', 'blockPeriodSeconds', 'portBase'] as const) {
      if (settings[key] === wanted[key]) continue;
      throw createCommandError(
        'NETWORK_DIFFERENT',
        `the network in ${options.dataDir} was made with ${key} = ${settings[key]}, not ${wanted[key]}: start it with that, use another --data-dir, or begin anew with --fresh (this deletes its chain)`,
        { key, has: settings[key], wanted: wanted[key] },
      );
    }
    return { files, settings };
  }
  const random = createRandom();
  const accounts = createDevelopmentAccounts(ACCOUNTS, random);
  await generateNetwork(
    options.dataDir,
    {
      chainId: CHAIN_ID,
      consensus: options.consensus,
      blockPeriodSeconds: options.blockPeriodSeconds,
      accounts,
      validators: options.validators,
      ports: (index) => portsOf(index, options.portBase),
      host: '127.0.0.1',
    },
    random,
  );
  const settings: Settings = { ...wanted, ticket: bytesToHex(randomBytes(16)).slice(2) };
  writeFileSync(files.settings, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
  return { files, settings };
}

/** Options of a command as arguments. */
function asFlags(options: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

function managerArguments(files: NetworkFiles, index: number, options: DevOptions): string[] {
  const member = files.member(index);
  const ports = portsOf(index, options.portBase);
  const peers = Array.from({ length: options.validators }, (_, other) => other)
    .filter((other) => other !== index)
    .map((other) => `http://127.0.0.1:${portsOf(other, options.portBase).managerP2p}/`);
  return [
    'manager',
    ...asFlags({
      'data-dir': member.managerDir,
      key: member.managerKey,
      'q2t-port': ports.managerQ2t,
      'p2p-port': ports.managerP2p,
      'third-party-port': ports.managerThirdParty,
      ...(peers.length === 0 ? {} : { peers: peers.join(',') }),
    }),
  ];
}

function nodeArguments(files: NetworkFiles, index: number, options: DevOptions): string[] {
  const member = files.member(index);
  const ports = portsOf(index, options.portBase);
  return [
    'node',
    ...asFlags({
      genesis: files.genesis,
      'data-dir': member.nodeDir,
      'browsers-file': files.browsers,
      'http-port': ports.http,
      'ws-port': ports.ws,
      'enode-port': ports.enode,
      raftport: ports.tcp,
      'libp2p-tcp-port': ports.tcp,
      'libp2p-ws-port': ports.libp2pWs,
      manager: `http://127.0.0.1:${ports.managerQ2t}`,
      rules: options.rules,
      gcmode: 'archive',
      'dev-accounts': files.accountKeys,
      'http-cors': `http://127.0.0.1:${playgroundPort(options.portBase)}`,
    }),
  ];
}

/**
 * Starts (or continues) the network of a folder. `onProgress` says what is happening.
 * @throws PORT_BUSY, NETWORK_DIFFERENT, CHILD_FAILED, CHILD_TIMEOUT; whatever had started is stopped again
 */
export async function startDevNetwork(options: DevOptions, onProgress: (what: string) => void): Promise<DevNetwork> {
  await checkPortsFree(allPorts(options));
  const { files, settings } = await prepareFolder(options);
  const accounts = JSON.parse(readFileSync(files.accounts, 'utf8')) as NetworkJson['accounts'];
  let json: (() => NetworkJson) | undefined;
  const supervisor = createSupervisor({
    restartAfterMs: options.restart ? RESTART_AFTER_MS : undefined,
    onEvent: (event) => {
      onProgress(event.detail);
      if (event.type === 'restarted' && json !== undefined) writeNetworkJson(files, json());
    },
  });
  const stop = async (): Promise<void> => {
    await supervisor.stop();
    rmSync(files.networkJson, { force: true });
  };
  try {
    onProgress(`starting ${options.validators} validators and their transaction managers`);
    const outcomes = await Promise.allSettled(
      Array.from({ length: options.validators }, async (_, index) => {
        const member = files.member(index);
        const manager = supervisor.start<ManagerReady>({
          name: member.managerName,
          args: managerArguments(files, index, options),
          logFile: member.managerLog,
        });
        const node = supervisor.start<NodeReady>({
          name: member.name,
          args: nodeArguments(files, index, options),
          logFile: member.nodeLog,
        });
        // Both are waited for at once: one that fails while the other is awaited would end the process unsaid.
        const [startedManager, startedNode] = await Promise.all([manager, node]);
        return { manager: startedManager, node: startedNode, ports: portsOf(index, options.portBase) };
      }),
    );
    const members = outcomes.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
    json = () => ({
      chainId: CHAIN_ID,
      consensus: options.consensus,
      genesis: 'genesis.json',
      nodes: members.map(({ node, manager, ports }) => ({
        name: node.name,
        pid: node.pid(),
        http: `http://127.0.0.1:${ports.http}`,
        ws: `ws://127.0.0.1:${ports.ws}`,
        multiaddrs: node.ready().multiaddrs,
        enode: node.ready().enode,
        validator: node.ready().address,
        manager: manager.name,
      })),
      managers: members.map(({ manager, ports }) => ({
        name: manager.name,
        pid: manager.pid(),
        q2t: `http://127.0.0.1:${ports.managerQ2t}`,
        p2p: `http://127.0.0.1:${ports.managerP2p}`,
        thirdParty: `http://127.0.0.1:${ports.managerThirdParty}`,
        publicKeys: manager.ready().publicKeys,
      })),
      accounts,
      ...(options.playground
        ? { playground: `http://127.0.0.1:${playgroundPort(options.portBase)}/#ticket=${settings.ticket}` }
        : {}),
    });
    return { files, ticket: settings.ticket, json, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Writes `network.json` whole or not at all. */
export function writeNetworkJson(files: NetworkFiles, json: NetworkJson): void {
  const temporary = `${files.networkJson}.new`;
  writeFileSync(temporary, `${JSON.stringify(json, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, files.networkJson);
}
