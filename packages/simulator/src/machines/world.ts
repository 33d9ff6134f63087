import type { Chance } from '../core/chance.ts';
import { SimulatedDisk } from '../core/disk.ts';
import { Timeline } from '../core/timeline.ts';
import type { Trace } from '../core/trace.ts';
import type { Fault, Treason } from '../faults/fault.ts';
import { type FairWeather, Weather } from '../faults/weather.ts';
import { FinalityCheck } from '../checks/finality-check.ts';
import type { SimulatedWorld } from '../run-scenario.ts';
import { hasNewcomer, MembershipPlan } from '../faults/membership-plan.ts';
import type { MachineNetwork, Packet, Replica, ReplicaEnvironment, Standing, Traitor, Witness } from './replica.ts';

export interface WorldOptions {
  /** How many decide at first. */
  readonly validators: number;
  readonly faults: readonly Fault[];
  readonly fair: FairWeather;
  readonly network: MachineNetwork;
  readonly chance: Chance;
  readonly trace: Trace;
  /** For planted faults: another disk. */
  readonly createDisk: ((timeline: Timeline, delayMs: () => number) => SimulatedDisk) | undefined;
}

interface Slot {
  readonly index: number;
  readonly disk: SimulatedDisk;
  readonly traitor: Traitor | undefined;
  replica: Replica | undefined;
  head: number;
  /** Incremented at each crash: what was under way before is void. */
  life: number;
}

/** Messages that two nodes say to each other in a second at the most, whatever goes wrong. */
const messagesPerPairMax = 1_000;

/** Milliseconds between two looks at who decides. */
const lookEveryMs = 400;

/** Unix time at which every simulation begins. */
export const WORLD_START_MS = 1_700_000_000_000;

/** Consensus machines with disks over a simulated network and clock. One seed decides everything. */
export class World implements SimulatedWorld {
  readonly violations: string[] = [];
  readonly trace: Trace;
  private readonly options: WorldOptions;
  private readonly timeline = new Timeline(WORLD_START_MS);
  private readonly weather: Weather;
  private readonly slots: Slot[] = [];
  private readonly witness: Witness;
  private readonly finality: FinalityCheck;
  private readonly plan: MembershipPlan;
  private isCalm = false;
  private isOver = false;
  private isDone: () => boolean = () => false;
  messages = 0;
  /** Messages of the second that is under way. */
  private burst = { second: 0, messages: 0 };

  constructor(options: WorldOptions) {
    this.options = options;
    this.trace = options.trace;
    const { validators, faults, network, chance } = options;
    const nodes = validators + (hasNewcomer(faults) ? 1 : 0);
    this.weather = new Weather(faults, options.fair, chance.fork('weather'));
    const report = (text: string): void => this.violate(text);
    this.witness = network.createWitness(report, this.weather.traitors);
    this.finality = new FinalityCheck(report);
    this.plan = new MembershipPlan(faults, validators);
    for (let index = 0; index < nodes; index++) this.slots.push(this.createSlot(index, nodes));
    for (const slot of this.slots) this.timeline.after(chance.below(500), () => this.start(slot));
    for (const fault of faults) this.schedule(fault);
    if (nodes > validators) this.look();
  }

  get elapsedMs(): number {
    return this.timeline.nowMs - WORLD_START_MS;
  }

  heights(): readonly number[] {
    const members = this.options.network.isLeftForGood ? this.standing()?.members : undefined;
    return this.slots
      .filter(({ traitor, index }) => traitor === undefined && members?.includes(index) !== false)
      .map(({ head }) => head);
  }

  run(untilMs: number, isDone: () => boolean = () => false): void {
    this.isDone = isDone;
    this.isOver = isDone();
    while (!this.isOver && this.violations.length === 0 && this.timeline.runNext(WORLD_START_MS + untilMs));
  }

