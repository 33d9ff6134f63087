import { IsoquorumError } from '@isoquorum/primitives/errors';

/** A frame of a stream has an unknown kind or is too short. */
export type EnvelopeErrorCode = 'ENVELOPE_INVALID';

/**
 * What stands before the body of each frame of a peer protocol. Its opener sends `frame` (one way), `request` and `cancel`; the other end
 * sends `answer` and `refusal` (of a request by its id, of a one-way frame with id 0).
 */
export type EnvelopeKind = 'frame' | 'request' | 'answer' | 'refusal' | 'cancel';

/** Kind (1 byte), id (4 bytes, big-endian, chosen by the requester, from 1; absent for `frame`), body. */
export interface Envelope {
  readonly kind: EnvelopeKind;
  readonly id: number;
  readonly body: Uint8Array;
}

const kinds: readonly EnvelopeKind[] = ['frame', 'request', 'answer', 'refusal', 'cancel'];
const frameKind = Uint8Array.of(0);

/** Most bytes before a body. */
export const maxEnvelopeHeaderSize = 5;

/** The bytes before the body of an envelope. */
export function envelopeHeader(kind: EnvelopeKind, id: number): Uint8Array {
  if (kind === 'frame') return frameKind;
  return Uint8Array.of(kinds.indexOf(kind), (id >>> 24) & 0xff, (id >>> 16) & 0xff, (id >>> 8) & 0xff, id & 0xff);
}

/** The body is a view of `bytes`. @throws ENVELOPE_INVALID */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  const kind = kinds[bytes[0] ?? -1];
  if (kind === 'frame') return { kind, id: 0, body: bytes.subarray(1) };
  if (kind === undefined || bytes.length < maxEnvelopeHeaderSize)
    throw new IsoquorumError('ENVELOPE_INVALID', 'frame with a malformed envelope', { size: bytes.length });
  const id = new DataView(bytes.buffer, bytes.byteOffset + 1, 4).getUint32(0);
  return { kind, id, body: bytes.subarray(maxEnvelopeHeaderSize) };
}
