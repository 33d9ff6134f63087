import { createServer, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Buffer } from 'node:buffer';
import type { Random } from '@isoquorum/platform/random';
import { WebSocketServer, type WebSocket } from 'ws';
import { createRpcConnection } from '../jsonrpc/connection.ts';
import type { SubscriptionHandlers } from '../jsonrpc/methods.ts';
import type { RpcService } from '../jsonrpc/service.ts';
import { isHostAllowed, isOriginAllowed } from './access.ts';
import { closeServer, listen, type RpcListener } from './listen.ts';

export interface WebSocketShellOptions {
  readonly service: RpcService;
  readonly subscriptionHandlers: SubscriptionHandlers;
  readonly random: Random;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Names that the `Host` header may have beside IP addresses. Default `localhost`. */
  readonly allowedHosts?: readonly string[];
  /** Origins whose pages may connect; a request without an origin is no page. Default none. */
  readonly allowedOrigins?: readonly string[];
  /** Further connections are refused; default 500. */
  readonly connectionsMax?: number;
}

/** A connection is asked for a sign of life this often, and closed when none came since the last time. */
const PING_MS = 30_000;

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** Serves JSON-RPC with subscriptions over WebSocket. @throws PORT_BUSY, LISTEN_FAILED */
export async function listenWebSocket(options: WebSocketShellOptions): Promise<RpcListener> {
  const {
    service,
    subscriptionHandlers,
    random,
    host = '127.0.0.1',
    allowedHosts = ['localhost'],
    allowedOrigins = [],
  } = options;
  const { limits, logger } = service;
  const sockets = new Set<WebSocket>();
  const upgrader = new WebSocketServer({
    noServer: true,
    maxPayload: limits.messageBytesMax,
    perMessageDeflate: false,
  });

  function serve(socket: WebSocket): void {
    sockets.add(socket);
    let inFlight = 0;
    let alive = true;
    const connection = createRpcConnection({
      service,
      subscriptionHandlers,
      random,
      request: { transport: 'ws', psi: undefined },
      send: (text) => {
        if (socket.readyState !== socket.OPEN) return;
        if (socket.bufferedAmount > limits.backlogBytesMax) {
          logger.log('warn', 'a WebSocket client reads too slowly and is disconnected', {
            waitingBytes: socket.bufferedAmount,
          });
          socket.terminate();
          return;
        }
        socket.send(text);
      },
    });
    // What was answered last is still sent; then the original cuts the connection without a closing frame.
    const cut = (): void => socket.ping(undefined, undefined, () => socket.terminate());

    function settle(next: 'continue' | 'close'): void {
      inFlight -= 1;
      if (next === 'close') cut();
      else if (socket.isPaused && inFlight < limits.inFlightMax) socket.resume();
    }

    socket.on('message', (data: Buffer | ArrayBuffer | Buffer[]) => {
      alive = true;
      const text = Array.isArray(data)
        ? data.map((part) => part.toString('utf8')).join('')
        : new TextDecoder().decode(data);
      inFlight += 1;
      const next = connection.receive(text);
      if (!(next instanceof Promise)) {
        settle(next);
        return;
      }
      if (inFlight >= limits.inFlightMax) socket.pause();
      next.then(settle, (error: unknown) => {
        logger.log('error', 'a JSON-RPC message failed unexpectedly', { error: String(error) });
        socket.terminate();
      });
    });
    socket.on('pong', () => {
      alive = true;
    });
    const heartbeat = setInterval(() => {
      if (!alive) {
        socket.terminate();
        return;
      }
      alive = false;
      socket.ping();
    }, PING_MS);
    heartbeat.unref();
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      clearInterval(heartbeat);
      connection.close();
      sockets.delete(socket);
    });
  }

  const server = createServer((_request, response) => {
    response.writeHead(404, { 'content-length': '0' });
    response.end();
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const { origin } = request.headers;
    if (!isHostAllowed(request.headers.host, allowedHosts)) refuseUpgrade(socket, '403 Forbidden');
    else if (origin !== undefined && !isOriginAllowed(origin, allowedOrigins)) refuseUpgrade(socket, '403 Forbidden');
    else if (sockets.size >= (options.connectionsMax ?? 500)) refuseUpgrade(socket, '503 Service Unavailable');
    else upgrader.handleUpgrade(request, socket, head, serve);
  });
  const port = await listen(server, host, options.port);
  return {
    host,
    port,
    close: async () => {
      for (const socket of sockets) socket.terminate();
      upgrader.close();
      await closeServer(server);
    },
  };
}
