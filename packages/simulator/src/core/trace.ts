/**
 * What happened, line by line, and a running hash of it (two 32-bit lanes over UTF-16 units): two runs with equal hashes and
 * counts went the same way to the byte.
 */
export class Trace {
  private high = 0xdeadbeef;
  private low = 0x41c6ce57;
  private readonly sink: ((line: string) => void) | undefined;
  lines = 0;

  /** @param sink gets every line, without its end of line */
  constructor(sink?: (line: string) => void) {
    this.sink = sink;
  }

  add(line: string): void {
    this.lines++;
    let { high, low } = this;
    for (let index = 0; index < line.length; index++) {
      const unit = line.charCodeAt(index);
      high = Math.imul(high ^ unit, 2654435761);
      low = Math.imul(low ^ unit, 1597334677);
    }
    this.high = high ^ (low >>> 15);
    this.low = low ^ (high >>> 13);
    this.sink?.(line);
  }

  /** 16 hex digits. */
  hash(): string {
    const lane = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
    return lane(this.high) + lane(this.low);
  }
}
