import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { bareHexToBytes, bytesToBareHex } from '@isoquorum/primitives/hex';
import { describe, expect, it } from 'vitest';
import { decodeConsensusFrame, encodeConsensusFrame } from './consensus.ts';
import { encodeMessage, messageIds } from './message.ts';
import { decodeNewBlock, encodeNewBlock } from './new-block.ts';
import { decodeSyncAnswer, decodeSyncRequest, encodeSyncAnswer, encodeSyncRequest } from './sync.ts';
import { decodeTransactionsFrame, encodeTransactionsFrame } from './transactions.ts';

const shared = process.env.ISOQUORUM_SHARED ?? join(import.meta.dirname, '../../../../../shared');
const folder = join(shared, 'vectors/consensus');

interface RecordedP2p {
  readonly payloads: readonly { readonly id: string; readonly rlp: string }[];
  readonly nodes: readonly {
    readonly frames: readonly { readonly code: number; readonly protocol: string; readonly payload: string }[];
  }[];
}
interface RecordedBft {
  readonly messages: readonly { readonly code: number; readonly wire: string; readonly p2pPayload?: string }[];
}

function readJson<T>(path: string): T {
  return JSON.parse(gunzipSync(readFileSync(path)).toString()) as T;
}

/** Decodes a frame and encodes it again; undefined for a message that this project does not carry. */
function roundTrip(frame: Uint8Array): Uint8Array | undefined {
  switch (frame[0]) {
    case messageIds.transactions:
      return encodeTransactionsFrame(decodeTransactionsFrame(frame));
    case messageIds.newBlock: {
      const { block, totalDifficulty } = decodeNewBlock(frame);
      return encodeNewBlock(block, totalDifficulty);
    }
    case messageIds.getBlockHeaders:
    case messageIds.getBlockBodies:
    case messageIds.getReceipts: {
      const { request, requestId } = decodeSyncRequest(frame);
      return encodeSyncRequest(request, requestId);
    }
    case messageIds.blockHeaders:
    case messageIds.blockBodies:
    case messageIds.receipts: {
      const { answer, requestId } = decodeSyncAnswer(frame);
      return encodeSyncAnswer(answer, requestId);
    }
    default:
      return undefined;
  }
}

describe.skipIf(!existsSync(folder))(
  'recorded GoQuorum messages (skipped without ../shared or ISOQUORUM_SHARED)',
  () => {
    const p2pFiles = existsSync(folder)
      ? readdirSync(join(folder, 'p2p')).filter((name) => name.startsWith('eth66'))
      : [];
    it.each(p2pFiles)('decodes and encodes the eth/66 frames of p2p/%s', (name) => {
      const recorded = readJson<RecordedP2p>(join(folder, 'p2p', name));
      const payloads = new Map(recorded.payloads.map(({ id, rlp }) => [id, rlp]));
      const seen = new Map<number, number>();
      for (const { frames } of recorded.nodes)
        for (const { code, protocol, payload } of frames) {
          if (protocol !== 'eth/66') continue;
          const frame = encodeMessage(code, bareHexToBytes(payloads.get(payload) as string));
          const encoded = roundTrip(frame);
          if (encoded === undefined) continue;
          expect(bytesToBareHex(encoded)).toBe(bytesToBareHex(frame));
          seen.set(code, (seen.get(code) ?? 0) + 1);
        }
      for (const code of [
        messageIds.transactions,
        messageIds.newBlock,
        messageIds.getBlockHeaders,
        messageIds.blockHeaders,
      ])
        expect(seen.get(code) ?? 0).toBeGreaterThan(0);
    });

    const bftFiles = existsSync(folder)
      ? ['ibft', 'qbft'].flatMap((engine) => readdirSync(join(folder, engine)).map((name) => join(engine, name)))
      : [];
    it.each(bftFiles)('carries the consensus messages of %s as GoQuorum does', (name) => {
      const { messages } = readJson<RecordedBft>(join(folder, name));
      expect(messages.length).toBeGreaterThan(0);
      for (const { code, wire, p2pPayload } of messages) {
        const message = bareHexToBytes(wire);
        const frame = encodeMessage(code, bareHexToBytes(p2pPayload ?? wire));
        expect(encodeConsensusFrame(code, message)).toEqual(frame);
        expect(decodeConsensusFrame(frame)).toEqual({ code, message });
      }
    });
  },
);
