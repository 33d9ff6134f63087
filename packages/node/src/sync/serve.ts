import { encodeBlockBody } from '@isoquorum/primitives/block';
import { encodeHeader, type Header } from '@isoquorum/primitives/header';
import { encodeReceiptItem } from '@isoquorum/primitives/receipt';
import { encodeRlpListOf } from '@isoquorum/primitives/rlp';
import type { NetworkHost } from '@isoquorum/network/host';
import { SYNC_PROTOCOL } from '@isoquorum/network/protocols';
import { decodeSyncRequest, encodeSyncAnswer, maxSyncItems, type SyncRequest } from '@isoquorum/network/wire/sync';
import type { ChainReader } from '../chain/chain.ts';

/** Bytes after which an answer is closed, as geth's soft limit. */
const answerBytesMax = 2 * 1024 * 1024;

function headers(chain: ChainReader, request: SyncRequest & { type: 'headers' }): Uint8Array[] {
  const amount = Math.min(request.amount, maxSyncItems);
  const items: Uint8Array[] = [];
  let number: number;
  if (typeof request.origin === 'number') {
    number = request.origin;
  } else {
    const origin = chain.headerByHash(request.origin);
    if (origin === undefined) return items;
    if (!chain.isCanonical(request.origin)) return [encodeHeader(origin)];
    number = origin.number;
  }
  const step = (request.skip + 1) * (request.reverse ? -1 : 1);
  for (; items.length < amount && number >= 0; number += step) {
    const header: Header | undefined = chain.headerByNumber(number);
    if (header === undefined) break;
    items.push(encodeHeader(header));
  }
  return items;
}

function bodies(chain: ChainReader, request: SyncRequest & { type: 'bodies' }): Uint8Array[] {
  const items: Uint8Array[] = [];
  let bytes = 0;
  for (const hash of request.hashes) {
    const block = chain.blockByHash(hash);
    if (block === undefined) break;
    const item = encodeBlockBody(block.block);
    if (items.length > 0 && bytes + item.length > answerBytesMax) break;
    bytes += item.length;
    items.push(item);
  }
  return items;
}

function receipts(chain: ChainReader, request: SyncRequest & { type: 'receipts' }): Uint8Array[] {
  const items: Uint8Array[] = [];
  let bytes = 0;
  for (const hash of request.hashes) {
    const found = chain.publicReceipts(hash);
    if (found === undefined) break;
    const item = encodeRlpListOf(found.map(encodeReceiptItem));
    if (items.length > 0 && bytes + item.length > answerBytesMax) break;
    bytes += item.length;
    items.push(item);
  }
  return items;
}

function itemsOf(chain: ChainReader, request: SyncRequest): Uint8Array[] {
  switch (request.type) {
    case 'headers':
      return headers(chain, request);
    case 'bodies':
      return bodies(chain, request);
    case 'receipts':
      return receipts(chain, request);
  }
}

/** Answers peers and pages: headers, bodies, public receipts. Nothing private leaves here. */
export function serveChain(host: NetworkHost, chain: ChainReader): void {
  host.onRequest(SYNC_PROTOCOL, async (_peer, bytes) => {
    const { requestId, request } = decodeSyncRequest(bytes);
    return encodeSyncAnswer({ type: request.type, items: itemsOf(chain, request) }, requestId);
  });
}
