import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import type { Evm } from '@isoquorum/execution/evm/port';
import { createReferenceEvm } from '@isoquorum/execution/evm/reference/engine';

/** `fast`: our synchronous engine; `reference`: `@ethereumjs/evm` (decision 5). */
export type EvmChoice = 'fast' | 'reference';

export function createEvm(choice: EvmChoice = 'fast'): Evm {
  return choice === 'fast' ? createFastEvm() : createReferenceEvm();
}
