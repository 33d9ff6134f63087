import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bigintToRlp, booleanToRlp, encodeRlp, encodeRlpListOf, numberToRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { encodeMessage, failMessageId, messageIds } from './message.ts';

/** Most hashes of a request and most items of an answer, as geth serves. */
export const maxSyncItems = 1024;

/**
 * Requests of eth/66, each [request id, query]. The id inside is 0 on libp2p, where the stream's envelope pairs answers with requests;
 * RLPx needs it.
 */
export type SyncRequest =
  | {
      readonly type: 'headers';
      /** Block number or hash to begin with. */
      readonly origin: number | Hash32;
      readonly amount: number;
      /** Blocks left out between two headers. */
      readonly skip: number;
      /** Towards the genesis. */
      readonly reverse: boolean;
    }
  | { readonly type: 'bodies'; readonly hashes: readonly Hash32[] }
  | { readonly type: 'receipts'; readonly hashes: readonly Hash32[] };

/**
 * Answers of eth/66, each [request id, items]; an item is RLP as sent: a header, a body [transactions, uncles], the list of a block's receipts.
 * Items that the other end does not have are left out at the end.
 */
export interface SyncAnswer {
  readonly type: SyncRequest['type'];
  readonly items: readonly Uint8Array[];
}

const requestIds = {
  headers: messageIds.getBlockHeaders,
  bodies: messageIds.getBlockBodies,
  receipts: messageIds.getReceipts,
} as const;
const answerIds = {
  headers: messageIds.blockHeaders,
  bodies: messageIds.blockBodies,
  receipts: messageIds.receipts,
} as const;

export function encodeSyncRequest(request: SyncRequest, requestId = 0n): Uint8Array {
  const query =
    request.type === 'headers'
      ? [
          typeof request.origin === 'number' ? numberToRlp(request.origin) : request.origin,
          numberToRlp(request.amount),
          numberToRlp(request.skip),
          booleanToRlp(request.reverse),
        ]
      : request.hashes;
  return encodeMessage(requestIds[request.type], encodeRlp([bigintToRlp(requestId), query]));
}

/** @throws MESSAGE_ID_UNEXPECTED and RLP errors */
export function decodeSyncRequest(bytes: Uint8Array): { readonly requestId: bigint; readonly request: SyncRequest } {
  const type = typeOf(bytes, requestIds);
  const outer = new RlpReader(bytes, 1);
  const reader = outer.readList('request');
  outer.end('request');
  const requestId = reader.readBigint('requestId', 8);
  if (type !== 'headers') {
    const hashes = reader.readListOf('hashes', (list) => list.readFixed(32, 'hash').slice(), maxSyncItems);
    reader.end('request');
    return { requestId, request: { type, hashes } };
  }
  const query = reader.readList('query');
  reader.end('request');
  const origin = readOrigin(query);
  const amount = query.readNumber('amount');
  const skip = query.readNumber('skip');
  const reverse = query.readNumber('reverse');
  query.end('query');
  if (reverse > 1) query.fail('RLP_INTEGER_INVALID', 'neither 0 nor 1', 'reverse');
  return { requestId, request: { type, origin, amount, skip, reverse: reverse === 1 } };
}

function readOrigin(query: RlpReader): number | Hash32 {
  const start = query.position;
  if (query.readBytes('origin').length === 32) {
    query.position = start;
    return query.readFixed(32, 'origin').slice();
  }
  query.position = start;
  return query.readNumber('origin');
}

export function encodeSyncAnswer(answer: SyncAnswer, requestId = 0n): Uint8Array {
  const data = encodeRlpListOf([encodeRlp(bigintToRlp(requestId)), encodeRlpListOf(answer.items)]);
  return encodeMessage(answerIds[answer.type], data);
}

/** Items are views of `bytes`; their insides are not checked. @throws MESSAGE_ID_UNEXPECTED and RLP errors */
export function decodeSyncAnswer(bytes: Uint8Array): { readonly requestId: bigint; readonly answer: SyncAnswer } {
  const type = typeOf(bytes, answerIds);
  const outer = new RlpReader(bytes, 1);
  const reader = outer.readList('answer');
  outer.end('answer');
  const requestId = reader.readBigint('requestId', 8);
  const readItem = (list: RlpReader): Uint8Array => {
    list.expectList('item');
    return list.readRaw('item');
  };
  const items = reader.readListOf('items', readItem, maxSyncItems);
  reader.end('answer');
  return { requestId, answer: { type, items } };
}

function typeOf(bytes: Uint8Array, ids: Readonly<Record<SyncRequest['type'], number>>): SyncRequest['type'] {
  switch (bytes[0]) {
    case ids.headers:
      return 'headers';
    case ids.bodies:
      return 'bodies';
    case ids.receipts:
      return 'receipts';
    default:
      return failMessageId(bytes[0], Object.values(ids).join(', '));
  }
}
