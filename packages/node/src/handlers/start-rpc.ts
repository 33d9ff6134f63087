import { DEFAULT_LIMITS, type RpcLimits } from '@isoquorum/rpc/jsonrpc/limits';
import { createRpcService } from '@isoquorum/rpc/jsonrpc/service';
import { listenHttp } from '@isoquorum/rpc/node/http-shell';
import type { RpcListener } from '@isoquorum/rpc/node/listen';
import { listenWebSocket } from '@isoquorum/rpc/node/ws-shell';
import type { HandlerContext } from './context.ts';
import { createNodeHandlers } from './create-node-handlers.ts';
import { isVerbatim } from './verbatim.ts';

export interface StartRpcOptions {
  readonly context: HandlerContext;
  readonly http?: {
    /** Default 127.0.0.1. */
    readonly host?: string;
    /** 0 picks a free one. */
    readonly port: number;
    /** Origins whose pages may read answers; default none. */
    readonly corsOrigins?: readonly string[];
    /** Names in the `Host` header beside IP addresses; default `localhost`. */
    readonly allowedHosts?: readonly string[];
  };
  readonly ws?: {
    readonly host?: string;
    readonly port: number;
    /** Origins whose pages may connect; default none. */
    readonly origins?: readonly string[];
    readonly allowedHosts?: readonly string[];
  };
  readonly limits?: Partial<RpcLimits>;
}

export interface RunningRpc {
  readonly http: RpcListener | undefined;
  readonly ws: RpcListener | undefined;
  /** Closes both ports with their connections, and forgets filters. */
  close(): Promise<void>;
}

/** Opens a node's JSON-RPC ports. @throws PORT_BUSY (fields host, port), LISTEN_FAILED */
export async function startRpc(options: StartRpcOptions): Promise<RunningRpc> {
  const { context } = options;
  const logger = context.logger.child({ part: 'rpc' });
  const nodeHandlers = createNodeHandlers(context);
  const { handlers, subscriptions } = nodeHandlers;
  const service = createRpcService({ handlers, isVerbatim, logger, limits: { ...DEFAULT_LIMITS, ...options.limits } });
  let http: RpcListener | undefined;
  let ws: RpcListener | undefined;
  const close = async (): Promise<void> => {
    await Promise.all([http?.close(), ws?.close()]);
    nodeHandlers.close();
  };
  try {
    if (options.http !== undefined) {
      const { corsOrigins, ...rest } = options.http;
      http = await listenHttp({
        service,
        ...rest,
        ...(corsOrigins === undefined ? {} : { allowedOrigins: corsOrigins }),
      });
    }
    if (options.ws !== undefined) {
      const { origins, ...rest } = options.ws;
      const random = context.random;
      ws = await listenWebSocket({
        service,
        subscriptionHandlers: subscriptions,
        random,
        ...rest,
        ...(origins === undefined ? {} : { allowedOrigins: origins }),
      });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { http, ws, close };
}
