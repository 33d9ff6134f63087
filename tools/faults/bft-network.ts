import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hexToBytes } from '@isoquorum/primitives/hex';
import { createGenesisJson, type GeneratedConsensus } from '../../apps/daemon/src/network/genesis-json.ts';
import { rpc, runCommand, until } from '../../e2e/network.ts';

/** What `isoquorum_consensusStatus` says, as far as these tests look. */
export interface StatusAnswer {
  readonly algorithm: string;
  readonly height: number;
  readonly round: number;
  readonly isValidator: boolean;
  readonly isSigning: boolean;
  readonly missing: readonly string[];
  readonly disconnected: readonly string[];
  readonly failed: { readonly round: number; readonly missing: readonly string[] } | null;
}

export interface BftNetworkOptions {
  readonly consensus: GeneratedConsensus;
  readonly validators: number;
  /** Nodes that are listed and do not validate from the genesis. */
  readonly guests: number;
  readonly portBase: number;
}

interface Member {
  readonly name: string;
  readonly address: string;
  readonly url: string;
}

/** A process starts in a second or two; on a machine that is busy with many, much later. */
const startWithinMs = 150_000;

const mainFile = join(import.meta.dirname, '../../apps/daemon/src/main.ts');

/** Real `isoquorum node` processes over the files of `isoquorum network generate`, to be killed and started at will. */
export class BftNetwork {
  readonly root: string;
  readonly members: readonly Member[];
  private readonly portBase: number;
  private readonly running = new Map<number, ChildProcess>();

  private constructor(root: string, members: readonly Member[], portBase: number) {
    this.root = root;
    this.members = members;
    this.portBase = portBase;
  }

  /** Writes the files; nothing runs yet. */
  static async generate(options: BftNetworkOptions): Promise<BftNetwork> {
    const { consensus, validators, guests, portBase } = options;
    const root = mkdtempSync(join(tmpdir(), 'isoquorum-faults-'));
    const count = String(validators + guests);
    const flags = ['--output', root, '--validators', count, '--consensus', consensus, '--port-base', String(portBase)];
    const child = runCommand(['network', 'generate', ...flags]);
    const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
    if (code !== 0) throw new Error(`network generate ended with ${code}`);
    const listed = JSON.parse(readFileSync(join(root, 'members.json'), 'utf8')) as { name: string; address: string }[];
    const accounts = JSON.parse(readFileSync(join(root, 'accounts.json'), 'utf8')) as never;
    const addresses = listed.slice(0, validators).map(({ address }) => hexToBytes(address));
    const choices = { chainId: 1_337, consensus, blockPeriodSeconds: 1, accounts };
    writeFileSync(join(root, 'genesis.json'), JSON.stringify(createGenesisJson(choices, addresses)));
    const members = listed.map(({ name, address }, index) => ({
      name,
      address,
      url: `http://127.0.0.1:${portBase + 1 + 8 * index}`,
    }));
    return new BftNetwork(root, members, portBase);
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
    return readFileSync(join(this.root, `node${index + 1}`, 'test.log'), 'utf8');
  }

  /** Starts a node and waits until it answers. */
  async start(...indices: readonly number[]): Promise<void> {
    for (const index of indices) this.launch(index);
    for (const index of indices)
      await until(`${this.members[index]?.name} answers`, () => this.head(index), Boolean, startWithinMs);
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
    };
    const args = Object.entries(ports).flatMap(([name, port]) => [`--${name}`, String(port)]);
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

  /** Height plus one of a node's head, so that an answer is never 0. */
  private async head(index: number): Promise<number> {
    return (await this.height(index)) + 1;
  }

  async height(index: number): Promise<number> {
    return Number(await rpc<string>(this.url(index), 'eth_blockNumber'));
  }

  status(index: number): Promise<StatusAnswer> {
    return rpc<StatusAnswer>(this.url(index), 'isoquorum_consensusStatus');
  }

  /** Waits until nodes sign: a validator that is new to a running network does so after the next block. */
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
    const lowest = Math.min(...(await Promise.all(indices.map((index) => this.height(index)))));
    for (let number = Math.max(0, lowest - 20); number <= lowest; number += 1) {
      const asked = indices.map((index) =>
        rpc<{ hash: string }>(this.url(index), 'eth_getBlockByNumber', `0x${number.toString(16)}`, false),
      );
      const hashes = new Set((await Promise.all(asked)).map(({ hash }) => hash));
      if (hashes.size !== 1) throw new Error(`different blocks at ${number}: ${[...hashes].join(', ')}`);
    }
    return lowest;
  }

  async stop(): Promise<void> {
    await this.kill(...this.running.keys());
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}
