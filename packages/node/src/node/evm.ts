import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import type { Evm } from '@isoquorum/execution/evm/port';
import { createReferenceEvm } from '@isoquorum/execution/evm/reference/engine';
import type { Logger } from '@isoquorum/platform/logger';

/** `fast`: our synchronous engine; `reference`: `@ethereumjs/evm` (decision 5). */
export type EvmChoice = 'fast' | 'reference';

/** The engine of that choice; the log says when the fast one has to do without WebAssembly. */
export function createEvm(choice: EvmChoice = 'fast', logger?: Logger): Evm {
  if (choice === 'reference') return createReferenceEvm();
  return createFastEvm((reason) =>
    logger?.log('warn', 'EVM without WebAssembly: the slower interpreter runs', { reason }),
  );
}
