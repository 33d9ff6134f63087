import type { NetworkHost } from '@isoquorum/network/host';
import { SYNC_PROTOCOL } from '@isoquorum/network/protocols';
import { decodeSyncAnswer, encodeSyncRequest, type SyncRequest } from '@isoquorum/network/wire/sync';
import { type Block, decodeBlockBody } from '@isoquorum/primitives/block';
import { decodeHeader, type Header, headerHash } from '@isoquorum/primitives/header';

/** The honest chain as the liar knows it, in memory, from the genesis on. */
export interface ChainCopy {
  /** Every block by number; 0 is the genesis. */
  readonly blocks: readonly Block[];
  /** Asks an honest node for what came since; answers how many blocks did. */
  update(): Promise<number>;
}

/** Takes the chain from any connected node; a liar has no reason to doubt honest nodes. */
export function createChainCopy(host: NetworkHost, genesisHeader: Header): ChainCopy {
  const blocks: Block[] = [{ header: genesisHeader, transactions: [], uncles: [] }];

  async function ask(peerId: string, request: SyncRequest): Promise<readonly Uint8Array[]> {
    const { answer } = decodeSyncAnswer(await host.request(peerId, SYNC_PROTOCOL, encodeSyncRequest(request)));
    return answer.items;
  }

  return {
    blocks,
    async update() {
      const peer = host.peers().find(({ role }) => role === 'node');
      if (peer === undefined) return 0;
      const request = { type: 'headers', origin: blocks.length, amount: 128, skip: 0, reverse: false } as const;
      const headers = (await ask(peer.id, request)).map((item) => decodeHeader(item.slice()));
      if (headers.length === 0) return 0;
      const bodies = await ask(peer.id, { type: 'bodies', hashes: headers.map(headerHash) });
      for (const [index, body] of bodies.entries())
        blocks.push({ header: headers[index] as Header, ...decodeBlockBody(body.slice()) });
      return bodies.length;
    },
  };
}