  calmDown(): void {
    this.weather.calmDown();
    this.isCalm = true;
    this.trace.add(`${this.elapsedMs} calm`);
    for (const slot of this.slots) if (slot.replica === undefined && slot.life > 0) this.start(slot);
    this.reconnect(() => true);
  }

  finish(): void {}

  private violate(text: string): void {
    this.violations.push(text);
    this.trace.add(`${this.elapsedMs} violation ${text}`);
  }

  /** Who decides by now, as far as any correct node knows. */
  private standing(): Standing | undefined {
    const standings = this.slots.flatMap(({ traitor, replica }) =>
      traitor === undefined && replica !== undefined ? [replica.standing()] : [],
    );
    return standings.toSorted((left, right) => right.progress - left.progress)[0];
  }

  /** Now and then the operators look whether what they want has come about. */
  private look(): void {
    this.timeline.after(lookEveryMs, () => this.look());
    const wish = this.plan.due(this.elapsedMs);
    const members = this.standing()?.members;
    if (wish === undefined || members === undefined) return;
    const isIn = members.includes(wish.node);
    // A set that is as small as at first stays so: F of it may be traitors.
    const isRefused = isIn && !wish.isAdd && members.length <= this.options.validators;
    if (isIn !== wish.isAdd && !isRefused) return;
    this.plan.grant();
    this.trace.add(`${this.elapsedMs} membership ${wish.node} ${wish.isAdd}`);
  }

  private createSlot(index: number, nodes: number): Slot {
    const { options, timeline, weather } = this;
    const delayMs = (): number => weather.writeMs(index, this.elapsedMs);
    const disk = options.createDisk?.(timeline, delayMs) ?? new SimulatedDisk(timeline, delayMs);
    const treasons = options.faults.flatMap((fault): readonly Treason[] =>
      fault.kind === 'byzantine' && fault.node === index ? fault.treasons : [],
    );
    const { network, chance } = options;
    const traitor = !weather.traitors.has(index)
      ? undefined
      : network.createTraitor?.({
          index,
          nodes,
          treasons,
          chance: chance.fork(`traitor ${index}`),
          send: (to, bytes) => this.transmit(index, to, { channel: 'consensus', bytes }),
        });
    return { index, disk, traitor, replica: undefined, head: 0, life: 0 };
  }

  private environmentOf(slot: Slot): ReplicaEnvironment {
    const { timeline, options } = this;
    const { life, index } = slot;
    const isAlive = (): boolean => slot.life === life;
    const skewMs = this.weather.skewMs(index);
    return {
      index,
      nodes: this.slots.length,
      chance: options.chance.fork(`node ${index} life ${life}`),
      disk: {
        get: (key) => slot.disk.get(key),
        write: (batch, done) => {
          if (isAlive()) slot.disk.write(batch, done);
        },
      },
      nowMs: () => timeline.nowMs + skewMs,
      after: (delayMs, run) => timeline.after(delayMs, () => isAlive() && run()),
      send: (to, packet) => {
        if (!isAlive()) return;
        if (slot.traitor !== undefined && packet.channel === 'consensus') slot.traitor.outgoing(to, packet.bytes);
        else this.transmit(index, to, packet);
      },
      wish: () => this.plan.due(this.elapsedMs),
      onHead: (number, hash, block) => this.onHead(slot, number, hash, block),
      onViolation: (text) => {
        if (slot.traitor === undefined) this.violate(`node ${index} ${text}`);
      },
    };
  }

  private onHead(slot: Slot, number: number, hash: string, block: Uint8Array): void {
    const { index } = slot;
    const isTraitor = slot.traitor !== undefined;
    slot.head = number;
    this.trace.add(`${this.elapsedMs} head ${index} ${number} ${hash.slice(0, 16)}`);
    if (!isTraitor) this.finality.head(index, number, hash);
    this.witness.head(index, number, hash, block, isTraitor);
    this.isOver ||= this.isDone();
  }

