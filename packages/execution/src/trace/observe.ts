import { IsoquorumError } from '@isoquorum/primitives/errors';
import { opcodeName } from '../evm/opcode-names.ts';
import { DualHost } from '../evm/host.ts';
import type { EvmHost, EvmMessage, EvmResult, EvmStep, EvmTracer } from '../evm/port.ts';
import { evmErrors } from '../evm/texts.ts';
import type { TraceObserver, TraceStep } from './observer.ts';
import { priceStep } from './step-cost.ts';

interface TracedFrame {
  readonly message: EvmMessage;
  last: TraceStep | undefined;
}

/** Failures of a creation after its code has ended well: geth's interpreter, and so its tracers, know nothing of them. */
const AFTER_THE_CODE: ReadonlySet<string | undefined> = new Set([
  evmErrors.codeStoreOutOfGas,
  evmErrors.maxCodeSize,
  evmErrors.invalidCode,
]);

/** A creation from no code at all: geth's interpreter does not even begin. */
function hasNoCode({ kind, input }: EvmMessage): boolean {
  return (kind === 'create' || kind === 'create2') && input.length === 0;
}

function grown(memory: Uint8Array, size: number): Uint8Array {
  if (memory.length >= size) return memory;
  const larger = new Uint8Array(size);
  larger.set(memory);
  return larger;
}

class Observing implements EvmTracer {
  private readonly observer: TraceObserver;
  private readonly frames: TracedFrame[] = [];
  private host: DualHost | undefined;
  private hasEnded = false;

  constructor(observer: TraceObserver) {
    this.observer = observer;
  }

  private get dual(): DualHost {
    if (this.host === undefined)
      throw new IsoquorumError('TRACE_WITHOUT_HOST', 'a trace needs a dual host', {}, 'STOP');
    return this.host;
  }

  begin(host: EvmHost): void {
    if (host instanceof DualHost) this.host = host;
  }

  enter(message: EvmMessage): void {
    this.frames.push({ message, last: undefined });
    if (message.depth > 0) return;
    const isCreation = message.kind === 'create';
    const { transaction, current } = this.dual;
    this.observer.start?.({
      isCreation,
      from: message.caller,
      to: isCreation ? undefined : message.address,
      input: message.input,
      gas: message.gas,
      value: message.value,
      gasPrice: transaction.gasPrice,
      state: current,
    });
  }

  step(step: EvmStep): void {
    const frame = this.frames.at(-1);
    if (frame === undefined || hasNoCode(frame.message)) return;
    const { dual } = this;
    const stack = step.stack();
    const { memorySize: sizeBefore } = step;
    const price = priceStep(dual, frame.message, step, stack, sizeBefore, frame.last?.cost ?? 0n);
    const { pc, opcode, gasLeft: gas, depth, address, refund } = step;
    frame.last = {
      pc,
      opcode,
      name: opcodeName(opcode),
      gas,
      cost: price.cost,
      depth,
      address,
      refund,
      error: price.error,
      stack,
      memory: () => grown(step.memory(), price.memorySize),
      state: dual.current,
    };
    this.observer.step?.(frame.last);
  }

  leave(message: EvmMessage, result: EvmResult): void {
    const last = this.frames.pop()?.last;
    const failedInCode = result.status !== 'success' && !AFTER_THE_CODE.has(result.error);
    if (failedInCode && last !== undefined && last.error === undefined)
      this.observer.fault?.(last, result.error ?? evmErrors.reverted);
    if (message.depth > 0) return;
    this.observer.end?.(result, !this.hasEnded);
    this.hasEnded = true;
  }
}

/** Makes a tracer of an engine that tells an observer what geth's tracers would be told. */
export function observe(observer: TraceObserver): EvmTracer {
  return new Observing(observer);
}
