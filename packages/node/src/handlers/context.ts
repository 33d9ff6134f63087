import type { Address } from '@isoquorum/primitives/bytes';
import type { Header } from '@isoquorum/primitives/header';
import type { Evm } from '@isoquorum/execution/evm/port';
import type { StateDatabase } from '@isoquorum/execution/state/database';
import type { RpcRequestContext } from '@isoquorum/rpc/jsonrpc/session';
import type { NodeContext } from '../node-context.ts';

/** What handlers answer from: the running node and what runs calls on its states. */
export interface HandlerContext extends NodeContext {
  readonly database: StateDatabase;
  readonly evm: Evm;
  /** Author of a block by its engine: what the COINBASE opcode answers. */
  readonly author: (header: Header) => Address;
}

/** The private state that answers a request. */
export function psiOf(context: HandlerContext, request: RpcRequestContext): string {
  return request.psi ?? context.defaultPsi;
}

/** The chain id, 0 when the genesis names none. */
export function chainIdOf(context: HandlerContext): bigint {
  return context.chain.config.chainId ?? 0n;
}
