import { hexToBytes } from '@isoquorum/primitives/hex';
import { encodeRlp, emptyRlpList } from '@isoquorum/primitives/rlp';
import { describe, expect, it } from 'vitest';
import { decodeAdmission, encodeAdmission } from './admission.ts';
import { decodeConsensusFrame, encodeConsensusFrame } from './consensus.ts';
import { decodeEnvelope, envelopeHeader } from './envelope.ts';
import { encodeFrame, FrameReader } from './frame.ts';
import { decodeNewBlock, encodeNewBlock } from './new-block.ts';
import { decodeRefusal, encodeRefusal, errorToRefusal } from './refusal.ts';
import { decodeControl, decodeStatus, encodeControl, encodeStatus, type StatusMessage } from './status.ts';
import { decodeSyncAnswer, decodeSyncRequest, encodeSyncAnswer, encodeSyncRequest } from './sync.ts';
import { decodeTransactionsFrame, encodeTransactionsFrame } from './transactions.ts';
import { decodeWitness, decodeWitnessRequest, encodeWitness, encodeWitnessRequest } from './witness.ts';
import { IsoquorumError } from '@isoquorum/primitives/errors';

const hash = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

describe('frames', () => {
  function readAll(reader: FrameReader, chunks: readonly Uint8Array[]): number[][] {
    const frames: number[][] = [];
    for (const chunk of chunks) {
      reader.push(chunk);
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) frames.push([...frame]);
    }
    return frames;
  }

  it('comes back whole, however the bytes are cut', () => {
    const bodies = [[], [1], Array.from({ length: 300 }, (_, index) => index % 256), [2, 3]];
    const bytes = bodies.flatMap((body) => [...encodeFrame([Uint8Array.from(body)])]);
    for (const size of [1, 2, 3, 7, 128, 1000]) {
      const chunks: Uint8Array[] = [];
      for (let offset = 0; offset < bytes.length; offset += size)
        chunks.push(Uint8Array.from(bytes.slice(offset, offset + size)));
      expect(readAll(new FrameReader(), chunks)).toEqual(bodies);
    }
  });

  it('refuses a length above the limit before the bytes are there', () => {
    const reader = new FrameReader(1000);
    reader.push(encodeFrame([new Uint8Array(1001)]).subarray(0, 2));
    expect(() => reader.next()).toThrow(expect.objectContaining({ code: 'FRAME_TOO_LARGE' }));
  });

  it.each([
    ['longer than four bytes', [0x80, 0x80, 0x80, 0x80, 1]],
    ['not the shortest form', [0x81, 0x00]],
  ])('refuses a length that is %s', (_, bytes) => {
    const reader = new FrameReader();
    reader.push(Uint8Array.from(bytes));
    expect(() => reader.next()).toThrow(expect.objectContaining({ code: 'FRAME_LENGTH_INVALID' }));
  });
});

describe('envelopes', () => {
  it('carries kind, id and body', () => {
    for (const kind of ['frame', 'request', 'answer', 'refusal', 'cancel'] as const) {
      const id = kind === 'frame' ? 0 : 0xfedcba98;
      const bytes = Uint8Array.of(...envelopeHeader(kind, id), 7, 8);
      expect(decodeEnvelope(bytes)).toEqual({ kind, id, body: Uint8Array.of(7, 8) });
    }
  });

  it.each([[[]], [[5]], [[1, 0, 0, 0]]])('refuses %j', (bytes) => {
    expect(() => decodeEnvelope(Uint8Array.from(bytes))).toThrow(expect.objectContaining({ code: 'ENVELOPE_INVALID' }));
  });
});

describe('status', () => {
  const status: StatusMessage = {
    version: 1,
    networkId: 1337n,
    genesisHash: hash(1),
    forkHash: Uint8Array.of(1, 2, 3, 4),
    forkNext: 500,
    role: 'node',
    headNumber: 12,
    headHash: hash(2),
    client: 'isoquorum/0.1.0',
  };

  it('comes back', () => {
    expect(decodeStatus(encodeStatus(status))).toEqual(status);
    expect(decodeControl(encodeControl({ type: 'status', status }))).toEqual({ type: 'status', status });
    expect(decodeControl(encodeControl({ type: 'ready' }))).toEqual({ type: 'ready' });
  });

  it('may have more fields in a later version, none in this one', () => {
    const fields = (version: number) =>
      encodeRlp([
        Uint8Array.of(version),
        Uint8Array.of(1),
        hash(1),
        new Uint8Array(4),
        new Uint8Array(0),
        new TextEncoder().encode('node'),
        new Uint8Array(0),
        hash(2),
        new Uint8Array(0),
        hash(3),
      ]);
    expect(decodeStatus(fields(2)).version).toBe(2);
    expect(() => decodeStatus(fields(1))).toThrow(expect.objectContaining({ code: 'RLP_TRAILING_BYTES' }));
  });

  it('cuts the name of a program that is too long', () => {
    expect(decodeStatus(encodeStatus({ ...status, client: '€'.repeat(1000) })).client).toBe('€'.repeat(42));
  });
});

