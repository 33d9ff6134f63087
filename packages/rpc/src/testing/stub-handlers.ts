import type { Logger } from '@isoquorum/platform/logger';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { RpcError } from '../jsonrpc/errors.ts';
import { methods, type Handlers, type SubscriptionHandlers } from '../jsonrpc/methods.ts';

/** What a stub answers for a method that was not given: a mark that the parameters were accepted. */
export const REACHED = 'reached the handler';

/** Handlers for tests of the envelope: three that answer as the recorded network did, the rest say that they were reached. */
export function createStubHandlers(given: Partial<Handlers> = {}): Handlers {
  const reached = (): never => {
    throw new RpcError(-1, REACHED);
  };
  const stubs = Object.fromEntries(Object.keys(methods).map((name) => [name, reached])) as unknown as Handlers;
  return {
    ...stubs,
    eth_chainId: () => 1337n,
    net_version: () => '1337',
    web3_sha3: (_request, data) => keccak256(data),
    ...given,
  };
}

/** Subscriptions that never notify. */
export const stubSubscriptions: SubscriptionHandlers = {
  newHeads: () => () => {},
  logs: () => () => {},
  newPendingTransactions: () => () => {},
  syncing: () => () => {},
};

export const silentLogger: Logger = {
  log: (): void => {},
  child: (): Logger => silentLogger,
};
