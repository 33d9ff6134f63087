import { createHybridEvm } from '../evm/hybrid/engine.ts';
import type { Evm } from '../evm/port.ts';
import { createReferenceEvm } from '../evm/reference/engine.ts';
import { createWasmEvm } from '../evm/wasm/engine.ts';

/** Every engine: tests of rules that all have to keep run over this list. */
export const engines: readonly { readonly name: string; readonly create: () => Evm }[] = [
  { name: 'reference', create: createReferenceEvm },
  { name: 'hybrid', create: createHybridEvm },
  { name: 'wasm', create: () => createWasmEvm(createHybridEvm()) },
];
