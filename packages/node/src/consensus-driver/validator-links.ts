import type { Address } from '@isoquorum/primitives/bytes';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import type { NetworkHost, Peer } from '@isoquorum/network/host';
import { CONSENSUS_PROTOCOL } from '@isoquorum/network/protocols';
import type { Logger } from '@isoquorum/platform/logger';
import { createKnownHashes } from '../sync/known-hashes.ts';

/** A frame with its hash: made once for each message, however often it is passed on. */
export interface KnownFrame {
  readonly frame: Uint8Array;
  readonly hash: Uint8Array;
}

/** Consensus messages on their way to validators; nobody gets a message that it has. */
export interface ValidatorLinks {
  /** To every connected validator that does not have the message. */
  send(frame: KnownFrame, validators: readonly Address[]): void;
  /** To one validator, even if it had the messages before. */
  sendTo(to: Address, frames: readonly KnownFrame[]): void;
  /** Notes that a peer has a frame; undefined when we had it from anybody before. */
  receive(peer: Peer, frame: Uint8Array): KnownFrame | undefined;
  forget(peerId: string): void;
  /** Addresses of connected nodes (bare hex). */
  connected(): ReadonlySet<string>;
}

const ourselves = '';

export function knownFrame(frame: Uint8Array): KnownFrame {
  return { frame, hash: keccak256(frame) };
}

export function createValidatorLinks(host: NetworkHost, logger: Logger): ValidatorLinks {
  const known = createKnownHashes(1024);
  const received = createKnownHashes(16_384);

  function give(peer: Peer, { frame, hash }: KnownFrame): void {
    known.mark(peer.id, hash);
    host.send(peer.id, CONSENSUS_PROTOCOL, frame).catch((error: unknown) => {
      logger.log('debug', 'A consensus message was not sent', { peer: peer.id, reason: String(error) });
    });
  }

  return {
    send(frame, validators) {
      received.mark(ourselves, frame.hash);
      const wanted = new Set(validators.map(bytesToBareHex));
      for (const peer of host.peers()) {
        if (peer.address === undefined || !wanted.has(bytesToBareHex(peer.address))) continue;
        if (!known.has(peer.id, frame.hash)) give(peer, frame);
      }
    },
    sendTo(to, frames) {
      const text = bytesToBareHex(to);
      const peer = host.peers().find(({ address }) => address !== undefined && bytesToBareHex(address) === text);
      if (peer !== undefined) for (const frame of frames) give(peer, frame);
    },
    receive(peer, bytes) {
      const frame = knownFrame(bytes);
      known.mark(peer.id, frame.hash);
      return received.mark(ourselves, frame.hash) ? frame : undefined;
    },
    forget: (peerId) => known.forget(peerId),
    connected: () =>
      new Set(host.peers().flatMap(({ address }) => (address === undefined ? [] : bytesToBareHex(address)))),
  };
}
