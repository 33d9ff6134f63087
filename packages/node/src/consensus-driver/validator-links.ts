import { QBFT_CODE, type QbftMessage } from '@isoquorum/consensus/qbft/message';
import { encodeQbftMessage } from '@isoquorum/consensus/qbft/message-codec';
import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import type { NetworkHost, Peer } from '@isoquorum/network/host';
import { CONSENSUS_PROTOCOL } from '@isoquorum/network/protocols';
import { encodeConsensusFrame } from '@isoquorum/network/wire/consensus';
import type { Logger } from '@isoquorum/platform/logger';
import { createKnownHashes } from '../sync/known-hashes.ts';

/** Consensus messages on their way to validators; nobody gets a message that it has. */
export interface ValidatorLinks {
  /** To every connected validator that does not have the message. */
  send(message: QbftMessage, validators: readonly Address[]): void;
  /** To one validator, even if it had the messages before. */
  sendTo(to: Address, messages: readonly QbftMessage[]): void;
  /** Notes that a peer has a frame; answers false when we had it from anybody before. */
  receive(peer: Peer, frame: Uint8Array): boolean;
  forget(peerId: string): void;
  /** Addresses of connected nodes (bare hex). */
  connected(): ReadonlySet<string>;
}

const ourselves = '';

export function createValidatorLinks(host: NetworkHost, logger: Logger): ValidatorLinks {
  const known = createKnownHashes(1024);
  const received = createKnownHashes(16_384);

  function frameOf(message: QbftMessage): { frame: Uint8Array; hash: Hash32 } {
    const frame = encodeConsensusFrame(QBFT_CODE[message.type], encodeQbftMessage(message));
    return { frame, hash: keccak256(frame) };
  }

  function peerOf(address: Address): Peer | undefined {
    const text = bytesToBareHex(address);
    return host.peers().find((peer) => peer.address !== undefined && bytesToBareHex(peer.address) === text);
  }

  function give(peer: Peer, frame: Uint8Array): void {
    host.send(peer.id, CONSENSUS_PROTOCOL, frame).catch((error: unknown) => {
      logger.log('debug', 'A consensus message was not sent', { peer: peer.id, reason: String(error) });
    });
  }

  return {
    send(message, validators) {
      const { frame, hash } = frameOf(message);
      received.mark(ourselves, hash);
      const wanted = new Set(validators.map(bytesToBareHex));
      for (const peer of host.peers()) {
        if (peer.address === undefined || !wanted.has(bytesToBareHex(peer.address))) continue;
        if (known.mark(peer.id, hash)) give(peer, frame);
      }
    },
    sendTo(to, messages) {
      const peer = peerOf(to);
      if (peer === undefined) return;
      for (const message of messages) {
        const { frame, hash } = frameOf(message);
        known.mark(peer.id, hash);
        give(peer, frame);
      }
    },
    receive(peer, frame) {
      const hash = keccak256(frame);
      known.mark(peer.id, hash);
      return received.mark(ourselves, hash);
    },
    forget: (peerId) => known.forget(peerId),
    connected: () =>
      new Set(host.peers().flatMap(({ address }) => (address === undefined ? [] : bytesToBareHex(address)))),
  };
}