describe('refusals', () => {
  it('carry our codes and hide what has none', () => {
    const coded = new IsoquorumError('BAD_THING', 'x'.repeat(1000), { secret: 1 }, 'IGNORE');
    expect(decodeRefusal(encodeRefusal(errorToRefusal(coded)))).toEqual({
      code: 'BAD_THING',
      message: 'x'.repeat(170),
      reaction: 'IGNORE',
    });
    expect(errorToRefusal(new Error('secret path'))).toEqual({
      code: 'INTERNAL',
      message: 'internal error',
      reaction: 'RETRY',
    });
    expect(errorToRefusal(new IsoquorumError('MINE', 'dying', {}, 'STOP')).reaction).toBe('RETRY');
  });
});

describe('messages of devp2p', () => {
  it('puts legacy transactions as lists and typed ones as strings', () => {
    const legacy = encodeRlp([Uint8Array.of(1), Uint8Array.of(2)]);
    const typed = Uint8Array.of(1, ...encodeRlp([Uint8Array.of(9)]));
    const frame = encodeTransactionsFrame([legacy, typed]);
    expect([...frame]).toEqual([0x02, 0xc7, 0xc2, 1, 2, 0x83, 1, 0xc1, 9]);
    expect(decodeTransactionsFrame(frame)).toEqual([legacy, typed]);
  });

  it('frames a new block', () => {
    const block = encodeRlp([[Uint8Array.of(1)], [], []]);
    const decoded = decodeNewBlock(encodeNewBlock(block, 258n));
    expect(decoded).toEqual({ block, totalDifficulty: 258n });
  });

  it('puts QBFT messages as they are and IBFT messages into a byte string', () => {
    const message = encodeRlp([Uint8Array.of(1)]);
    expect([...encodeConsensusFrame(0x13, message)]).toEqual([0x13, 0xc1, 1]);
    expect([...encodeConsensusFrame(0x11, message)]).toEqual([0x11, 0x82, 0xc1, 1]);
    for (const code of [0x11, 0x12, 0x15])
      expect(decodeConsensusFrame(encodeConsensusFrame(code, message))).toEqual({ code, message });
    expect(() => encodeConsensusFrame(0x16, message)).toThrow(
      expect.objectContaining({ code: 'MESSAGE_ID_UNEXPECTED' }),
    );
  });

  it('asks and answers as eth/66', () => {
    // EIP-2481's example: GetBlockHeaders with request id 1111, origin 9999, amount 5, skip 5.
    const bytes = encodeSyncRequest({ type: 'headers', origin: 9999, amount: 5, skip: 5, reverse: false }, 1111n);
    expect(bytes.subarray(1)).toEqual(hexToBytes('0xca820457c682270f050580'));
    expect(decodeSyncRequest(bytes)).toEqual({
      requestId: 1111n,
      request: { type: 'headers', origin: 9999, amount: 5, skip: 5, reverse: false },
    });
    // GetBlockBodies of the same page.
    const hashes = [
      hexToBytes('0x00000000000000000000000000000000000000000000000000000000deadc0de'),
      hexToBytes('0x00000000000000000000000000000000000000000000000000000000feedbeef'),
    ];
    expect(encodeSyncRequest({ type: 'bodies', hashes }, 1111n).subarray(1)).toEqual(
      hexToBytes(
        '0xf847820457f842a000000000000000000000000000000000000000000000000000000000deadc0dea000000000000000000000000000000000000000000000000000000000feedbeef',
      ),
    );
    for (const request of [
      { type: 'headers', origin: hash(7), amount: 1, skip: 0, reverse: true },
      { type: 'receipts', hashes },
    ] as const)
      expect(decodeSyncRequest(encodeSyncRequest(request)).request).toEqual(request);
    const answer = { type: 'receipts', items: [emptyRlpList, encodeRlp([Uint8Array.of(5)])] } as const;
    expect(decodeSyncAnswer(encodeSyncAnswer(answer, 3n))).toEqual({ requestId: 3n, answer });
  });
});

describe('witnesses and invitations', () => {
  it('come back', () => {
    const request = {
      blockHash: hash(1),
      accounts: [
        { address: new Uint8Array(20).fill(2), slots: [hash(3)] },
        { address: new Uint8Array(20), slots: [] },
      ],
    };
    expect(decodeWitnessRequest(encodeWitnessRequest(request))).toEqual(request);
    const witness = { nodes: [Uint8Array.of(1, 2)], codes: [Uint8Array.of(0x60)] };
    expect(decodeWitness(encodeWitness(witness))).toEqual(witness);
    for (const frame of [
      { type: 'redeem', invitation: Uint8Array.of(4) },
      { type: 'admitted', name: 'Ann', admittedUntil: 17 },
      { type: 'refused', refusal: { code: 'NO', message: 'no', reaction: 'REJECT' } },
    ] as const)
      expect(decodeAdmission(encodeAdmission(frame))).toEqual(frame);
  });
});
