import type { NetworkHost } from '@isoquorum/network/host';
import { SYNC_PROTOCOL, WITNESS_PROTOCOL } from '@isoquorum/network/protocols';
import { decodeSyncAnswer, encodeSyncRequest, type SyncRequest } from '@isoquorum/network/wire/sync';
import {
  decodeWitness,
  encodeWitnessRequest,
  type Witness,
  type WitnessRequest,
} from '@isoquorum/network/wire/witness';
import { type BlockBody, decodeBlockBody } from '@isoquorum/primitives/block';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { decodeHeader, type Header } from '@isoquorum/primitives/header';
import { participantError } from '../errors.ts';

/** Asks validators for parts of the chain. Nothing that it gives was checked beyond its form. */
export interface SyncClient {
  /** Consecutive headers from `number` on, at most `amount`; fewer at the end of the peer's chain. */
  headers(peerId: string, number: number, amount: number): Promise<readonly Header[]>;
  /** Bodies in the order of the hashes; fewer when the peer lacks some. */
  bodies(peerId: string, hashes: readonly Hash32[]): Promise<readonly BlockBody[]>;
  /** RLP of the list of a block's receipts, in the order of the hashes. */
  receipts(peerId: string, hashes: readonly Hash32[]): Promise<readonly Uint8Array[]>;
  witness(peerId: string, request: WitnessRequest): Promise<Witness>;
}

const requestTimeoutMs = 10_000;

export function createSyncClient(host: NetworkHost): SyncClient {
  async function ask(peerId: string, request: SyncRequest, itemsMax: number): Promise<readonly Uint8Array[]> {
    const bytes = await host.request(peerId, SYNC_PROTOCOL, encodeSyncRequest(request), {
      timeoutMs: requestTimeoutMs,
    });
    const { answer } = decodeSyncAnswer(bytes);
    if (answer.type !== request.type || answer.items.length > itemsMax)
      throw participantError(
        'ANSWER_INVALID',
        'A validator answered something else than it was asked.',
        { peerId, type: request.type },
        'REJECT',
      );
    return answer.items;
  }
  return {
    async headers(peerId, number, amount) {
      const items = await ask(peerId, { type: 'headers', origin: number, amount, skip: 0, reverse: false }, amount);
      return items.map((item) => decodeHeader(item.slice()));
    },
    async bodies(peerId, hashes) {
      const items = await ask(peerId, { type: 'bodies', hashes }, hashes.length);
      return items.map((item) => decodeBlockBody(item.slice()));
    },
    async receipts(peerId, hashes) {
      return ask(peerId, { type: 'receipts', hashes }, hashes.length);
    },
    async witness(peerId, request) {
      const bytes = await host.request(peerId, WITNESS_PROTOCOL, encodeWitnessRequest(request), {
        timeoutMs: requestTimeoutMs,
      });
      return decodeWitness(bytes);
    },
  };
}
