/** Something that happens at a simulated time. */
export interface SimulatedEvent {
  readonly atMs: number;
  readonly run: () => void;
}

/** Events in the order of their times, and in the order of arrival at one time. */
export class EventQueue {
  private readonly events: (SimulatedEvent & { readonly order: number })[] = [];
  private order = 0;

  push(atMs: number, run: () => void): void {
    const entry = { atMs, order: this.order++, run };
    let low = 0;
    let high = this.events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.events[middle]?.atMs ?? 0) <= atMs) low = middle + 1;
      else high = middle;
    }
    this.events.splice(low, 0, entry);
  }

  /** The next event up to a time; undefined when there is none. */
  shift(untilMs: number): SimulatedEvent | undefined {
    const [next] = this.events;
    return next === undefined || next.atMs > untilMs ? undefined : this.events.shift();
  }
}
