import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import { createMemoryNetwork, type MemoryNetwork } from '@isoquorum/network/memory/network';
import type { MemoryHost } from '@isoquorum/network/memory/host';
import { CONSENSUS_PROTOCOL } from '@isoquorum/network/protocols';
import { createChainIdentity } from '@isoquorum/network/session/chain-identity';
import { createGenesisBlock } from '@isoquorum/node/chain/genesis-block';
import type { ChainBlock, ChainEvent } from '@isoquorum/node/chain/chain';
import { createNode, type RunningNode } from '@isoquorum/node/create-node';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { createSeededRandom } from '@isoquorum/platform/memory/random';
import { encodeBlock } from '@isoquorum/primitives/block';
import type { Genesis } from '@isoquorum/primitives/genesis/genesis';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { nodeKeyToAddress, nodeKeyToPeerId } from '@isoquorum/primitives/node-key';
import type { Q2tClient } from '@isoquorum/rpc/rest/q2t';
import { FinalityCheck } from '../checks/finality-check.ts';
import { PrivateCheck } from '../checks/private-check.ts';
import type { Chance } from '../core/chance.ts';
import type { SimulatedDisk } from '../core/disk.ts';
import type { Timeline } from '../core/timeline.ts';
import type { Trace } from '../core/trace.ts';
import type { Fault, Treason } from '../faults/fault.ts';
import { Weather } from '../faults/weather.ts';
import type { Traitor, Witness } from '../machines/replica.ts';
import type { SimulatedWorld } from '../run-scenario.ts';
import type { Scenario } from '../scenario.ts';
import { createFaultyHost } from './faulty-host.ts';
import type { NodeKind } from './node-kind.ts';
import { createSimulatedClock, settle } from './simulated-clock.ts';
import { createSimulatedStore } from './simulated-store.ts';
import type { Workload } from './workload.ts';

export interface NodeWorldOptions {
  readonly scenario: Scenario;
  readonly kind: NodeKind;
  readonly genesis: Genesis;
  readonly nodeKeys: readonly Uint8Array[];
  readonly accountKeys: readonly Uint8Array[];
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly trace: Trace;
  readonly workload: Workload;
  readonly managerOf: (index: number) => Q2tClient | undefined;
  /** Nodes that are parties to every private transaction. */
  readonly parties: readonly number[];
  readonly createDisk: (timeline: Timeline, delayMs: () => number) => SimulatedDisk;
}

interface Slot {
  readonly index: number;
  readonly peerId: string;
  readonly disk: SimulatedDisk;
  traitor: Traitor | undefined;
  host: MemoryHost | undefined;
  running: RunningNode | undefined;
  isUp: boolean;
  head: number;
  /** Incremented at each crash: what was under way before is void. */
  life: number;
}

/** Milliseconds between two transactions. */
const workEveryMs = 400;
/** How many of the newest blocks may differ where blocks are not final. */
const forkDepth = 6;

/** Whole nodes with their managers over in-memory ports and simulated time. */
export class NodeWorld implements SimulatedWorld {
  readonly violations: string[] = [];
  readonly trace: Trace;
  messages = 0;
  private readonly options: NodeWorldOptions;
  private readonly weather: Weather;
  private readonly slots: readonly Slot[];
  private readonly byPeerId: ReadonlyMap<string, number>;
  private readonly network: MemoryNetwork;
  private readonly finality: FinalityCheck | undefined;
  private readonly privates: PrivateCheck;
  private readonly witness: Witness | undefined;
  private readonly startMs: number;
  private isCalm = false;
  private isOver = false;
  private isDone: () => boolean = () => false;

