import type { RpcRequestContext } from '@isoquorum/rpc/jsonrpc/session';
import { unknownPrivateState } from '../chain/errors.ts';
import { EMPTY_PRIVATE_STATE } from '../private/private-groups.ts';
import type { NodeContext } from '../node-context.ts';

/** What handlers answer from: the running node and what runs calls on its states. */
export type HandlerContext = NodeContext;

/** The private state that a request names, there or not: for what may be public. */
export function namedPsiOf(context: HandlerContext, request: RpcRequestContext): string {
  return request.psi ?? context.defaultPsi;
}

/** The private state that answers a request; never that of nobody. @throws UNKNOWN_PRIVATE_STATE */
export function psiOf(context: HandlerContext, request: RpcRequestContext): string {
  const psi = namedPsiOf(context, request);
  const { chain } = context;
  if (psi === EMPTY_PRIVATE_STATE || !chain.privateStates().includes(psi))
    throw unknownPrivateState(psi, chain.config.isMps);
  return psi;
}

/** Whether a request's private state is that of one of these parties (base64 keys); with one private state it is everybody's. */
export function isOfParty(context: HandlerContext, request: RpcRequestContext, keys: readonly string[]): boolean {
  const { groups } = context;
  return groups === undefined || groups.includes(psiOf(context, request), keys);
}

/** The chain id, 0 when the genesis names none. */
export function chainIdOf(context: HandlerContext): bigint {
  return context.chain.config.chainId ?? 0n;
}
