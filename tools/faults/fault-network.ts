import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnode } from '@isoquorum/primitives/enode';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual, hexToBytes } from '@isoquorum/primitives/hex';
import { createGenesisJson, type GeneratedConsensus } from '../../apps/daemon/src/network/genesis-json.ts';
import { rpc, runCommand, until } from '../../e2e/network.ts';

/** What `isoquorum_consensusStatus` says, as far as these tests look. */
export interface StatusAnswer {
  readonly algorithm: string;
  readonly height: number;
  readonly round: number;
  readonly proposer: string | null;
  readonly isValidator: boolean;
  readonly isSigning: boolean;
  readonly validators: readonly string[];
  readonly missing: readonly string[];
  readonly disconnected: readonly string[];
  readonly failed: { readonly round: number; readonly missing: readonly string[] } | null;
}

export interface FaultNetworkOptions {
  readonly consensus: GeneratedConsensus;
  readonly validators: number;
  /** Nodes that are listed and do not validate from the genesis. */
  readonly guests: number;
  readonly portBase: number;
}

interface Member {
  readonly name: string;
  readonly address: string;
  readonly enode: string;
  readonly url: string;
}

/** Something else answers on a node's port, or the node could not take it. */
export type FaultNetworkErrorCode = 'PORT_BUSY';

/** A process starts in a second or two; on a machine that is busy with many, much later. */
const startWithinMs = 150_000;

function portBusy(name: string, url: string, found: string): IsoquorumError<FaultNetworkErrorCode> {
  return new IsoquorumError('PORT_BUSY', `something else than ${name} is at ${url}`, { name, url, found }, 'STOP');
}

const mainFile = join(import.meta.dirname, '../../apps/daemon/src/main.ts');

/** Real `isoquorum node` processes over the files of `isoquorum network generate`, to be killed and started at will. */
export class FaultNetwork {
  readonly root: string;
  readonly members: readonly Member[];
  readonly consensus: GeneratedConsensus;
  private readonly portBase: number;
  private readonly running = new Map<number, ChildProcess>();
  private readonly flags = new Map<number, readonly string[]>();

  private constructor(root: string, members: readonly Member[], options: FaultNetworkOptions) {
    this.root = root;
    this.members = members;
    this.consensus = options.consensus;
    this.portBase = options.portBase;
  }

  /** Writes the files; nothing runs yet. */
  static async generate(options: FaultNetworkOptions): Promise<FaultNetwork> {
    const { consensus, validators, guests, portBase } = options;
    const root = mkdtempSync(join(tmpdir(), 'isoquorum-faults-'));
    const count = String(validators + guests);
    const flags = ['--output', root, '--validators', count, '--consensus', consensus, '--port-base', String(portBase)];
    const child = runCommand(['network', 'generate', ...flags]);
    const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
    if (code !== 0) throw new Error(`network generate ended with ${code}`);
    const listed = JSON.parse(readFileSync(join(root, 'members.json'), 'utf8')) as Omit<Member, 'url'>[];
    const accounts = JSON.parse(readFileSync(join(root, 'accounts.json'), 'utf8')) as never;
    const addresses = listed.slice(0, validators).map(({ address }) => hexToBytes(address));
    const choices = { chainId: 1_337, consensus, blockPeriodSeconds: 1, accounts };
    writeFileSync(join(root, 'genesis.json'), JSON.stringify(createGenesisJson(choices, addresses)));
    // The static nodes of a Raft network are its first members.
    const first = JSON.stringify(listed.slice(0, validators).map(({ enode }) => enode));
    if (consensus === 'raft')
      for (const { name } of listed) writeFileSync(join(root, name, 'static-nodes.json'), first);
    const members = listed.map(({ name, address, enode }, index) => ({
      name,
      address,
      enode,
      url: `http://127.0.0.1:${portBase + 1 + 8 * index}`,
    }));
    return new FaultNetwork(root, members, options);
  }

  url(index: number): string {
    return this.members[index]?.url ?? '';
  }

  address(index: number): string {
    return this.members[index]?.address ?? '';
  }

  accounts(): readonly { readonly address: string; readonly privateKey: string }[] {
    return JSON.parse(readFileSync(join(this.root, 'accounts.json'), 'utf8')) as never;
  }

