import { EVMError } from '@ethereumjs/evm';

const limit = 1024;

/** The stack, with the methods that the opcode handlers of `@ethereumjs/evm` call. */
export class ReferenceStack {
  private readonly items: bigint[] = [];
  private size = 0;

  get length(): number {
    return this.size;
  }

  push(value: bigint): void {
    if (this.size >= limit) throw new EVMError(EVMError.errorMessages.STACK_OVERFLOW);
    this.items[this.size++] = value;
  }

  pop(): bigint {
    if (this.size < 1) throw new EVMError(EVMError.errorMessages.STACK_UNDERFLOW);
    return this.items[--this.size] as bigint;
  }

  /** The topmost items, top first, taken off. */
  popN(count = 1): bigint[] {
    const popped = this.peek(count);
    this.size -= count;
    return popped;
  }

  /** The topmost items, top first. */
  peek(count = 1): bigint[] {
    if (this.size < count) throw new EVMError(EVMError.errorMessages.STACK_UNDERFLOW);
    const top: bigint[] = [];
    for (let index = 0; index < count; index++) top[index] = this.items[this.size - 1 - index] as bigint;
    return top;
  }

  swap(position: number): void {
    if (this.size <= position) throw new EVMError(EVMError.errorMessages.STACK_UNDERFLOW);
    const head = this.size - 1;
    const other = head - position;
    const value = this.items[head] as bigint;
    this.items[head] = this.items[other] as bigint;
    this.items[other] = value;
  }

  dup(position: number): void {
    if (this.size < position) throw new EVMError(EVMError.errorMessages.STACK_UNDERFLOW);
    this.push(this.items[this.size - position] as bigint);
  }

  /** A copy, bottom first. */
  getStack(): bigint[] {
    return this.items.slice(0, this.size);
  }
}
