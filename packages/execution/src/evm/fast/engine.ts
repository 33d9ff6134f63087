import { createHybridEvm } from '../hybrid/engine.ts';
import type { Evm } from '../port.ts';
import { createWasmEvm } from '../wasm/engine.ts';

/**
 * Our own engine: the WebAssembly core, or where that is refused (a page's policy without `wasm-unsafe-eval`, a machine without
 * SIMD) the interpreter in plain TypeScript.
 * @param onFallback told why the core is not used
 */
export function createFastEvm(onFallback?: (reason: string) => void): Evm {
  const hybrid = createHybridEvm();
  try {
    return createWasmEvm(hybrid);
  } catch (error) {
    onFallback?.(error instanceof Error ? error.message : String(error));
    return hybrid;
  }
}
