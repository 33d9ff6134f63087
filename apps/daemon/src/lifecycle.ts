import { describeError } from './command-error.ts';
import type { ReadyMessage } from './dev/child.ts';

/** Something that runs until it is stopped. */
export interface Service<Info> {
  readonly info: Info;
  stop(): Promise<void>;
  /** Resolves (or rejects) when the service ends by itself, e.g. because a write failed. */
  readonly failed?: Promise<unknown>;
}

/**
 * Tells the parent process that the service is ready, then waits for SIGINT, SIGTERM, the end of the parent, or a failure;
 * stops the service cleanly and ends the process. A second signal ends at once.
 */
export async function runUntilStopped<Info>(service: Service<Info>): Promise<never> {
  if (process.send !== undefined) process.send({ type: 'ready', info: service.info } satisfies ReadyMessage<Info>);
  const reason = await new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve(signal));
    process.once('disconnect', () => resolve('the parent process is gone'));
    service.failed?.then(
      (cause) => resolve(`failed: ${describeError(cause)}`),
      (cause: unknown) => resolve(`failed: ${describeError(cause)}`),
    );
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  if (reason.startsWith('failed')) console.error(reason);
  await service.stop();
  process.exit(reason.startsWith('failed') ? 1 : 0);
}