  constructor(options: NodeWorldOptions) {
    this.options = options;
    const { scenario, kind, timeline, chance, nodeKeys } = options;
    this.trace = options.trace;
    this.startMs = timeline.nowMs;
    this.weather = new Weather(scenario.faults, scenario.fair, chance.fork('weather'));
    const report = (text: string): void => this.violate(text);
    this.finality = kind.isFinal ? new FinalityCheck(report) : undefined;
    this.privates = new PrivateCheck(report);
    this.witness = kind.createWitness(report, this.weather.traitors);
    this.slots = nodeKeys.map((key, index) => this.createSlot(index, nodeKeyToPeerId(key)));
    this.byPeerId = new Map(this.slots.map(({ peerId, index }) => [peerId, index]));
    const indexOf = (peerId: string): number => this.byPeerId.get(peerId) ?? 0;
    this.network = createMemoryNetwork({
      clock: createSimulatedClock(timeline),
      latencyMs: (from, to) => this.weather.latencyMs(indexOf(from), indexOf(to), this.elapsedMs),
      drop: (from, to) => this.isDropped(indexOf(from), indexOf(to)),
    });
    for (const slot of this.slots) timeline.after(chance.below(500), () => void this.start(slot));
    timeline.after(workEveryMs, () => this.work());
    for (const fault of scenario.faults) this.plan(fault);
  }

  get elapsedMs(): number {
    return this.options.timeline.nowMs - this.startMs;
  }

  heights(): readonly number[] {
    return this.slots.filter(({ traitor }) => traitor === undefined).map(({ head }) => head);
  }

  async run(untilMs: number, isDone: () => boolean = () => false): Promise<void> {
    this.isDone = isDone;
    this.isOver = isDone();
    const { timeline } = this.options;
    while (!this.isOver && this.violations.length === 0 && timeline.runNext(this.startMs + untilMs)) await settle();
  }

  calmDown(): void {
    this.weather.calmDown();
    this.isCalm = true;
    this.trace.add(`${this.elapsedMs} calm`);
    for (const fault of this.options.scenario.faults) if (fault.kind === 'partition') this.join(fault);
    for (const slot of this.slots) if (!slot.isUp && slot.life > 0) void this.start(slot);
  }

  async finish(): Promise<void> {
    if (this.violations.length === 0 && this.finality === undefined) this.checkForks();
    const { timeline } = this.options;
    const stopping = Promise.all(this.slots.flatMap(({ running }) => running?.stop() ?? []));
    let isStopped = false;
    void stopping.finally(() => (isStopped = true));
    for (const endMs = timeline.nowMs + 20_000; !isStopped && timeline.runNext(endMs); ) await settle();
  }

  private violate(text: string): void {
    this.violations.push(text);
    this.trace.add(`${this.elapsedMs} violation ${text}`);
  }

  private createSlot(index: number, peerId: string): Slot {
    const { timeline, scenario, kind, chance, nodeKeys, createDisk } = this.options;
    const disk = createDisk(timeline, () => this.weather.writeMs(index, this.elapsedMs));
    const treasons = scenario.faults.flatMap((fault): readonly Treason[] =>
      fault.kind === 'byzantine' && fault.node === index ? fault.treasons : [],
    );
    const slot: Slot = {
      index,
      peerId,
      disk,
      traitor: undefined,
      host: undefined,
      running: undefined,
      isUp: false,
      head: 0,
      life: 0,
    };
    if (this.weather.traitors.has(index))
      slot.traitor = kind.createTraitor({
        index,
        nodes: nodeKeys.length,
        treasons,
        chance: chance.fork(`traitor ${index}`),
        send: (to, frame) => this.say(slot, to, frame),
      });
    return slot;
  }

  /** A frame of the engine leaves, whatever the node itself would have said. */
  private say(slot: Slot, to: number, frame: Uint8Array): void {
    const peerId = this.slots[to]?.peerId;
    if (slot.host === undefined || peerId === undefined) return;
    this.noteFrame(slot, peerId, frame);
    void slot.host.send(peerId, CONSENSUS_PROTOCOL, frame).catch(() => undefined);
  }

  private note(slot: Slot, protocol: string, peerId: string, frame: Uint8Array): void {
    this.messages++;
    this.trace.add(`${this.elapsedMs} ${protocol} ${slot.index} ${this.byPeerId.get(peerId)} ${frame.length}`);
  }

  private noteFrame(slot: Slot, peerId: string, frame: Uint8Array): void {
    this.note(slot, CONSENSUS_PROTOCOL, peerId, frame);
    this.witness?.said(slot.index, frame, slot.traitor !== undefined);
  }

  private isDropped(from: number, to: number): boolean {
    return this.weather.isLost(from, to, this.elapsedMs);
  }

