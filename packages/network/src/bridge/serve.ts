import type { FrameHandler, Peer, RequestHandler } from '../host.ts';
import { networkError } from '../session/errors.ts';
import {
  type BridgePort,
  type Call,
  errorToPlain,
  type PageHost,
  peerToPlain,
  type Result,
  type ToWindow,
  toTransferable,
  type ToWorker,
} from './messages.ts';
import { Questions } from './questions.ts';

/** Serves a window's host to the Worker at the other end of `port`. Returns a function that ends it and closes the port; the host stays. */
export function serveHost(host: PageHost, port: BridgePort): () => void {
  const calls = new Map<number, AbortController>();
  const handling = new Questions();
  let isServing = false;

  const post = (message: ToWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
  const postState = (): void => {
    if (isServing)
      post({ type: 'state', peerId: host.peerId, multiaddrs: host.multiaddrs(), peers: host.peers().map(peerToPlain) });
  };

  /** Hands bytes to the Worker's handler and waits for its answer. */
  function handle(
    kind: 'frame' | 'request',
    protocol: string,
    peer: Peer,
    bytes: Uint8Array,
    signal?: AbortSignal,
  ): Promise<unknown> {
    const own = toTransferable(bytes);
    return handling.ask({
      post: (id) => post({ type: 'handle', id, kind, protocol, peerId: peer.id, bytes: own }, [own.buffer]),
      abort: (id) => post({ type: 'abort', id }),
      signal,
    });
  }

  async function run(call: Call, signal: AbortSignal): Promise<unknown> {
    switch (call.method) {
      case 'start':
        return host.start();
      case 'stop':
        return host.stop();
      case 'dial':
        return peerToPlain(await host.dial(call.multiaddr, signal));
      case 'dialPage':
        if (host.dialPage === undefined) throw networkError('PROTOCOL_UNSUPPORTED', 'this host dials no pages');
        return peerToPlain(await host.dialPage(call.peerId));
      case 'redeem':
        if (host.redeem === undefined) throw networkError('PROTOCOL_UNSUPPORTED', 'this host redeems no invitations');
        return host.redeem(call.invitation);
      case 'blame':
        return host.blame(call.peerId, call.fault);
      case 'send':
        return host.send(call.peerId, call.protocol, call.bytes);
      case 'request': {
        const options = call.timeoutMs === undefined ? { signal } : { signal, timeoutMs: call.timeoutMs };
        return toTransferable(await host.request(call.peerId, call.protocol, call.bytes, options));
      }
    }
  }

  async function answer(id: number, call: Call): Promise<void> {
    const controller = new AbortController();
    calls.set(id, controller);
    let result: Result;
    try {
      result = { ok: true, value: await run(call, controller.signal) };
    } catch (error) {
      result = { ok: false, error: errorToPlain(error) };
    }
    calls.delete(id);
    postState();
    const value = result.ok ? result.value : undefined;
    post({ type: 'result', id, result }, value instanceof Uint8Array ? [value.buffer as ArrayBuffer] : []);
  }

  function register(kind: 'frame' | 'request', protocol: string): void {
    const onFrame: FrameHandler = async (peer, frame) => {
      await handle('frame', protocol, peer, frame);
    };
    const onRequest: RequestHandler = async (peer, request, signal) =>
      (await handle('request', protocol, peer, request, signal)) as Uint8Array;
    if (kind === 'frame') host.onFrame(protocol, onFrame);
    else host.onRequest(protocol, onRequest);
  }

  const onMessage = ({ data }: { readonly data: unknown }): void => {
    const message = data as ToWindow;
    switch (message.type) {
      case 'hello':
        isServing = true;
        postState();
        return;
      case 'call':
        void answer(message.id, message.call);
        return;
      case 'abort':
        calls.get(message.id)?.abort();
        return;
      case 'handle':
        register(message.kind, message.protocol);
        return;
      case 'status':
        host.setStatus({ number: message.number, hash: message.hash });
        return;
      case 'answer':
        handling.settle(message.id, message.result);
    }
  };

  const removePeerListener = host.onPeer((event) => {
    if (!isServing) return;
    postState();
    post({ type: 'peer', event: { type: event.type, peer: peerToPlain(event.peer) } });
  });
  const removeChangeListener = host.onPeersChanged?.(postState);
  port.addEventListener('message', onMessage);
  port.start?.();

  return () => {
    port.removeEventListener('message', onMessage);
    removePeerListener();
    removeChangeListener?.();
    isServing = false;
    for (const controller of calls.values()) controller.abort();
    handling.rejectAll(networkError('HOST_STOPPED', 'the page has closed its bridge'));
    port.close();
  };
}
