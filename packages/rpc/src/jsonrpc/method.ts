import type { Parameter } from './parameters/codec.ts';
import type { ResultCodec } from './results.ts';
import type { RpcRequestContext } from './session.ts';

/** The parameters of a method, in order; one codec for each place of the tuple. */
export type MethodParameters<Params extends readonly unknown[]> = {
  readonly [Place in keyof Params]-?: Parameter<Params[Place]>;
};

/** One entry of the method table: server, client and documentation are made from it. */
export interface Method<Params extends readonly unknown[], Result> {
  /** One line for the documentation. */
  readonly doc: string;
  readonly params: MethodParameters<Params>;
  readonly result: ResultCodec<Result>;
  /** Neighbours of this kind in a batch may run at the same time: they are taken in order, and their answers keep it. */
  readonly concurrent?: boolean;
}

/** A method without its types, as the service and the documentation walk over the table. */
export interface AnyMethod {
  readonly doc: string;
  readonly params: readonly Parameter<never>[];
  readonly result: ResultCodec<never>;
  readonly concurrent?: boolean;
}

/** What runs a method. `request` says who asks. */
export type Handler<Entry> =
  Entry extends Method<infer Params, infer Result>
    ? (request: RpcRequestContext, ...params: Params) => Result | Promise<Result>
    : never;

/** Runs each method of a table. */
export type HandlersOf<Table> = { readonly [Name in keyof Table]: Handler<Table[Name]> };

export type ParamsOf<Entry> = Entry extends Method<infer Params, unknown> ? Params : never;
export type ResultOf<Entry> = Entry extends Method<infer _Params, infer Result> ? Result : never;

/** A subscription: its parameters after the name, and what its notifications carry (wire form). */
export interface Subscription<Params extends readonly unknown[], Item> {
  readonly doc: string;
  readonly params: MethodParameters<Params>;
  readonly item: ResultCodec<Item>;
}

/** Starts a subscription; returns what ends it. `notify` may be called at any time from then on. */
export type SubscriptionHandler<Entry> =
  Entry extends Subscription<infer Params, infer Item>
    ? (request: RpcRequestContext, notify: (item: Item) => void, ...params: Params) => () => void
    : never;

export type SubscriptionHandlersOf<Table> = { readonly [Name in keyof Table]: SubscriptionHandler<Table[Name]> };
