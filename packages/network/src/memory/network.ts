import type { Clock } from '@isoquorum/platform/clock';
import { networkError } from '../session/errors.ts';
import type { Link } from '../session/link.ts';
import { createMemoryHost, type MemoryHost, type MemoryHostOptions } from './host.ts';
import type { MemoryPort } from './port.ts';
import { createMemoryPipe, type MemoryPipe } from './stream.ts';

export interface MemoryNetworkOptions {
  readonly clock: Clock;
  /** Milliseconds from one host to another, asked for each chunk; 0 unless told. Chunks of one stream keep their order. */
  readonly latencyMs?: (from: string, to: string) => number;
  /** True when one frame of a protocol is lost on its way. */
  readonly drop?: (from: string, to: string, protocol: string) => boolean;
}

/** Hosts in one process; latency, loss and cuts are the caller's. */
export interface MemoryNetwork {
  createHost(options: MemoryHostOptions): MemoryHost;
  /** The address that `dial` takes: `/memory/<peerId>`. */
  multiaddr(peerId: string): string;
  /** Breaks the connections between two hosts, and refuses new ones until {@link MemoryNetwork.heal}. */
  cut(first: string, second: string): void;
  heal(first: string, second: string): void;
}

interface MemoryLink extends Link {
  /** Ends the connection at both hosts. */
  break(error: Error): void;
}

const addressPrefix = '/memory/';

export function createMemoryNetwork(options: MemoryNetworkOptions): MemoryNetwork {
  const { clock } = options;
  const ports = new Map<string, MemoryPort>();
  const links = new Map<string, Set<MemoryLink>>();
  const cuts = new Set<string>();
  const pairOf = (first: string, second: string): string => [first, second].toSorted().join(' ');
  const latencyMs = (from: string, to: string): number => options.latencyMs?.(from, to) ?? 0;

  function createLinks(near: MemoryPort, far: MemoryPort): MemoryLink {
    const pair = pairOf(near.peerId, far.peerId);
    const pipes = new Set<MemoryPipe>();
    let open = true;
    const breakBoth = (error: Error): void => {
      if (!open) return;
      open = false;
      links.get(pair)?.delete(nearLink);
      for (const pipe of pipes) pipe.cut(error);
      near.linkClosed(nearLink, error);
      far.linkClosed(farLink, error);
    };
    const closeGently = (from: string, to: string): void => {
      const error = networkError('PEER_GONE', 'peer closed the connection');
      // What was written before the close still arrives.
      clock.setTimer(latencyMs(from, to), () => breakBoth(error));
    };
    const side = (self: MemoryPort, other: MemoryPort, initiator: boolean, otherLink: () => Link): MemoryLink => ({
      peerId: other.peerId,
      initiator,
      transport: 'memory',
      multiaddr: `${addressPrefix}${other.peerId}`,
      close: () => closeGently(self.peerId, other.peerId),
      break: breakBoth,
      openStream: async (protocol) => {
        await wait(latencyMs(self.peerId, other.peerId));
        if (!open) throw networkError('PEER_GONE', 'connection is gone', { peerId: other.peerId, protocol });
        if (!other.serves(protocol))
          throw networkError('PROTOCOL_UNSUPPORTED', `${protocol} is not served there`, {
            peerId: other.peerId,
            protocol,
          });
        const { drop } = options;
        const pipe = createMemoryPipe({
          clock,
          protocol,
          latencyMs: {
            forth: () => latencyMs(self.peerId, other.peerId),
            back: () => latencyMs(other.peerId, self.peerId),
          },
          drop:
            drop === undefined
              ? undefined
              : {
                  forth: () => drop(self.peerId, other.peerId, protocol),
                  back: () => drop(other.peerId, self.peerId, protocol),
                },
        });
        pipes.add(pipe);
        other.acceptStream(otherLink(), pipe.far);
        return pipe.near;
      },
    });
    const nearLink: MemoryLink = side(near, far, true, () => farLink);
    const farLink: MemoryLink = side(far, near, false, () => nearLink);
    const known = links.get(pair) ?? new Set();
    known.add(nearLink);
    links.set(pair, known);
    far.linkOpened(farLink);
    return nearLink;
  }

  function wait(delayMs: number): Promise<void> {
    if (delayMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      clock.setTimer(delayMs, resolve);
    });
  }

  const breakPair = (pair: string, message: string): void => {
    for (const link of links.get(pair) ?? []) link.break(networkError('PEER_GONE', message));
  };

  return {
    createHost: (hostOptions) =>
      createMemoryHost(hostOptions, {
        clock,
        plug: (port) => {
          ports.set(port.peerId, port);
        },
        unplug: (peerId) => {
          ports.delete(peerId);
          for (const pair of links.keys()) if (pair.split(' ').includes(peerId)) breakPair(pair, 'host is stopped');
        },
        connect: async (from, multiaddr) => {
          const peerId = multiaddr.startsWith(addressPrefix) ? multiaddr.slice(addressPrefix.length) : '';
          await wait(latencyMs(from.peerId, peerId) + latencyMs(peerId, from.peerId));
          const far = ports.get(peerId);
          if (far === undefined || cuts.has(pairOf(from.peerId, peerId)))
            throw networkError('DIAL_FAILED', `nobody answers at ${multiaddr}`, { multiaddr });
          return createLinks(from, far);
        },
      }),
    multiaddr: (peerId) => `${addressPrefix}${peerId}`,
    cut: (first, second) => {
      const pair = pairOf(first, second);
      cuts.add(pair);
      breakPair(pair, 'connection was cut');
    },
    heal: (first, second) => {
      cuts.delete(pairOf(first, second));
    },
  };
}
