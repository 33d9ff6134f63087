import type { Evm, EvmHost, EvmMessage, EvmResult, EvmRunOptions } from '../port.ts';
import { WasmMachine } from './machine.ts';

/** Goes on with a run that gives control back now and then. */
async function advanceSlowly(
  machine: WasmMachine,
  wait: PromiseLike<void>,
  options: EvmRunOptions,
): Promise<EvmResult> {
  await wait;
  for (;;) {
    const result = machine.advance();
    if (result !== undefined) return result;
    options.checkDeadline?.();
    const next = options.pause?.();
    if (next !== undefined) await next;
  }
}

/**
 * Our own engine, whose interpreter is a WebAssembly core written in AssemblyScript (`assembly/`). One instance serves one run after the other; a
 * run inside a run, or beside one that is paused, takes another instance, which is kept.
 * @param traced the engine for runs with a tracer: the core knows no steps
 * @throws where WebAssembly is refused
 */
export function createWasmEvm(traced: Evm): Evm {
  const idle: WasmMachine[] = [new WasmMachine()];
  const execute = (
    machine: WasmMachine,
    host: EvmHost,
    message: EvmMessage,
    options: EvmRunOptions | undefined,
  ): EvmResult | Promise<EvmResult> => {
    let result = machine.begin(host, message, options?.checkDeadline) ?? machine.advance();
    while (result === undefined) {
      options?.checkDeadline?.();
      const wait = options?.pause?.();
      if (wait !== undefined) return advanceSlowly(machine, wait, options as EvmRunOptions);
      result = machine.advance();
    }
    return result;
  };
  return {
    name: 'wasm',
    run: (host, message, options) => {
      if (options?.tracer !== undefined) return traced.run(host, message, options);
      const machine = idle.pop() ?? new WasmMachine();
      let isPaused = false;
      try {
        const result = execute(machine, host, message, options);
        if (!('then' in result)) return result;
        isPaused = true;
        return result.finally(() => idle.push(machine));
      } finally {
        if (!isPaused) idle.push(machine);
      }
    },
  };
}
