import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { IsoquorumError } from '@isoquorum/primitives/errors';

/** A JSON-RPC port that is open. */
export interface RpcListener {
  readonly host: string;
  readonly port: number;
  /** Stops listening and closes all connections. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Opens a port.
 * @throws PORT_BUSY (fields host, port), LISTEN_FAILED
 */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  return await new Promise<number>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const busy = error.code === 'EADDRINUSE';
      reject(
        busy
          ? new IsoquorumError('PORT_BUSY', `port ${port} of ${host} is in use`, { host, port }, 'STOP', {
              cause: error,
            })
          : new IsoquorumError(
              'LISTEN_FAILED',
              `cannot listen at ${host}:${port}: ${error.message}`,
              { host, port },
              'STOP',
              { cause: error },
            ),
      );
    });
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Closes a server with its connections. */
export async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
