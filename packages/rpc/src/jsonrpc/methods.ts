import type { AnyMethod, HandlersOf, SubscriptionHandlersOf } from './method.ts';
import { adminMethods, type AdminMethods } from './methods/admin.ts';
import { cliqueMethods, type CliqueMethods } from './methods/clique.ts';
import { debugMethods, type DebugMethods } from './methods/debug.ts';
import { debugTraceMethods, type DebugTraceMethods } from './methods/debug-trace.ts';
import { ethChainMethods, type EthChainMethods } from './methods/eth-chain.ts';
import {
  ethFilterMethods,
  ethSubscriptions,
  type EthFilterMethods,
  type EthSubscriptions,
} from './methods/eth-filters.ts';
import { ethFeeMethods, type EthFeeMethods } from './methods/eth-fees.ts';
import { ethPrivateMethods, type EthPrivateMethods } from './methods/eth-private.ts';
import { ethStateMethods, type EthStateMethods } from './methods/eth-state.ts';
import { ethTransactionMethods, type EthTransactionMethods } from './methods/eth-transactions.ts';
import { isoquorumMethods, type IsoquorumMethods } from './methods/isoquorum.ts';
import { istanbulMethods, type IstanbulMethods } from './methods/istanbul.ts';
import { minerMethods, type MinerMethods } from './methods/miner.ts';
import { netMethods, type NetMethods } from './methods/net.ts';
import { personalMethods, type PersonalMethods } from './methods/personal.ts';
import { quorumExtensionMethods, type QuorumExtensionMethods } from './methods/quorum-extension.ts';
import { raftMethods, type RaftMethods } from './methods/raft.ts';
import { txpoolMethods, type TxpoolMethods } from './methods/txpool.ts';
import { rpcMethods, web3Methods, type RpcMethods, type Web3Methods } from './methods/web3.ts';

/** What belongs to one kind of consensus; a node has those of its chain's engine. */
export interface EngineMethods extends IstanbulMethods, CliqueMethods, RaftMethods {}

/** Every JSON-RPC method of a node. Server, typed client and `docs/rpc.md` are made from this one table. */
export interface Methods
  extends EthChainMethods,
    EthStateMethods,
    EthTransactionMethods,
    EthPrivateMethods,
    EthFilterMethods,
    EthFeeMethods,
    EngineMethods,
    IsoquorumMethods,
    AdminMethods,
    MinerMethods,
    NetMethods,
    Web3Methods,
    RpcMethods,
    TxpoolMethods,
    DebugMethods,
    DebugTraceMethods,
    PersonalMethods,
    QuorumExtensionMethods {}

export const methods: Methods = {
  ...ethChainMethods,
  ...ethStateMethods,
  ...ethTransactionMethods,
  ...ethPrivateMethods,
  ...ethFilterMethods,
  ...ethFeeMethods,
  ...isoquorumMethods,
  ...istanbulMethods,
  ...cliqueMethods,
  ...raftMethods,
  ...adminMethods,
  ...minerMethods,
  ...netMethods,
  ...web3Methods,
  ...rpcMethods,
  ...txpoolMethods,
  ...debugMethods,
  ...debugTraceMethods,
  ...personalMethods,
  ...quorumExtensionMethods,
};

export type MethodName = keyof Methods;

/** What a node implements: everything but what belongs to other engines than its chain's. */
export type Handlers = HandlersOf<Omit<Methods, keyof EngineMethods>> & Partial<HandlersOf<EngineMethods>>;

/** Subscriptions by name, under `eth_subscribe`. */
export interface Subscriptions extends EthSubscriptions {}
export const subscriptions: Subscriptions = ethSubscriptions;
export type SubscriptionHandlers = SubscriptionHandlersOf<Subscriptions>;

/** Look-up by a name that comes from outside. */
export const methodTable: ReadonlyMap<string, AnyMethod> = new Map(Object.entries(methods) as [string, AnyMethod][]);

/** Namespaces, sorted. */
export function namespaces(): readonly string[] {
  return [...new Set([...methodTable.keys()].map((name) => name.slice(0, name.indexOf('_'))))].toSorted();
}
