import type { EvmTracer } from '../port.ts';
import type { Frame, RunContext } from './frame.ts';

/** Tells a tracer of the step that is about to be made. */
export function traceStep(tracer: EvmTracer, frame: Frame, context: RunContext, opcode: number, cost: number): void {
  tracer.step?.({
    pc: frame.pc,
    opcode,
    gasLeft: frame.gasLeft(),
    gasCost: BigInt(cost),
    depth: frame.message.depth + 1,
    address: frame.entered.address,
    refund: context.host.refund,
    memorySize: frame.memory.size,
    stack: () => frame.stack.slice(0, frame.sp),
    memory: () => frame.memory.copy(0, frame.memory.size),
  });
}
