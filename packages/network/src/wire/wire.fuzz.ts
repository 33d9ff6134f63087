import { fc, test } from '@fast-check/vitest';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { encodeRlp, type RlpItem } from '@isoquorum/primitives/rlp';
import { describe, expect } from 'vitest';
import { parseBrowserList, parseRedeemedRecords } from '../admission/browser-list.ts';
import { decodeInvitation, invitationFromBytes } from '../admission/invitation.ts';
import { parseNodeList } from '../admission/node-list.ts';
import { decodeAdmission } from './admission.ts';
import { decodeConsensusFrame, encodeConsensusFrame } from './consensus.ts';
import { decodeEnvelope } from './envelope.ts';
import { encodeFrame, FrameReader } from './frame.ts';
import { decodeNewBlock } from './new-block.ts';
import { decodeRefusal, encodeRefusal } from './refusal.ts';
import { decodeControl, decodeStatus, encodeStatus } from './status.ts';
import { decodeSyncAnswer, decodeSyncRequest, encodeSyncRequest } from './sync.ts';
import { decodeTransactionsFrame } from './transactions.ts';
import { decodeWitness, decodeWitnessRequest } from './witness.ts';

const numRuns = Number(process.env.FUZZ_RUNS ?? 300);

const bytes = fc.uint8Array({ maxLength: 400 });
const rlp: fc.Arbitrary<Uint8Array> = fc
  .letrec<{ item: RlpItem }>((tie) => ({
    item: fc.oneof(
      { depthSize: 'small' },
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom(new Uint8Array(32), new Uint8Array(20), new Uint8Array(4), new TextEncoder().encode('node')),
      fc.array(tie('item'), { maxLength: 12 }),
    ),
  }))
  .item.map(encodeRlp);
/** Random bytes, or RLP behind a byte that may be a message id. */
const input = fc.oneof(
  bytes,
  rlp,
  fc.tuple(fc.integer({ min: 0, max: 0x16 }), rlp).map(([id, data]) => Uint8Array.of(id, ...data)),
);

/** Runs a parser: it returns or throws one of our codes. */
function onlyCoded(parse: () => unknown): void {
  try {
    parse();
  } catch (error) {
    if (!isIsoquorumError(error)) throw error;
    expect(error.code).toMatch(/^[A-Z][A-Z0-9_]+$/);
  }
}

describe('parsers of frames throw only our codes', () => {
  const parsers: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
    decodeAdmission,
    decodeConsensusFrame,
    decodeControl,
    decodeEnvelope,
    decodeNewBlock,
    decodeRefusal,
    decodeStatus,
    decodeSyncAnswer,
    decodeSyncRequest,
    decodeTransactionsFrame,
    decodeWitness,
    decodeWitnessRequest,
    invitationFromBytes,
  };
  for (const [name, parse] of Object.entries(parsers))
    test.prop([input], { numRuns })(name, (data) => onlyCoded(() => parse(data)));
});

describe('parsers of texts throw only our codes', () => {
  const json = fc.oneof(
    fc.string(),
    fc.json(),
    fc.array(fc.oneof(fc.string(), fc.dictionary(fc.string(), fc.jsonValue()))).map((value) => JSON.stringify(value)),
  );
  test.prop([json], { numRuns })('parseNodeList', (text) => onlyCoded(() => parseNodeList(text, 'list')));
  test.prop([json], { numRuns })('parseBrowserList', (text) => onlyCoded(() => parseBrowserList(text)));
  test.prop([json], { numRuns })('parseRedeemedRecords', (text) => onlyCoded(() => parseRedeemedRecords(text)));
  test.prop([fc.oneof(fc.string(), fc.base64String())], { numRuns })('decodeInvitation', (text) =>
    onlyCoded(() => decodeInvitation(text)),
  );
});

test.prop([fc.array(bytes, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 })], {
  numRuns,
})('frames survive any cut', (bodies, cuts) => {
  const stream = Uint8Array.from(bodies.flatMap((body) => [...encodeFrame([body])]));
  const reader = new FrameReader();
  const frames: Uint8Array[] = [];
  for (let offset = 0, turn = 0; offset < stream.length; turn++) {
    const size = cuts[turn % cuts.length] as number;
    reader.push(stream.subarray(offset, offset + size));
    offset += size;
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) frames.push(frame.slice());
  }
  expect(frames).toEqual(bodies);
});

test.prop([bytes, fc.integer({ min: 1, max: 300 })], { numRuns })(
  'a reader of garbage throws only our codes and holds little',
  (data, limit) => {
    const reader = new FrameReader(limit);
    onlyCoded(() => {
      reader.push(data);
      for (let frame = reader.next(); frame !== undefined; frame = reader.next())
        expect(frame.length).toBeLessThanOrEqual(limit);
    });
  },
);

test.prop([fc.integer({ min: 0x11, max: 0x15 }), rlp], { numRuns })('consensus frames come back', (code, item) => {
  const message = encodeRlp([item]);
  expect(decodeConsensusFrame(encodeConsensusFrame(code, message))).toEqual({ code, message });
});

test.prop([fc.nat(), fc.nat(1000), fc.nat(), fc.boolean(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })], { numRuns })(
  'header requests come back',
  (origin, amount, skip, reverse, requestId) => {
    const request = { type: 'headers', origin, amount, skip, reverse } as const;
    expect(decodeSyncRequest(encodeSyncRequest(request, requestId))).toEqual({ requestId, request });
  },
);

test.prop([fc.string({ unit: 'grapheme' }), fc.constantFrom('IGNORE', 'REJECT', 'RETRY', 'STOP')], { numRuns })(
  'refusals with any text can be read',
  (message, reaction) => {
    const decoded = decodeRefusal(encodeRefusal({ code: 'A_CODE', message, reaction: reaction as 'IGNORE' }));
    expect(decoded.reaction).toBe(reaction);
    if (message.length < 100) expect(decoded.message).toBe(message.toWellFormed());
  },
);

test.prop([fc.string({ unit: 'grapheme', maxLength: 300 }), fc.nat(), fc.nat()], { numRuns })(
  'status with any client can be read',
  (client, headNumber, forkNext) => {
    const status = {
      version: 1,
      networkId: 5n,
      genesisHash: new Uint8Array(32),
      forkHash: new Uint8Array(4),
      forkNext,
      role: 'browser',
      headNumber,
      headHash: new Uint8Array(32),
      client,
    } as const;
    const decoded = decodeStatus(encodeStatus(status));
    expect(decoded.headNumber).toBe(headNumber);
    expect(status.client.startsWith(decoded.client.replace(/\uFFFD$/, ''))).toBe(true);
  },
);
