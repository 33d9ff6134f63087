import { IsoquorumError } from '@isoquorum/primitives/errors';
import { encodeRlp, numberToRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';
import { decodeRefusal, encodeRefusal, type Refusal } from './refusal.ts';

/** A frame of the admission stream is not of the agreed form; `field` says which part. */
export type AdmissionErrorCode = 'ADMISSION_INVALID';

/** Largest frame of the admission stream in bytes. */
export const maxAdmissionFrameSize = 16_384;

/**
 * The one exchange of `/isoquorum/admission/1`. The guest sends `redeem` with the invitation's bytes; the node answers `admitted` or
 * `refused`, and the guest connects anew. The first byte is the type.
 */
export type AdmissionFrame =
  | { readonly type: 'redeem'; readonly invitation: Uint8Array }
  | { readonly type: 'admitted'; readonly name: string; readonly admittedUntil: number }
  | { readonly type: 'refused'; readonly refusal: Refusal };

export function encodeAdmission(frame: AdmissionFrame): Uint8Array {
  switch (frame.type) {
    case 'redeem':
      return prefixed(0, frame.invitation);
    case 'admitted':
      return prefixed(1, encodeRlp([utf8ToBytes(frame.name), numberToRlp(frame.admittedUntil)]));
    case 'refused':
      return prefixed(2, encodeRefusal(frame.refusal));
  }
}

/** The invitation is a view of `bytes`. @throws ADMISSION_INVALID, REFUSAL_INVALID, RLP errors */
export function decodeAdmission(bytes: Uint8Array): AdmissionFrame {
  const body = bytes.subarray(1);
  switch (bytes[0]) {
    case 0:
      return { type: 'redeem', invitation: body };
    case 1: {
      const outer = new RlpReader(body);
      const reader = outer.readList('admitted');
      outer.end('admitted');
      const name = reader.readBytes('name');
      const admittedUntil = reader.readNumber('admittedUntil');
      reader.end('admitted');
      if (name.length > 256) fail('name');
      return { type: 'admitted', name: bytesToUtf8(name, 'name'), admittedUntil };
    }
    case 2:
      return { type: 'refused', refusal: decodeRefusal(body) };
    default:
      return fail('type');
  }
}

function prefixed(type: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + body.length);
  bytes[0] = type;
  bytes.set(body, 1);
  return bytes;
}

function fail(field: string): never {
  throw new IsoquorumError('ADMISSION_INVALID', `admission frame with an invalid ${field}`, { field });
}