  private async start(slot: Slot): Promise<void> {
    if (slot.isUp) return;
    slot.isUp = true;
    const { index, peerId } = slot;
    const life = ++slot.life;
    const isAlive = (): boolean => slot.life === life;
    const { timeline, genesis, kind, nodeKeys, accountKeys, scenario, managerOf } = this.options;
    const nodeKey = nodeKeys[index] as Uint8Array;
    const identities = this.slots.map((other, at) => {
      const address = nodeKeyToAddress(nodeKeys[at] as Uint8Array);
      return [other.peerId, { role: 'node', address, name: `node${at}` }] as const;
    });
    const peers = new Map(identities);
    const chain = createChainIdentity({
      config: genesis.config,
      genesisHash: createGenesisBlock(genesis).hash,
      networkId: 1337n,
      role: 'node',
      client: `node${index}`,
    });
    const host = this.network.createHost({
      peerId,
      chain,
      identify: (id) => peers.get(id),
      staticPeers: [...peers.keys()].filter((id) => id !== peerId),
      random: createSeededRandom(`${scenario.seed} host ${index} ${life}`),
    });
    slot.host = host;
    const faulty = createFaultyHost(host, {
      isAlive,
      after: (delayMs, run) => timeline.after(delayMs, () => isAlive() && run()),
      detours: () => this.weather.detours(this.elapsedMs),
      outgoing: (to, frame) => this.passOut(slot, to, frame),
      sent: (to, protocol, frame) => this.note(slot, protocol, to, frame),
      incoming: (from, frame) => this.passIn(slot, from, frame),
    });
    try {
      const running = await createNode({
        genesis,
        nodeKey,
        store: createSimulatedStore(slot.disk, isAlive),
        host: faulty,
        evm: createFastEvm(),
        clock: createSimulatedClock(timeline, this.weather.skewMs(index), isAlive),
        random: createSeededRandom(`${scenario.seed} node ${index} ${life}`),
        logger: silentLogger,
        manager: managerOf(index),
        accountKeys: [accountKeys[index] as Uint8Array],
        onFatal: (error) => {
          if (isAlive() && slot.traitor === undefined) this.violate(`node ${index} stopped: ${String(error)}`);
        },
        ...kind.optionsOf(index),
      });
      if (isAlive()) this.started(slot, running);
    } catch (error) {
      if (isAlive() && slot.traitor === undefined) this.violate(`node ${index} does not start again: ${String(error)}`);
    }
  }

  private started(slot: Slot, running: RunningNode): void {
    const { index, life } = slot;
    slot.running = running;
    const { chain } = running.context;
    const head = chain.head();
    slot.head = head.block.header.number;
    this.trace.add(`${this.elapsedMs} start ${index} ${slot.head} ${bytesToBareHex(head.hash).slice(0, 16)}`);
    if (slot.traitor !== undefined) return;
    this.finality?.restart(index, slot.head, bytesToBareHex(head.hash));
    const privateNumber = chain.privateHead(running.context.defaultPsi).number;
    this.privates.restart(index, privateNumber, this.finality !== undefined);
    chain.onEvent((event) => {
      if (slot.life === life) this.onEvent(slot, event);
    });
  }

  private onEvent(slot: Slot, event: ChainEvent): void {
    const { index } = slot;
    switch (event.type) {
      case 'head': {
        const fork = event.removed.at(-1);
        if (fork !== undefined) this.privates.rewind(index, fork.block.header.number - 1);
        for (const block of event.added) this.onHead(slot, block);
        return;
      }
      case 'privateHead': {
        const root = bytesToBareHex(event.root);
        const hash = bytesToBareHex(event.hash);
        this.trace.add(`${this.elapsedMs} private ${index} ${event.number} ${root.slice(0, 16)}`);
        const group = this.options.parties.includes(index) ? 'parties' : 'strangers';
        this.privates.head(index, group, event.number, hash, root);
        return;
      }
      case 'privateRewind':
        this.privates.rewind(index, event.number);
        return;
      case 'privateWaiting':
        return;
    }
  }

