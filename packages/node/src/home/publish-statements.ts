import type { CancelTimer, Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { registerNodeStatements } from '@isoquorum/privacy/statement/register';
import { createNodeKeySigner } from '@isoquorum/privacy/statement/signer';
import type { Q2tClient } from '@isoquorum/rpc/rest/q2t';

/** Pause after a failure (doubled up to the longest), and between two looks at a manager that has them, milliseconds. */
const retryMsFirst = 500;
const retryMsMax = 15_000;
const againMs = 30_000;

export interface PublishStatementsOptions {
  readonly manager: Q2tClient;
  readonly peerId: string;
  readonly nodeKey: Uint8Array;
  readonly genesisHash: Hash32;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Keeps the party statements of the manager's keys, signed by the node key (decision 10), published at the manager: at start, and again should it
 * come back with an empty store. Managers that are not ours have no statements. Returns its stop.
 */
export function publishStatements(options: PublishStatementsOptions): () => Promise<void> {
  const { manager, peerId, genesisHash, clock, logger } = options;
  const signer = createNodeKeySigner(options.nodeKey);
  const abort = new AbortController();
  let cancelTimer: CancelTimer | undefined;
  let failures = 0;
  let running: Promise<void> = Promise.resolve();

  async function publish(): Promise<number> {
    try {
      if (!(await manager.features()).isoquorum) return againMs;
      const transport = (request: Uint8Array): Promise<Uint8Array> => manager.home(peerId, request, abort.signal);
      await registerNodeStatements({ transport, signer, genesisHash, clock });
      if (failures > 0) logger.log('info', "The statements of the manager's keys are published");
      failures = 0;
      return againMs;
    } catch (error) {
      failures++;
      const isExpected = isIsoquorumError(error, 'MANAGER_UNREACHABLE');
      const reason = error instanceof Error ? error.message : String(error);
      const level = isExpected || failures > 1 ? 'debug' : 'warn';
      logger.log(level, "The statements of the manager's keys could not be published", { reason, failures });
      return Math.min(retryMsFirst * 2 ** (failures - 1), retryMsMax);
    }
  }

  function run(): void {
    running = publish().then((pauseMs) => {
      if (!abort.signal.aborted) cancelTimer = clock.setTimer(pauseMs, run);
    });
  }

  run();
  return async () => {
    abort.abort();
    cancelTimer?.();
    await running;
  };
}
