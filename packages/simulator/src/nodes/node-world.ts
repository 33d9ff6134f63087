import { createMemoryNetwork, type MemoryNetwork } from '@isoquorum/network/memory/network';
import { CONSENSUS_PROTOCOL } from '@isoquorum/network/protocols';
import type { ChainBlock, ChainEvent } from '@isoquorum/node/chain/chain';
import type { RunningNode } from '@isoquorum/node/create-node';
import type { RulesProfile } from '@isoquorum/node/node-options';
import { encodeBlock } from '@isoquorum/primitives/block';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import type { Genesis } from '@isoquorum/primitives/genesis/genesis';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { nodeKeyToPeerId } from '@isoquorum/primitives/node-key';
import type { Q2tClient } from '@isoquorum/rpc/rest/q2t';
import { blameAmong } from '../checks/blame-check.ts';
import { FinalityCheck } from '../checks/finality-check.ts';
import { findFork } from '../checks/fork-check.ts';
import { PrivateCheck } from '../checks/private-check.ts';
import type { Chance } from '../core/chance.ts';
import type { SimulatedDisk } from '../core/disk.ts';
import type { Timeline } from '../core/timeline.ts';
import type { Trace } from '../core/trace.ts';
import type { Fault, Treason } from '../faults/fault.ts';
import { Weather } from '../faults/weather.ts';
import type { Witness } from '../machines/replica.ts';
import type { SimulatedWorld } from '../run-scenario.ts';
import type { Scenario } from '../scenario.ts';
import type { NodeKind } from './node-kind.ts';
import { NodeSlot } from './node-slot.ts';
import { Operators, type OperatorsOptions } from './operators.ts';
import type { PageIdentity, ServedGenesis } from './page-slot.ts';
import { Pages } from './pages.ts';
import { createSimulatedClock, settle } from './simulated-clock.ts';
import { createSurroundings, type Surroundings } from './surroundings.ts';
import type { Workload } from './workload.ts';

export interface NodeWorldOptions {
  readonly scenario: Scenario;
  readonly kind: NodeKind;
  readonly genesis: Genesis;
  readonly served: ServedGenesis;
  /** Of those who decide at first, and of a newcomer if there is one. */
  readonly nodeKeys: readonly Uint8Array[];
  readonly accountKeys: readonly Uint8Array[];
  readonly pages: readonly PageIdentity[];
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly trace: Trace;
  readonly workload: Workload;
  readonly managerOf: (index: number) => Q2tClient | undefined;
  /** What nodes under rules `goquorum` say is not held against them: they have the original's faults. */
  readonly rulesOf: (index: number) => RulesProfile;
  /** Nodes that are parties to every private transaction. */
  readonly parties: readonly number[];
  readonly createDisk: (timeline: Timeline, delayMs: () => number) => SimulatedDisk;
  /** How those who decide change; undefined where they do not. */
  readonly operators: Pick<OperatorsOptions, 'contractFrom' | 'isRaft'> | undefined;
}

/** Milliseconds between two transactions. */
const workEveryMs = 400;