  private onHead(slot: Slot, { hash, block }: ChainBlock): void {
    const { index } = slot;
    const { number } = block.header;
    const text = bytesToBareHex(hash);
    slot.head = number;
    this.trace.add(`${this.elapsedMs} head ${index} ${number} ${text.slice(0, 16)} ${block.transactions.length}`);
    this.finality?.head(index, number, text);
    this.witness?.head(index, number, text, encodeBlock(block), false);
    this.isOver ||= this.isDone();
  }

  /** True when a traitor deals with what its node would have said. */
  private passOut(slot: Slot, peerId: string, frame: Uint8Array): boolean {
    const to = this.byPeerId.get(peerId);
    if (to === undefined) return false;
    if (slot.traitor === undefined) {
      this.noteFrame(slot, peerId, frame);
      return false;
    }
    slot.traitor.outgoing(to, frame);
    return true;
  }

  private passIn(slot: Slot, peerId: string, frame: Uint8Array): void {
    const from = this.byPeerId.get(peerId);
    if (from !== undefined && this.slots[from]?.traitor === undefined) slot.traitor?.incoming(from, frame.slice());
  }

  /** Users send transactions to nodes that are up, in turn. */
  private work(): void {
    const { timeline, chance, workload } = this.options;
    timeline.after(workEveryMs, () => this.work());
    const { index, running } = chance.pick(this.slots);
    if (running === undefined) return;
    void workload.submit(index, running).then((isTaken) => {
      this.trace.add(`${this.elapsedMs} work ${index} ${isTaken}`);
    });
  }

  private crash(slot: Slot, fault: Extract<Fault, { kind: 'crash' | 'torn' }>): void {
    if (!slot.isUp || this.isCalm) return;
    const { running, host, disk, index } = slot;
    slot.isUp = false;
    slot.running = undefined;
    slot.host = undefined;
    slot.life++;
    disk.onWrite = undefined;
    disk.cut(fault.cut, this.options.chance.fork(`cut ${index} ${slot.life}`));
    this.trace.add(`${this.elapsedMs} ${fault.kind} ${index} ${fault.cut}`);
    // What is left of the old node can write nothing, hears nothing, and its clock stands still.
    void host?.stop().catch(() => undefined);
    void running?.stop().catch(() => undefined);
    this.options.timeline.after(fault.downMs, () => void this.start(slot));
  }

  private plan(fault: Fault): void {
    const { timeline } = this.options;
    if (fault.kind === 'crash' || fault.kind === 'torn') {
      const slot = this.slots[fault.node];
      if (slot === undefined) return;
      timeline.after(fault.atMs, () => {
        if (!fault.isAtWrite) this.crash(slot, fault);
        else {
          slot.disk.onWrite = () => {
            slot.disk.onWrite = undefined;
            timeline.after(0, () => this.crash(slot, fault));
          };
        }
      });
    }
    if (fault.kind === 'partition' && !fault.isSilent) {
      timeline.after(fault.fromMs, () => {
        if (!this.isCalm) this.eachPair(fault, (one, other) => this.network.cut(one, other));
      });
      timeline.after(fault.untilMs, () => this.join(fault));
    }
  }

  private join(fault: Extract<Fault, { kind: 'partition' }>): void {
    this.eachPair(fault, (one, other) => this.network.heal(one, other));
  }

  /** Pairs of correct nodes that a partition parts. */
  private eachPair({ side }: Extract<Fault, { kind: 'partition' }>, act: (one: string, other: string) => void): void {
    const correct = this.slots.filter(({ traitor }) => traitor === undefined);
    const inside = correct.filter(({ index }) => side.includes(index));
    const outside = correct.filter(({ index }) => !side.includes(index));
    for (const one of inside) for (const other of outside) act(one.peerId, other.peerId);
  }

  /** Where blocks are not final, chains part for a while, but must have come together. */
  private checkForks(): void {
    const number = Math.min(...this.heights()) - forkDepth;
    if (number <= 0) return;
    const hashes = new Set(
      this.slots.flatMap(({ running, traitor }) => {
        const hash = traitor === undefined ? running?.context.chain.hashByNumber(number) : undefined;
        return hash === undefined ? [] : [bytesToBareHex(hash)];
      }),
    );
    if (hashes.size > 1) this.violate(`${hashes.size} different blocks ${number}, ${forkDepth} below the lowest head`);
  }
}
