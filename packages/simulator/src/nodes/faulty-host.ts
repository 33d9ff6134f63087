import type { FrameHandler, NetworkHost } from '@isoquorum/network/host';
import { CONSENSUS_PROTOCOL } from '@isoquorum/network/protocols';

export interface FaultyHostOptions {
  /** Extra milliseconds for one frame, once for each of its copies. */
  readonly detours: () => readonly number[];
  readonly after: (delayMs: number, run: () => void) => void;
  readonly isAlive: () => boolean;
  /** Sees each frame of the engine on its way out; true: it is dealt with (a traitor says something else). */
  readonly outgoing: (peerId: string, frame: Uint8Array) => boolean;
  /** Is told of each other frame. */
  readonly sent: (peerId: string, protocol: string, frame: Uint8Array) => void;
  /** Hears each frame of the engine before the node does. */
  readonly incoming: (peerId: string, frame: Uint8Array) => void;
}

/** A host of which frames overtake each other, come twice, or are a traitor's; dead with its node's life. */
export function createFaultyHost(host: NetworkHost, options: FaultyHostOptions): NetworkHost {
  const never = new Promise<never>(() => undefined);

  async function sendPlainly(peerId: string, protocol: string, frame: Uint8Array): Promise<void> {
    const [first = 0, ...copies] = options.detours();
    const sendAfter = (delayMs: number): Promise<void> => {
      if (delayMs === 0) return host.send(peerId, protocol, frame);
      // Nobody waits for it: what is late has left.
      options.after(delayMs, () => void host.send(peerId, protocol, frame).catch(() => undefined));
      return Promise.resolve();
    };
    for (const delayMs of copies) void sendAfter(Math.max(delayMs, 1));
    return sendAfter(first);
  }

  return {
    ...host,
    peerId: host.peerId,
    start: () => (options.isAlive() ? host.start() : never),
    onFrame(protocol: string, handler: FrameHandler) {
      host.onFrame(protocol, (peer, frame) => {
        if (protocol === CONSENSUS_PROTOCOL) options.incoming(peer.id, frame);
        return handler(peer, frame);
      });
    },
    send(peerId, protocol, frame) {
      if (!options.isAlive()) return never;
      if (protocol !== CONSENSUS_PROTOCOL) options.sent(peerId, protocol, frame);
      else if (options.outgoing(peerId, frame)) return Promise.resolve();
      return sendPlainly(peerId, protocol, frame);
    },
  };
}
