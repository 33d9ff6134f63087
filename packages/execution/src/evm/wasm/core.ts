import {
  compileModule,
  compileModuleAsync,
  instantiate,
  type WasmMemory,
  type WasmModule,
} from '../../wasm/web-assembly.ts';
import { evmBinary } from '../../wasm/evm-binary.ts';
import type { HostFunctions } from './host-functions.ts';

/** What the core exports, as `assembly/evm.ts` and `assembly/run.ts` have it. Pointers beyond 2 GiB come out negative. */
export interface CoreExports {
  readonly memory: WasmMemory;
  readonly staticEnd: () => number;
  readonly configure: (forks: number) => void;
  readonly ensure: (end: number) => number;
  readonly top: () => number;
  readonly analyseReusable: (bytes: number, length: number, single: number) => number;
  readonly analyseOnce: (bytes: number, length: number, code: number, single: number) => number;
  readonly begin: (code: number, input: number, inputLength: number, memoryBase: number, isStatic: number) => void;
  readonly enterCall: (code: number, memoryBase: number) => void;
  readonly enterCreation: (code: number, memoryBase: number) => void;
  readonly leaveCall: (isSuccess: number, isFailed: number) => void;
  readonly leaveCreation: (isSuccess: number, isRevert: number) => void;
  readonly answer: (isSuccess: number, output: number, length: number) => void;
  readonly continueIn: (code: number) => void;
  readonly run: (slice: number, isReadOnly: number) => number;
}

let compiled: WasmModule | undefined;

/**
 * Compiles the core in the background. A page's main thread, which may refuse to compile at once, waits for this before it
 * makes an engine; Node and workers need not.
 */
export async function prepareWasmEvm(): Promise<void> {
  compiled ??= await compileModuleAsync(evmBinary);
}

/** A fresh instance of the core, whose memory is its own. @throws where WebAssembly is refused */
export function instantiateCore(host: HostFunctions): CoreExports {
  compiled ??= compileModule(evmBinary);
  return instantiate<CoreExports>(compiled, { host });
}
