import type { RpcRequestContext } from '@isoquorum/rpc/jsonrpc/session';
import type { NodeContext } from '../node-context.ts';

/** What handlers answer from: the running node and what runs calls on its states. */
export type HandlerContext = NodeContext;

/** The private state that answers a request. */
export function psiOf(context: HandlerContext, request: RpcRequestContext): string {
  return request.psi ?? context.defaultPsi;
}

/** The chain id, 0 when the genesis names none. */
export function chainIdOf(context: HandlerContext): bigint {
  return context.chain.config.chainId ?? 0n;
}
