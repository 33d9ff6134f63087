import { base64ToBytes, bytesToBase64 } from '@isoquorum/primitives/base64';
import { ParameterError } from '../errors.ts';
import { kindMismatch, type ParameterCodec } from './codec.ts';

/** Bytes as Go's `[]byte` travels in JSON: base64 text; null is none. */
export const base64Bytes: ParameterCodec<Uint8Array> = {
  goType: '[]uint8',
  form: 'bytes, base64',
  optional: false,
  decode: (json) => {
    if (json === null) return new Uint8Array();
    if (typeof json !== 'string') throw kindMismatch(json, '[]uint8');
    try {
      return base64ToBytes(json);
    } catch {
      throw new ParameterError(`illegal base64 data at input byte ${Math.max(0, json.search(/[^A-Za-z0-9+/]/))}`);
    }
  },
  encode: (value) => bytesToBase64(value),
};
