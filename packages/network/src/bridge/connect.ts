import type { RedeemedInvitation } from '../admission/admission.ts';
import type { Invitation } from '../admission/invitation.ts';
import type { FrameHandler, NetworkHost, Peer, PeerEvent, RequestHandler } from '../host.ts';
import { networkError } from '../session/errors.ts';
import {
  type BridgePort,
  type Call,
  errorToPlain,
  type Result,
  type ToWindow,
  toTransferable,
  type ToWorker,
} from './messages.ts';
import { Questions } from './questions.ts';

/** The window's host in a Worker. `peers()` and `multiaddrs()` are as of the window's last message. */
export interface BridgedHost extends NetworkHost {
  redeem(invitation: Invitation): Promise<RedeemedInvitation>;
  dialPage(peerId: string): Promise<Peer>;
  /** Called when a peer came, went, or goes on over another connection. */
  onPeersChanged(listener: () => void): () => void;
}

/** Connects to the host that the window serves at the other end of `port`; resolves when it has said hello. */
export function connectHost(port: BridgePort): Promise<BridgedHost> {
  const calls = new Questions();
  const handling = new Map<number, AbortController>();
  const frameHandlers = new Map<string, FrameHandler>();
  const requestHandlers = new Map<string, RequestHandler>();
  const listeners = new Set<(event: PeerEvent) => void>();
  const changeListeners = new Set<() => void>();
  let peers = new Map<string, Peer>();
  let multiaddrs: readonly string[] = [];

  const post = (message: ToWindow, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

  function call(request: Call, signal?: AbortSignal, transfer: ArrayBuffer[] = []): Promise<unknown> {
    return calls.ask({
      post: (id) => post({ type: 'call', id, call: request }, transfer),
      abort: (id) => post({ type: 'abort', id }),
      signal,
    });
  }

  async function handle(message: Extract<ToWorker, { readonly type: 'handle' }>): Promise<void> {
    const { id, kind, protocol, peerId, bytes } = message;
    const controller = new AbortController();
    handling.set(id, controller);
    let result: Result;
    try {
      const peer = peers.get(peerId);
      if (peer === undefined) throw networkError('PEER_GONE', 'peer is gone', { peerId });
      if (kind === 'frame') {
        await frameHandlers.get(protocol)?.(peer, bytes);
        result = { ok: true, value: undefined };
      } else {
        const handler = requestHandlers.get(protocol);
        if (handler === undefined)
          throw networkError('PROTOCOL_UNSUPPORTED', `${protocol} is not served here`, { protocol });
        result = { ok: true, value: toTransferable(await handler(peer, bytes, controller.signal)) };
      }
    } catch (error) {
      result = { ok: false, error: errorToPlain(error) };
    }
    handling.delete(id);
    const value = result.ok ? result.value : undefined;
    post({ type: 'answer', id, result }, value instanceof Uint8Array ? [value.buffer as ArrayBuffer] : []);
  }

  return new Promise((resolveHost) => {
    let host: BridgedHost | undefined;
    port.addEventListener('message', ({ data }) => {
      const message = data as ToWorker;
      switch (message.type) {
        case 'state':
          peers = new Map(message.peers.map((peer) => [peer.id, peer]));
          multiaddrs = message.multiaddrs;
          if (host === undefined) {
            host = createHost(message.peerId);
            resolveHost(host);
          }
          for (const listener of changeListeners) listener();
          return;
        case 'peer':
          for (const listener of listeners) listener(message.event);
          return;
        case 'result':
          calls.settle(message.id, message.result);
          return;
        case 'handle':
          void handle(message);
          return;
        case 'abort':
          handling.get(message.id)?.abort();
      }
    });
    port.start?.();
    post({ type: 'hello' });
  });

  function createHost(peerId: string): BridgedHost {
    return {
      peerId,
      multiaddrs: () => multiaddrs,
      start: async () => void (await call({ method: 'start' })),
      stop: async () => void (await call({ method: 'stop' })),
      dial: async (multiaddr, signal) => (await call({ method: 'dial', multiaddr }, signal)) as Peer,
      dialPage: async (id) => (await call({ method: 'dialPage', peerId: id })) as Peer,
      redeem: async (invitation) => (await call({ method: 'redeem', invitation })) as RedeemedInvitation,
      peers: () => [...peers.values()],
      blame: async (id, fault) => void (await call({ method: 'blame', peerId: id, fault })),
      onPeer: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      onPeersChanged: (listener) => {
        changeListeners.add(listener);
        return () => changeListeners.delete(listener);
      },
      onFrame: (protocol, handler) => {
        frameHandlers.set(protocol, handler);
        post({ type: 'handle', kind: 'frame', protocol });
      },
      onRequest: (protocol, handler) => {
        requestHandlers.set(protocol, handler);
        post({ type: 'handle', kind: 'request', protocol });
      },
      send: async (id, protocol, frame) => {
        const bytes = toTransferable(frame);
        await call({ method: 'send', peerId: id, protocol, bytes }, undefined, [bytes.buffer]);
      },
      request: async (id, protocol, request, { signal, timeoutMs } = {}) => {
        const bytes = toTransferable(request);
        return (await call({ method: 'request', peerId: id, protocol, bytes, timeoutMs }, signal, [
          bytes.buffer,
        ])) as Uint8Array;
      },
      setStatus: ({ number, hash }) => post({ type: 'status', number, hash }),
    };
  }
}
