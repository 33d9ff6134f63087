import type { NetworkHost } from '@isoquorum/network/host';
import { BLOCKS_PROTOCOL, SYNC_PROTOCOL } from '@isoquorum/network/protocols';
import { encodeNewBlock } from '@isoquorum/network/wire/new-block';
import { decodeSyncRequest, encodeSyncAnswer } from '@isoquorum/network/wire/sync';
import { type Block, encodeBlock, encodeBlockBody } from '@isoquorum/primitives/block';
import { encodeHeader, headerHash } from '@isoquorum/primitives/header';
import { bytesToHex } from '@isoquorum/primitives/hex';
import type { TestChain } from './test-chain.ts';

/** Answers sync requests from a test chain, and may lie: `disguise` changes blocks on their way out. */
export function serveChain(host: NetworkHost, chain: TestChain, disguise: (block: Block) => Block = (block) => block) {
  let requests = 0;
  host.onRequest(SYNC_PROTOCOL, async (_peer, bytes) => {
    requests++;
    const { request } = decodeSyncRequest(bytes);
    if (request.type === 'headers') {
      const from = request.origin as number;
      const served = chain.blocks.slice(from, from + request.amount).map(disguise);
      return encodeSyncAnswer({ type: 'headers', items: served.map(({ header }) => encodeHeader(header)) });
    }
    if (request.type === 'bodies') {
      const served = request.hashes.flatMap((hash) => {
        const found = chain.blocks.find(({ header }) => bytesToHex(headerHash(header)) === bytesToHex(hash));
        return found === undefined ? [] : [encodeBlockBody(disguise(found))];
      });
      return encodeSyncAnswer({ type: 'bodies', items: served });
    }
    return encodeSyncAnswer({ type: 'receipts', items: [] });
  });
  const claim = (): void => {
    const head = (chain.blocks.at(-1) as Block).header;
    host.setStatus({ number: head.number, hash: headerHash(head) });
  };
  claim();
  return {
    claim,
    requests: () => requests,
    /** Announces a block to every peer. */
    async announce(block: Block): Promise<void> {
      claim();
      const frame = encodeNewBlock(encodeBlock(disguise(block)), BigInt(block.header.number + 1));
      await Promise.all(host.peers().map((peer) => host.send(peer.id, BLOCKS_PROTOCOL, frame)));
    },
  };
}
