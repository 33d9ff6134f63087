const step = 1024;

/** The memory, with the methods that the opcode handlers of `@ethereumjs/evm` call. */
export class ReferenceMemory {
  private bytes: Uint8Array = new Uint8Array(step);

  extend(offset: number, size: number): void {
    if (size === 0) return;
    const needed = Math.ceil((offset + size) / 32) * 32;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes);
    this.bytes = grown;
  }

  write(offset: number, size: number, value: Uint8Array): void {
    if (size === 0) return;
    this.extend(offset, size);
    this.bytes.set(size === value.length ? value : value.subarray(0, size), offset);
  }

  /** A view with `avoidCopy`, else a copy. */
  read(offset: number, size: number, avoidCopy?: boolean): Uint8Array {
    this.extend(offset, size);
    return avoidCopy === true ? this.bytes.subarray(offset, offset + size) : this.bytes.slice(offset, offset + size);
  }
}
