import { encodeBlock } from '@isoquorum/primitives/block';
import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import type { NetworkHost, Peer } from '@isoquorum/network/host';
import { BLOCKS_PROTOCOL } from '@isoquorum/network/protocols';
import { encodeNewBlock } from '@isoquorum/network/wire/new-block';
import type { CancelTimer, Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { ChainBlock, ChainReader } from '../chain/chain.ts';
import { createKnownHashes } from './known-hashes.ts';

/** A head that has not moved for so long is announced once more, then after twice that time, and so on up to the maximum. */
const quietMsFirst = 10_000;
const quietMsMax = 320_000;

export interface BlockAnnouncerOptions {
  readonly host: NetworkHost;
  readonly chain: ChainReader;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Validators of the head: they make each block themselves, so that it is not announced to them. */
  readonly validators: () => readonly Address[];
}

/**
 * Sends each new head, whole, to browsers and to nodes that do not validate. A head that stands is told to everybody now and
 * then: where a network makes no blocks (branches of Clique of which each waits for the other's signers, blocks on demand) an
 * announcement that was lost would not be made good by the next.
 */
export interface BlockAnnouncer {
  /** The peer has the block. */
  markKnown(peerId: string, hash: Hash32): void;
  /** The head, to the peer with this address, if it is connected. */
  announceHead(to: Address): void;
  stop(): void;
}

export function createBlockAnnouncer(options: BlockAnnouncerOptions): BlockAnnouncer {
  const { host, chain, logger } = options;
  const known = createKnownHashes(1024);

  function frameOf(block: ChainBlock): Uint8Array {
    return encodeNewBlock(encodeBlock(block.block), chain.totalDifficulty(block.hash) ?? 0n);
  }

  function send(peer: Peer, block: ChainBlock, frame: Uint8Array): void {
    known.mark(peer.id, block.hash);
    host.send(peer.id, BLOCKS_PROTOCOL, frame).catch((error: unknown) => {
      logger.log('debug', 'A block was not sent', { peer: peer.id, reason: String(error) });
    });
  }

  function announce(block: ChainBlock): void {
    const validators = new Set(options.validators().map(bytesToBareHex));
    let frame: Uint8Array | undefined;
    for (const peer of host.peers()) {
      if (known.has(peer.id, block.hash)) continue;
      if (peer.address !== undefined && validators.has(bytesToBareHex(peer.address))) continue;
      frame ??= frameOf(block);
      send(peer, block, frame);
    }
  }

  let cancelQuiet: CancelTimer = () => undefined;

  function announceWhenQuiet(delayMs: number): void {
    cancelQuiet = options.clock.setTimer(delayMs, () => {
      const head = chain.head();
      const frame = frameOf(head);
      for (const peer of host.peers()) if (peer.role === 'node') send(peer, head, frame);
      announceWhenQuiet(Math.min(delayMs * 2, quietMsMax));
    });
  }
  announceWhenQuiet(quietMsFirst);

  const stopChain = chain.onEvent((event) => {
    if (event.type !== 'head') return;
    cancelQuiet();
    announceWhenQuiet(quietMsFirst);
    host.setStatus({ number: event.head.block.header.number, hash: event.head.hash });
    announce(event.head);
  });
  const stopPeers = host.onPeer(({ type, peer }) => {
    if (type === 'disconnected') known.forget(peer.id);
    // A peer that says it is behind gets our head, so that it knows how far it has to go.
    else if (peer.status.headNumber < chain.headNumber()) send(peer, chain.head(), frameOf(chain.head()));
  });

  return {
    markKnown: (peerId, hash) => void known.mark(peerId, hash),
    announceHead(to) {
      const text = bytesToBareHex(to);
      const peer = host.peers().find(({ address }) => address !== undefined && bytesToBareHex(address) === text);
      if (peer !== undefined) send(peer, chain.head(), frameOf(chain.head()));
    },
    stop() {
      cancelQuiet();
      stopChain();
      stopPeers();
    },
  };
}
