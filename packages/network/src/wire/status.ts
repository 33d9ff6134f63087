import type { Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { concatBytes } from '@isoquorum/primitives/hex';
import { bigintToRlp, encodeRlp, numberToRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';
import { decodeRefusal, encodeRefusal, type Refusal } from './refusal.ts';

/** A status message or a control frame is not of the agreed form; `field` says which part. */
export type StatusErrorCode = 'STATUS_INVALID';

/** What a peer says about itself before anything else travels (decision 15). */
export interface StatusMessage {
  /** Major version of this handshake; 1. */
  readonly version: number;
  readonly networkId: bigint;
  readonly genesisHash: Hash32;
  /** Fork id of EIP-2124: 4-byte checksum and the number of the next fork (0: none). */
  readonly forkHash: Uint8Array;
  readonly forkNext: number;
  readonly role: 'node' | 'browser';
  readonly headNumber: number;
  readonly headHash: Hash32;
  /** Program and version, for people; at most 128 bytes. */
  readonly client: string;
}

/** The version of the handshake that this code speaks. */
export const statusVersion = 1;

/** Largest frame of the status stream in bytes. */
export const maxStatusFrameSize = 2048;

const maxClientBytes = 128;

/** RLP [version, networkId, genesisHash, forkHash, forkNext, role, headNumber, headHash, client]. */
export function encodeStatus(status: StatusMessage): Uint8Array {
  return encodeRlp([
    numberToRlp(status.version),
    bigintToRlp(status.networkId),
    status.genesisHash,
    status.forkHash,
    numberToRlp(status.forkNext),
    utf8ToBytes(status.role),
    numberToRlp(status.headNumber),
    status.headHash,
    utf8ToBytes(status.client.slice(0, Math.floor(maxClientBytes / 3))),
  ]);
}

/** The hashes are copies. @throws STATUS_INVALID and RLP errors */
export function decodeStatus(bytes: Uint8Array): StatusMessage {
  const outer = new RlpReader(bytes);
  const reader = outer.readList('status');
  outer.end('status');
  const version = reader.readNumber('version');
  const networkId = reader.readBigint('networkId', 8);
  const genesisHash = reader.readFixed(32, 'genesisHash').slice();
  const forkHash = reader.readFixed(4, 'forkHash').slice();
  const forkNext = reader.readNumber('forkNext');
  const role = bytesToUtf8(reader.readBytes('role'), 'role');
  const headNumber = reader.readNumber('headNumber');
  const headHash = reader.readFixed(32, 'headHash').slice();
  const clientBytes = reader.readBytes('client');
  if (version === statusVersion) reader.end('status');
  if (role !== 'node' && role !== 'browser') fail('role');
  if (clientBytes.length > maxClientBytes) fail('client');
  const client = bytesToUtf8(clientBytes, 'client');
  return { version, networkId, genesisHash, forkHash, forkNext, role, headNumber, headHash, client };
}

/**
 * Frames of the status stream, which stays open as long as the connection. The opener says `status`; the other end says `status` or
 * `refuse`; the opener `ready` or `refuse`. Later either end may say `goodbye`.
 */
export type ControlFrame =
  | { readonly type: 'status'; readonly status: StatusMessage }
  | { readonly type: 'ready' }
  | { readonly type: 'refuse'; readonly refusal: Refusal }
  | { readonly type: 'goodbye'; readonly refusal: Refusal };

const controlTypes = ['status', 'ready', 'refuse', 'goodbye'] as const;

/** One byte for the type, then the body. */
export function encodeControl(frame: ControlFrame): Uint8Array {
  const type = Uint8Array.of(controlTypes.indexOf(frame.type));
  switch (frame.type) {
    case 'status':
      return concatBytes(type, encodeStatus(frame.status));
    case 'refuse':
    case 'goodbye':
      return concatBytes(type, encodeRefusal(frame.refusal));
    case 'ready':
      return type;
  }
}

/** @throws STATUS_INVALID, REFUSAL_INVALID and RLP errors */
export function decodeControl(bytes: Uint8Array): ControlFrame {
  const type = controlTypes[bytes[0] ?? -1];
  const body = bytes.subarray(1);
  if (type === undefined) fail('type');
  switch (type) {
    case 'status':
      return { type, status: decodeStatus(body) };
    case 'ready':
      if (body.length > 0) fail('ready');
      return { type };
    case 'refuse':
    case 'goodbye':
      return { type, refusal: decodeRefusal(body) };
  }
}

function fail(field: string): never {
  throw new IsoquorumError('STATUS_INVALID', `status with an invalid ${field}`, { field });
}
