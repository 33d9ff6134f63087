import type { Logger } from '@isoquorum/platform/logger';
import type { ComponentLogger, Logger as Libp2pLogger } from '@libp2p/interface';

/**
 * libp2p's log in ours, at level debug: what it calls an error is mostly a peer that went away. Off unless `isVerbose`,
 * since formatting each line costs more than sending a frame.
 */
export function createLibp2pLogger(logger: Logger, isVerbose = false): ComponentLogger {
  const create = (name: string): Libp2pLogger => {
    const write = (...parts: readonly unknown[]): void => {
      if (isVerbose) logger.log('debug', parts.map(String).join(' '), { component: name });
    };
    const ignore = (): void => {};
    return Object.assign(write, {
      error: write,
      trace: Object.assign(ignore, { enabled: false }),
      enabled: isVerbose,
      newScope: (scope: string) => create(`${name}:${scope}`),
    }) as Libp2pLogger;
  };
  return { forComponent: create };
}
