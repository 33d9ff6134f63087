import type { ViewPatch } from '@isoquorum/participant/participant-api';
import type { FinalityCheck } from '../checks/finality-check.ts';
import type { PrivateCheck } from '../checks/private-check.ts';
import type { Chance } from '../core/chance.ts';
import type { SimulatedDisk } from '../core/disk.ts';
import type { Timeline } from '../core/timeline.ts';
import type { Trace } from '../core/trace.ts';
import type { Fault } from '../faults/fault.ts';
import type { Report } from '../machines/replica.ts';
import type { Scenario } from '../scenario.ts';
import { type PageIdentity, PageSlot, type ServedGenesis } from './page-slot.ts';
import type { Surroundings } from './surroundings.ts';
import type { Workload } from './workload.ts';

export interface PagesOptions {
  readonly scenario: Scenario;
  readonly pages: readonly PageIdentity[];
  readonly served: ServedGenesis;
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly trace: Trace;
  readonly createDisk: (timeline: Timeline, delayMs: () => number) => SimulatedDisk;
  readonly surroundings: Surroundings;
  /** Pages come behind so many nodes where members of the network are counted. */
  readonly membersBefore: number;
  readonly finality: FinalityCheck | undefined;
  readonly privates: PrivateCheck;
  readonly violate: Report;
  /** Is told of each frame that a page sends. */
  readonly note: (from: number, protocol: string, to: string, frame: Uint8Array) => void;
  readonly onProgress: () => void;
}

/** The light participants of a simulated network: what they show is a prefix of the agreed chain and the parties' private state. */
export class Pages {
  private readonly options: PagesOptions;
  private readonly slots: readonly PageSlot[];
  private isCalm = false;

  constructor(options: PagesOptions) {
    this.options = options;
    const { surroundings, timeline } = options;
    this.slots = options.pages.map((identity) => {
      const member = options.membersBefore + identity.index;
      const delayMs = (): number => surroundings.weather.writeMs(member, surroundings.elapsedMs());
      return new PageSlot(identity, options.createDisk(timeline, delayMs));
    });
  }

  get count(): number {
    return this.slots.length;
  }

  heads(): readonly number[] {
    return this.slots.map(({ head }) => head);
  }

  /** They are opened soon, and what is to happen to them is planned. */
  start(): void {
    const { timeline, chance, scenario } = this.options;
    for (const page of this.slots) timeline.after(chance.below(500), () => void this.open(page));
    for (const fault of scenario.faults) {
      if (fault.kind !== 'pagecrash' && fault.kind !== 'pagecut') continue;
      const page = this.slots[fault.page];
      if (page === undefined) continue;
      if (fault.kind === 'pagecrash') timeline.after(fault.atMs, () => this.crash(page, fault));
      else {
        timeline.after(fault.fromMs, () => this.cut(page));
        timeline.after(fault.untilMs, () => this.heal(page));
      }
    }
  }

  /** Nothing more happens to them; who is closed is opened. */
  calmDown(): void {
    this.isCalm = true;
    for (const page of this.slots) {
      this.heal(page);
      if (!page.isUp) void this.open(page);
    }
  }

  /** A user of a page sends a transaction. */
  work(index: number, workload: Workload): void {
    const participant = this.slots[index]?.participant;
    if (participant === undefined) return;
    void workload.submitByPage(index, participant).then((isTaken) => this.add(`work page ${index} ${isTaken}`));
  }

  async stop(): Promise<void> {
    await Promise.all(this.slots.flatMap(({ participant }) => participant?.stop() ?? []));
  }

  private add(text: string): void {
    const { trace, surroundings } = this.options;
    trace.add(`${surroundings.elapsedMs()} ${text}`);
  }

  private async open(page: PageSlot): Promise<void> {
    if (page.isUp) return;
    const { index } = page.identity;
    const { surroundings, served, membersBefore, note, violate } = this.options;
    this.add(`open page ${index}`);
    try {
      await page.open(
        surroundings,
        served,
        (to, protocol, frame) => note(membersBefore + index, protocol, to, frame),
        (patch) => this.onView(page, patch),
      );
    } catch (error) {
      violate(`page ${index} does not open again: ${String(error)}`);
    }
  }

  private onView(page: PageSlot, { phase, problem, head, privateHead }: ViewPatch): void {
    const { finality, privates, violate, onProgress } = this.options;
    const { index } = page.identity;
    const who = `page ${index}`;
    if (phase === 'failed') violate(`${who} stopped: ${problem?.code} ${problem?.message}`);
    if (head !== undefined && head.number > 0) {
      const hash = head.hash.slice(2);
      this.add(`head ${who} ${head.number} ${hash.slice(0, 16)}`);
      finality?.follow(who, head.number, hash);
    }
    if (privateHead !== undefined) {
      const { number, root, state } = privateHead;
      this.add(`private ${who} ${number} ${root.slice(2, 18)} ${state}`);
      const hash = finality?.hashAt(number);
      if (hash !== undefined) privates.compare(who, 'parties', number, hash, root.slice(2));
    }
    onProgress();
  }

  private crash(page: PageSlot, fault: Extract<Fault, { kind: 'pagecrash' }>): void {
    if (!page.isUp || this.isCalm) return;
    const { timeline, chance } = this.options;
    page.crash();
    page.disk.cut(fault.cut, chance.fork(`cut page ${fault.page} ${page.life}`));
    this.add(`pagecrash ${fault.page} ${fault.cut}`);
    timeline.after(fault.downMs, () => void this.open(page));
  }

  private cut({ identity }: PageSlot): void {
    const { network, nodeIds } = this.options.surroundings;
    if (!this.isCalm) for (const peerId of nodeIds) network.cut(identity.peerId, peerId);
  }

  private heal({ identity }: PageSlot): void {
    const { network, nodeIds } = this.options.surroundings;
    for (const peerId of nodeIds) network.heal(identity.peerId, peerId);
  }
}