/** Whole nodes with their managers, and light participants, over in-memory ports and simulated time. */
export class NodeWorld implements SimulatedWorld {
  readonly violations: string[] = [];
  readonly trace: Trace;
  messages = 0;
  private readonly options: NodeWorldOptions;
  private readonly weather: Weather;
  private readonly slots: readonly NodeSlot[];
  private readonly pages: Pages;
  private readonly byPeerId: ReadonlyMap<string, number>;
  private readonly network: MemoryNetwork;
  private readonly finality: FinalityCheck | undefined;
  private readonly privates: PrivateCheck;
  private readonly witness: Witness | undefined;
  private readonly surroundings: Surroundings;
  private readonly operators: Operators | undefined;
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
    this.byPeerId = new Map([...this.slots, ...options.pages].map(({ peerId }, index) => [peerId, index]));
    const indexOf = (peerId: string): number => this.byPeerId.get(peerId) ?? 0;
    this.network = createMemoryNetwork({
      clock: createSimulatedClock(timeline),
      latencyMs: (from, to) => this.weather.latencyMs(indexOf(from), indexOf(to), this.elapsedMs),
      drop: (from, to) => this.isDropped(indexOf(from), indexOf(to)),
    });
    const nodeIds = this.slots.map(({ peerId }) => peerId);
    this.surroundings = createSurroundings(
      { ...options, nodeIds, network: this.network, weather: this.weather },
      () => this.elapsedMs,
    );
    this.pages = new Pages({
      ...options,
      surroundings: this.surroundings,
      membersBefore: this.slots.length,
      finality: this.finality,
      privates: this.privates,
      violate: report,
      note: (from, protocol, to, frame) => this.note(from, protocol, to, frame),
      onProgress: () => {
        this.isOver ||= this.isDone();
      },
    });
    const { operators } = options;
    this.operators =
      operators &&
      new Operators({
        ...operators,
        faults: scenario.faults,
        nodeKeys,
        accountKeys: options.accountKeys,
        validators: scenario.nodes,
        admit: (slot) => {
          if (slot.standing === 'absent') void this.start(slot);
          slot.standing = 'member';
        },
        note: (text) => this.trace.add(`${this.elapsedMs} ${text}`),
      });
    if (operators?.isRaft === true) for (const slot of this.slots.slice(scenario.nodes)) slot.standing = 'absent';
    for (const slot of this.slots)
      if (slot.standing === 'member') timeline.after(chance.below(500), () => void this.start(slot));
    this.pages.start();
    timeline.after(workEveryMs, () => this.work());
    for (const fault of scenario.faults) this.plan(fault);
  }

  get elapsedMs(): number {
    return this.options.timeline.nowMs - this.startMs;
  }

  heights(): readonly number[] {
    const nodes = this.correct().filter(({ standing }) => standing === 'member');
    return [...nodes.map(({ head }) => head), ...this.pages.heads()];
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
    this.pages.calmDown();
  }

  async finish(): Promise<void> {
    const running = this.correct().flatMap((slot) => slot.running ?? []);
    const fork = this.finality === undefined ? findFork(running, Math.min(...this.heights())) : undefined;
    if (this.violations.length === 0 && fork !== undefined) this.violate(fork);
    for (const slot of this.slots) this.checkBlame(slot);
    const { timeline } = this.options;
    const stopping = Promise.all([...this.slots.flatMap(({ running }) => running?.stop() ?? []), this.pages.stop()]);
    let isStopped = false;
    void stopping.finally(() => (isStopped = true));
    for (const endMs = timeline.nowMs + 20_000; !isStopped && timeline.runNext(endMs); ) await settle();
  }

  private violate(text: string): void {
    this.violations.push(text);
    this.trace.add(`${this.elapsedMs} violation ${text}`);
  }

  private correct(): readonly NodeSlot[] {
    return this.slots.filter(({ traitor }) => traitor === undefined);
  }

  private checkBlame({ index, host, traitor }: NodeSlot): void {
    if (host === undefined || traitor !== undefined) return;
    const correct = new Set(this.correct().map(({ peerId }) => peerId));
    for (const text of blameAmong(correct, host.notes())) this.violate(`node ${index} ${text}`);
  }

  private createSlot(index: number, peerId: string): NodeSlot {
    const { timeline, scenario, kind, chance, nodeKeys, createDisk } = this.options;
    const disk = createDisk(timeline, () => this.weather.writeMs(index, this.elapsedMs));
    const treasons = scenario.faults.flatMap((fault): readonly Treason[] =>
      fault.kind === 'byzantine' && fault.node === index ? fault.treasons : [],
    );
    const slot = new NodeSlot(index, peerId, disk);
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
  private say(slot: NodeSlot, to: number, frame: Uint8Array): void {
    const peerId = this.slots[to]?.peerId;
    if (slot.host === undefined || peerId === undefined) return;
    this.noteFrame(slot, peerId, frame);
    void slot.host.send(peerId, CONSENSUS_PROTOCOL, frame).catch(() => undefined);
  }

  private note(from: number, protocol: string, peerId: string, frame: Uint8Array): void {
    this.messages++;
    this.trace.add(`${this.elapsedMs} ${protocol} ${from} ${this.byPeerId.get(peerId)} ${frame.length}`);
  }

  private noteFrame(slot: NodeSlot, peerId: string, frame: Uint8Array): void {
    this.note(slot.index, CONSENSUS_PROTOCOL, peerId, frame);
    const isExcused = slot.traitor !== undefined || this.options.rulesOf(slot.index) === 'goquorum';
    this.witness?.said(slot.index, frame, isExcused);
  }

  private isDropped(from: number, to: number): boolean {
    return this.weather.isLost(from, to, this.elapsedMs);
  }

  private async start(slot: NodeSlot): Promise<void> {
    if (slot.isUp) return;
    const { index } = slot;
    const { kind, nodeKeys, accountKeys, managerOf } = this.options;
    const fail = (what: string, error: unknown): void => {
      // The node of a traitor may trip over what it says itself, but only in ways that are foreseen.
      if (slot.traitor === undefined || !isIsoquorumError(error))
        this.violate(`node ${index} ${what}: ${String(error)}`);
    };
    try {
      const running = await slot.start(
        this.surroundings,
        {
          outgoing: (to, frame) => this.passOut(slot, to, frame),
          sent: (to, protocol, frame) => this.note(index, protocol, to, frame),
          incoming: (from, frame) => this.passIn(slot, from, frame),
        },
        {
          nodeKey: nodeKeys[index] as Uint8Array,
          manager: managerOf(index),
          accountKeys: [accountKeys[index] as Uint8Array],
          onFatal: (error) => fail('stopped', error),
          rules: this.options.rulesOf(index),
          ...kind.optionsOf(index),
        },
      );
      if (running !== undefined) this.started(slot, running);
    } catch (error) {
      fail('does not start again', error);
    }
  }

  private started(slot: NodeSlot, running: RunningNode): void {
    const { index, life } = slot;
    const { chain } = running.context;
    const head = chain.head();
    slot.head = head.block.header.number;
    this.trace.add(`${this.elapsedMs} start ${index} ${slot.head} ${bytesToBareHex(head.hash).slice(0, 16)}`);
    if (slot.traitor !== undefined) return;
    this.finality?.restart(index, slot.head, bytesToBareHex(head.hash));
    // Its acknowledgement may have been missed.
    if (slot.head > 0) this.witness?.head(index, slot.head, bytesToBareHex(head.hash), encodeBlock(head.block), false);
    const privateNumber = chain.privateHead(running.context.defaultPsi).number;
    this.privates.restart(index, privateNumber, this.finality !== undefined);
    chain.onEvent((event) => {
      if (slot.life === life) this.onEvent(slot, event);
    });
  }

  private onEvent(slot: NodeSlot, event: ChainEvent): void {
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

  private onHead(slot: NodeSlot, { hash, block }: ChainBlock): void {
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
  private passOut(slot: NodeSlot, peerId: string, frame: Uint8Array): boolean {
    const to = this.byPeerId.get(peerId);
    if (to === undefined || to >= this.slots.length) return false;
    if (slot.traitor === undefined) {
      this.noteFrame(slot, peerId, frame);
      return false;
    }
    slot.traitor.outgoing(to, frame);
    return true;
  }

  private passIn(slot: NodeSlot, peerId: string, frame: Uint8Array): void {
    const from = this.byPeerId.get(peerId);
    if (from !== undefined && this.slots[from]?.traitor === undefined) slot.traitor?.incoming(from, frame.slice());
  }

  /** Users send transactions to nodes and by pages, in turn, and operators look after their nodes. */
  private work(): void {
    const { timeline, chance, workload } = this.options;
    timeline.after(workEveryMs, () => this.work());
    this.operators?.act(this.correct(), this.elapsedMs);
    const index = chance.below(this.slots.length + this.pages.count);
    if (index >= this.slots.length) {
      this.pages.work(index - this.slots.length, workload);
      return;
    }
    const running = this.slots[index]?.running;
    if (running === undefined) return;
    void workload.submit(index, running).then((isTaken) => {
      this.trace.add(`${this.elapsedMs} work ${index} ${isTaken}`);
    });
  }

  private crash(slot: NodeSlot, fault: Extract<Fault, { kind: 'crash' | 'torn' }>): void {
    if (!slot.isUp || this.isCalm) return;
    const { index } = slot;
    this.checkBlame(slot);
    slot.crash();
    slot.disk.cut(fault.cut, this.options.chance.fork(`cut ${index} ${slot.life}`));
    this.trace.add(`${this.elapsedMs} ${fault.kind} ${index} ${fault.cut}`);
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
    const correct = this.correct();
    const inside = correct.filter(({ index }) => side.includes(index));
    const outside = correct.filter(({ index }) => !side.includes(index));
    for (const one of inside) for (const other of outside) act(one.peerId, other.peerId);
  }
}
