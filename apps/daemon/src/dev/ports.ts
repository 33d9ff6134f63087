import { createServer } from 'node:net';
import { createCommandError } from '../command-error.ts';

/** The ports of one node and its manager. */
export interface NodePorts {
  readonly http: number;
  readonly ws: number;
  readonly tcp: number;
  readonly libp2pWs: number;
  readonly enode: number;
  readonly managerP2p: number;
  readonly managerThirdParty: number;
  readonly managerQ2t: number;
}

/**
 * The port of every service: with `base` each is base + something, without it the customary ones (interfaces.md 2).
 * `index` counts from 0.
 */
export function portsOf(index: number, base: number | undefined): NodePorts {
  if (base === undefined) {
    return {
      http: 8545 + 2 * index,
      ws: 8546 + 2 * index,
      tcp: 31303 + index,
      libp2pWs: 31403 + index,
      enode: 30303 + index,
      managerP2p: 9001 + index,
      managerThirdParty: 9081 + index,
      managerQ2t: 9101 + index,
    };
  }
  const own = base + 1 + 8 * index;
  return {
    http: own,
    ws: own + 1,
    tcp: own + 2,
    libp2pWs: own + 3,
    enode: own + 4,
    managerP2p: own + 5,
    managerThirdParty: own + 6,
    managerQ2t: own + 7,
  };
}

/** The page's port. */
export function playgroundPort(base: number | undefined): number {
  return base ?? 5173;
}

/** Finds a busy port before anything is started. @throws PORT_BUSY naming the port and its use */
export async function checkPortsFree(ports: ReadonlyMap<number, string>): Promise<void> {
  for (const [port, use] of ports) {
    await new Promise<void>((resolve, reject) => {
      const probe = createServer();
      probe.once('error', () => {
        reject(
          createCommandError(
            'PORT_BUSY',
            `port ${port} (${use}) on 127.0.0.1 is in use: stop what uses it, or choose others with --port-base`,
            { port, use },
          ),
        );
      });
      probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve()));
    });
  }
}
