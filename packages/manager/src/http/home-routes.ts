import { bytesToBase64 } from '@isoquorum/primitives/base64';
import { peerIdToPublicKey } from '@isoquorum/primitives/node-key';
import type { Clock } from '@isoquorum/platform/clock';
import type { HttpResponse } from '@isoquorum/platform/http';
import type { Home } from '@isoquorum/privacy/home/home';
import type { TransactionManager } from '@isoquorum/privacy/manager/transaction-manager';
import { HOME_MEDIA_TYPE, HOME_PATH, HOME_PEER_HEADER, MAX_WAIT_MS, STORED_PATH } from '@isoquorum/rpc/rest/home';
import { JSON_TYPE } from '@isoquorum/rpc/rest/media';
import type { Route, RoutedRequest } from '@isoquorum/rpc/rest/router';
import { jsonAnswer } from './common-routes.ts';
import { invalidRequest } from './failure.ts';

export interface HomeRoutesOptions {
  readonly home: Home;
  readonly manager: TransactionManager;
  readonly clock: Clock;
}

function numberParameter(request: RoutedRequest, name: string): number {
  const text = request.parameter(name) ?? '0';
  if (!/^\d{1,15}$/.test(text)) throw invalidRequest('must be a number', name, text.slice(0, 40));
  return Number(text);
}

/** Routes of Q2T for this manager's own node: the home protocol on behalf of authenticated peers, and stored payloads. */
export function createHomeRoutes({ home, manager, clock }: HomeRoutesOptions): Route[] {
  /** Resolves when a payload is stored, the time is over, the client is gone, or it is cancelled. */
  const waitForStored = (waitMs: number, signal: AbortSignal): { readonly over: Promise<void>; cancel(): void } => {
    let finish = (): void => {};
    const over = new Promise<void>((resolve) => (finish = resolve));
    const stopTimer = clock.setTimer(waitMs, () => cancel());
    const stopListening = manager.onStored(() => cancel());
    const cancel = (): void => {
      stopTimer();
      stopListening();
      signal.removeEventListener('abort', cancel);
      finish();
    };
    signal.addEventListener('abort', cancel, { once: true });
    return { over, cancel };
  };

  const stored = async (request: RoutedRequest): Promise<HttpResponse> => {
    const after = numberParameter(request, 'after');
    const limit = request.parameter('limit') === undefined ? 1_000 : Math.min(numberParameter(request, 'limit'), 1_000);
    const waitMs = Math.min(numberParameter(request, 'waitMs'), MAX_WAIT_MS);
    // Listening begins before the look, so that nothing stored in between is missed.
    const wait = limit > 0 && waitMs > 0 && !request.signal.aborted ? waitForStored(waitMs, request.signal) : undefined;
    let events = limit === 0 ? [] : await manager.storedSince(after, limit);
    if (wait !== undefined && events.length === 0) {
      await wait.over;
      events = await manager.storedSince(after, limit);
    }
    wait?.cancel();
    return jsonAnswer({ events: events.map(({ sequence, hash }) => ({ sequence, hash: bytesToBase64(hash) })) });
  };

  const forward = async (request: RoutedRequest): Promise<HttpResponse> => {
    const peerId = request.headers[HOME_PEER_HEADER] ?? '';
    try {
      peerIdToPublicKey(peerId);
    } catch {
      throw invalidRequest('must be a PeerId', HOME_PEER_HEADER, peerId.slice(0, 80));
    }
    const answer = await home.handle(peerId, request.body, request.signal);
    return { status: 200, headers: { 'content-type': HOME_MEDIA_TYPE }, body: answer };
  };

  return [
    { method: 'GET', path: STORED_PATH, produces: [JSON_TYPE], handle: stored },
    { method: 'POST', path: HOME_PATH, consumes: [HOME_MEDIA_TYPE], handle: forward },
  ];
}
