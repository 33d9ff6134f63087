import { isIsoquorumError } from '@isoquorum/primitives/errors';
import type { Handlers } from '@isoquorum/rpc/jsonrpc/methods';
import type { HandlerContext } from './context.ts';

/** How long a read waits for a private head that is on its way, milliseconds. */
const patienceMs = 1_000;
/** A head that has waited this long for a payload is not on its way: the error is answered at once. */
const stuckAfterMs = 500;

/** Methods that only read, and that a private head a moment behind the public one would make fail. */
const reads: ReadonlySet<string> = new Set([
  'eth_call',
  'eth_estimateGas',
  'eth_getBalance',
  'eth_getCode',
  'eth_getLogs',
  'eth_getProof',
  'eth_getStorageAt',
  'eth_getTransactionCount',
  'eth_getTransactionReceipt',
  'eth_storageRoot',
  'eth_getContractPrivacyMetadata',
  'eth_getPrivateTransactionReceipt',
  'debug_traceBlockByHash',
  'debug_traceBlockByNumber',
  'debug_traceCall',
  'debug_traceTransaction',
  'debug_privateStateRoot',
  'debug_defaultStateRoot',
]);

type AnyHandler = (...args: readonly unknown[]) => unknown;

/** Resolves once the private state has reached a block, is stuck, or patience is at its end. */
function waitForPrivateHead(context: HandlerContext, psi: string, blockNumber: number): Promise<void> {
  const { chain, clock } = context;
  const head = chain.privateHead(psi);
  if (head.number >= blockNumber) return Promise.resolve();
  if (head.waitingFor !== undefined && clock.nowMs() - head.waitingFor.sinceMs > stuckAfterMs) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      cancelTimer();
      removeListener();
      resolve();
    };
    const cancelTimer = clock.setTimer(patienceMs, finish);
    const removeListener = chain.onEvent((event) => {
      if (event.type === 'privateHead' && event.psi === psi && event.number >= blockNumber) finish();
    });
  });
}

/**
 * A private head follows the public one by a moment. Reads that come in between wait for it and are asked once more, so that a client that has
 * just seen a receipt does not meet PRIVATE_STATE_BEHIND; where payloads are missing the error stays, and is prompt.
 */
export function withPrivatePatience(context: HandlerContext, handlers: Handlers): Handlers {
  const patient =
    (handler: AnyHandler): AnyHandler =>
    (...args) => {
      const again = async (error: unknown): Promise<unknown> => {
        if (!isIsoquorumError(error, 'PRIVATE_STATE_BEHIND')) throw error;
        await waitForPrivateHead(context, String(error.fields['psi']), Number(error.fields['blockNumber']));
        return handler(...args);
      };
      try {
        const answer = handler(...args);
        return answer instanceof Promise ? answer.catch(again) : answer;
      } catch (error) {
        return again(error);
      }
    };
  const entries = Object.entries(handlers).map(([name, handler]) => [
    name,
    reads.has(name) ? patient(handler as AnyHandler) : handler,
  ]);
  return Object.fromEntries(entries) as Handlers;
}
