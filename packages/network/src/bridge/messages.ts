import { IsoquorumError, isIsoquorumError, type Reaction } from '@isoquorum/primitives/errors';
import type { Invitation } from '../admission/invitation.ts';
import type { RedeemedInvitation } from '../admission/admission.ts';
import type { NetworkHost, Peer, PeerEvent, PeerFault } from '../host.ts';

/** What a {@link MessagePort} of a browser, a Worker or Node offers and the bridge needs. */
export interface BridgePort {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  removeEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  start?(): void;
  close(): void;
}

/** A host as a page has it: what only browsers can do is optional. */
export interface PageHost extends NetworkHost {
  redeem?(invitation: Invitation): Promise<RedeemedInvitation>;
  dialPage?(peerId: string): Promise<Peer>;
  /** Called when a peer came, went, or changed its connection. */
  onPeersChanged?(listener: () => void): () => void;
}

/** Calls of {@link NetworkHost} and {@link PageHost} that the Worker makes and the window answers. */
export type Call =
  | { readonly method: 'start' | 'stop' }
  | { readonly method: 'dial'; readonly multiaddr: string }
  | { readonly method: 'dialPage'; readonly peerId: string }
  | { readonly method: 'blame'; readonly peerId: string; readonly fault: PeerFault }
  | { readonly method: 'redeem'; readonly invitation: Invitation }
  | { readonly method: 'send'; readonly peerId: string; readonly protocol: string; readonly bytes: Uint8Array }
  | {
      readonly method: 'request';
      readonly peerId: string;
      readonly protocol: string;
      readonly bytes: Uint8Array;
      readonly timeoutMs: number | undefined;
    };

/** From the Worker to the window. */
export type ToWindow =
  | { readonly type: 'hello' }
  | { readonly type: 'call'; readonly id: number; readonly call: Call }
  | { readonly type: 'abort'; readonly id: number }
  | { readonly type: 'handle'; readonly kind: 'frame' | 'request'; readonly protocol: string }
  | { readonly type: 'status'; readonly number: number; readonly hash: Uint8Array }
  | { readonly type: 'answer'; readonly id: number; readonly result: Result };

/** From the window to the Worker. `state` comes after `hello` and before every message that depends on it. */
export type ToWorker =
  | {
      readonly type: 'state';
      readonly peerId: string;
      readonly multiaddrs: readonly string[];
      readonly peers: readonly Peer[];
    }
  | { readonly type: 'peer'; readonly event: PeerEvent }
  | { readonly type: 'result'; readonly id: number; readonly result: Result }
  | {
      readonly type: 'handle';
      readonly id: number;
      readonly kind: 'frame' | 'request';
      readonly protocol: string;
      readonly peerId: string;
      readonly bytes: Uint8Array;
    }
  | { readonly type: 'abort'; readonly id: number };

/** How a call or a handler ended. */
export type Result =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: PlainError };

/** An error as structured clone carries it. */
export interface PlainError {
  readonly code: string | undefined;
  readonly message: string;
  readonly reaction: Reaction;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function errorToPlain(error: unknown): PlainError {
  if (!isIsoquorumError(error)) {
    const message = error instanceof Error ? error.message : String(error);
    return { code: undefined, message, reaction: 'RETRY', fields: {} };
  }
  const simple = Object.entries(error.fields).filter(
    ([, value]) => typeof value !== 'object' && typeof value !== 'function',
  );
  return { code: error.code, message: error.message, reaction: error.reaction, fields: Object.fromEntries(simple) };
}

export function plainToError(error: PlainError): Error {
  if (error.code === undefined) return new Error(error.message);
  return new IsoquorumError(error.code, error.message, error.fields, error.reaction);
}

/** A copy whose buffer holds nothing else, so that it can be transferred: cloning a view would clone all that lies around it. */
export function toTransferable(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

/** A peer without getters. */
export function peerToPlain(peer: Peer): Peer {
  const { id, role, address, name, direction, transport, multiaddr, status } = peer;
  return { id, role, address, name, direction, transport, multiaddr, status: { ...status } };
}