  private transmit(from: number, to: number, packet: Packet): void {
    const sender = this.slots[from] as Slot;
    const receiver = this.slots[to];
    if (receiver === undefined || from === to) return;
    this.messages++;
    this.noteBurst();
    if (packet.channel === 'consensus') this.witness.said(from, packet.bytes, sender.traitor !== undefined);
    const deliveries = this.weather.deliveries(from, to, this.elapsedMs);
    const { bytes, channel } = packet;
    this.trace.add(`${this.elapsedMs} ${channel} ${from} ${to} ${bytes.length} ${deliveries.join(' ')}`);
    for (const delayMs of deliveries) {
      const { life } = receiver;
      this.timeline.after(delayMs, () => {
        if (receiver.life !== life || receiver.replica === undefined) return;
        if (channel === 'consensus' && sender.traitor === undefined) receiver.traitor?.incoming(from, bytes);
        receiver.replica.receive(from, packet);
      });
    }
  }

  /** Answers that call for each other make no progress, and no end. */
  private noteBurst(): void {
    const second = Math.floor(this.elapsedMs / 1_000);
    if (second !== this.burst.second) this.burst = { second, messages: 0 };
    this.burst.messages++;
    if (this.burst.messages > messagesPerPairMax * this.slots.length ** 2)
      this.violate(`a storm: ${this.burst.messages} messages in one second`);
  }

  private start(slot: Slot): void {
    if (slot.replica !== undefined) return;
    const { index } = slot;
    slot.life++;
    let head;
    try {
      slot.replica = this.options.network.createReplica(this.environmentOf(slot));
      head = slot.replica.start();
    } catch (error) {
      if (slot.traitor === undefined) this.violate(`node ${index} does not start again: ${String(error)}`);
      return;
    }
    slot.head = head.number;
    this.trace.add(`${this.elapsedMs} start ${index} ${head.number} ${head.hash.slice(0, 16)}`);
    if (slot.traitor === undefined) {
      this.finality.restart(index, head.number, head.hash);
      // Its acknowledgement may have been missed.
      if (head.block !== undefined) this.witness.head(index, head.number, head.hash, head.block, false);
    }
    this.reconnect((one, other) => one === index || other === index);
  }

  /** Connections of the chosen pairs are made (again). */
  private reconnect(isChosen: (one: number, other: number) => boolean): void {
    for (const one of this.slots) {
      for (const other of this.slots) {
        if (one === other || one.replica === undefined || other.replica === undefined) continue;
        if (isChosen(one.index, other.index)) one.replica.peerConnected(other.index);
      }
    }
  }

  private crash(slot: Slot, fault: Extract<Fault, { kind: 'crash' | 'torn' }>): void {
    if (slot.replica === undefined || this.isCalm) return;
    slot.replica = undefined;
    slot.life++;
    slot.disk.onWrite = undefined;
    slot.disk.cut(fault.cut, this.options.chance.fork(`cut ${slot.index} ${slot.life}`));
    this.trace.add(`${this.elapsedMs} ${fault.kind} ${slot.index} ${fault.cut}`);
    this.timeline.after(fault.downMs, () => this.start(slot));
  }

  private schedule(fault: Fault): void {
    if (fault.kind === 'crash' || fault.kind === 'torn') {
      const slot = this.slots[fault.node];
      if (slot === undefined) return;
      this.timeline.after(fault.atMs, () => {
        if (!fault.isAtWrite) this.crash(slot, fault);
        else {
          slot.disk.onWrite = () => {
            slot.disk.onWrite = undefined;
            this.timeline.after(0, () => this.crash(slot, fault));
          };
        }
      });
    }
    if (fault.kind === 'partition' && !fault.isSilent)
      this.timeline.after(fault.untilMs, () =>
        this.reconnect((one, other) => fault.side.includes(one) !== fault.side.includes(other)),
      );
  }
}