  log(index: number): string {
    const path = join(this.root, `node${index + 1}`, 'test.log');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  /** Indices of the nodes that run. */
  up(): readonly number[] {
    return [...this.running.keys()];
  }

  /** More of the command line of a node, from its next start on. */
  setFlags(index: number, flags: readonly string[]): void {
    this.flags.set(index, flags);
  }

  /** Starts nodes and waits until each answers as itself. @throws PORT_BUSY, Error with the end of the log of a node that ended */
  async start(...indices: readonly number[]): Promise<void> {
    for (const index of indices) this.launch(index);
    for (const index of indices) await this.untilAnswers(index);
  }

  /** Whatever serves the port is not the node for that alone: its identity is looked at. */
  private async untilAnswers(index: number): Promise<void> {
    const { name, enode, url } = this.members[index] as Member;
    const child = this.running.get(index) as ChildProcess;
    const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
    const found = await until(
      `${name} answers`,
      async () => (hasEnded() ? 'ended' : (await rpc<{ enode: string }>(url, 'admin_nodeInfo')).enode),
      Boolean,
      startWithinMs,
    );
    if (found === 'ended') {
      const end = this.log(index).slice(-2_000);
      if (end.includes('PORT_BUSY')) throw portBusy(name, url, end);
      throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode}:\n${end}`);
    }
    if (!bytesEqual(parseEnode(found).nodeId, parseEnode(enode).nodeId)) throw portBusy(name, url, found);
  }

  private launch(index: number): void {
    const base = this.portBase + 1 + 8 * index;
    const dataDir = join(this.root, `node${index + 1}`);
    const ports = {
      'http-port': base,
      'ws-port': base + 1,
      'libp2p-tcp-port': base + 2,
      'libp2p-ws-port': base + 3,
      'enode-port': base + 4,
      ...(this.consensus === 'raft' ? { raftport: base + 2 } : {}),
    };
    const args = Object.entries(ports).flatMap(([name, port]) => [`--${name}`, String(port)]);
    args.push(...(this.flags.get(index) ?? []));
    const genesis = join(this.root, 'genesis.json');
    // The channel lets the node notice when this process is gone.
    const child = spawn(
      process.execPath,
      ['--conditions=source', mainFile, 'node', '--genesis', genesis, '--data-dir', dataDir, ...args],
      { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: { ...process.env, NODE_OPTIONS: '' } },
    );
    const log = join(dataDir, 'test.log');
    const write = (chunk: Uint8Array): void => writeFileSync(log, chunk, { flag: 'a' });
    child.stdout?.on('data', write);
    child.stderr?.on('data', write);
    this.running.set(index, child);
  }

  /** `kill -9`. */
  async kill(...indices: readonly number[]): Promise<void> {
    await Promise.all(
      indices.map(async (index) => {
        const child = this.running.get(index);
        this.running.delete(index);
        if (child === undefined || child.exitCode !== null) return;
        const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
        child.kill('SIGKILL');
        await ended;
      }),
    );
  }

  /** The chain of a node that is down is gone. */
  wipe(index: number): void {
    rmSync(join(this.root, `node${index + 1}`, 'chaindata'), { recursive: true, force: true });
  }

  async height(index: number): Promise<number> {
    return Number(await rpc<string>(this.url(index), 'eth_blockNumber'));
  }

  status(index: number): Promise<StatusAnswer> {
    return rpc<StatusAnswer>(this.url(index), 'isoquorum_consensusStatus');
  }

  /** Waits until nodes sign: a validator that is new to a running network, or has lost its disk, waits before it does. */
  async untilSigning(...indices: readonly number[]): Promise<void> {
    for (const index of indices) {
      const what = `${this.members[index]?.name} signs`;
      await until(
        what,
        () => this.status(index),
        ({ isSigning }) => isSigning,
        startWithinMs,
      );
    }
  }

  /** Waits until the node is at that height; answers how long it took. */
  async untilHeight(index: number, height: number, withinMs: number): Promise<number> {
    const began = performance.now();
    await until(
      `block ${height} at ${this.members[index]?.name}`,
      () => this.height(index),
      (at) => at >= height,
      withinMs,
    );
    return performance.now() - began;
  }

  /** Throws when two running nodes have different blocks at the lowest head. */
  async expectOneChain(): Promise<number> {
    const indices = [...this.running.keys()];
    const heads = await Promise.all(indices.map((index) => this.height(index)));
    // Signers of Clique may have made the newest blocks side by side.
    const lowest = Math.min(...heads) - (this.consensus === 'clique' ? 4 : 0);
    for (let number = Math.max(0, lowest - 20); number <= lowest; number += 1) {
      const asked = indices.map((index) =>
        rpc<{ hash: string }>(this.url(index), 'eth_getBlockByNumber', `0x${number.toString(16)}`, false),
      );
      const hashes = new Set((await Promise.all(asked)).map(({ hash }) => hash));
      if (hashes.size !== 1) throw new Error(`different blocks at ${number}: ${[...hashes].join(', ')}`);
    }
    return lowest;
  }

  /** Kills everything; the files stay, to be looked at. */
  async abandon(): Promise<void> {
    await this.kill(...this.running.keys());
  }

  async stop(): Promise<void> {
    await this.abandon();
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}
