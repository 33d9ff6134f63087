import { jsonNumber, kindMismatch, type ParameterCodec } from './codec.ts';

/** A JSON string; null is the empty one. */
export const text: ParameterCodec<string> = {
  goType: 'string',
  form: 'string',
  optional: false,
  decode: (json) => {
    if (json === null) return '';
    if (typeof json !== 'string') throw kindMismatch(json, 'string');
    return json;
  },
  encode: (value) => value,
};

/** The id of a filter or subscription. */
export const id: ParameterCodec<string> = {
  ...text,
  goType: 'rpc.ID',
  form: 'id that a filter or subscription was given',
  decode: (json) => {
    if (json === null) return '';
    if (typeof json !== 'string') throw kindMismatch(json, 'rpc.ID');
    return json;
  },
};

/** true or false; null is false. */
export const bool: ParameterCodec<boolean> = {
  goType: 'bool',
  form: 'true or false',
  optional: false,
  decode: (json) => {
    if (json === null) return false;
    if (typeof json !== 'boolean') throw kindMismatch(json, 'bool');
    return json;
  },
  encode: (value) => value,
};

/** A JSON number, 0 or more. */
export const uint64: ParameterCodec<number> = {
  goType: 'uint64',
  form: 'whole number, 0 or more',
  optional: false,
  decode: (json) => {
    if (json === null) return 0;
    const number = jsonNumber(json, 'uint64');
    if (!Number.isInteger(number) || number < 0) throw kindMismatch(json, 'uint64');
    return number;
  },
  encode: (value) => value,
};

/** A JSON number of 16 bits. */
export const uint16: ParameterCodec<number> = {
  goType: 'uint16',
  form: 'whole number below 65,536',
  optional: false,
  decode: (json) => {
    if (json === null) return 0;
    const number = jsonNumber(json, 'uint16');
    if (!Number.isInteger(number) || number < 0 || number > 0xffff) throw kindMismatch(json, 'uint16');
    return number;
  },
  encode: (value) => value,
};

/** A whole JSON number. */
export const int: ParameterCodec<number> = {
  goType: 'int',
  form: 'whole number',
  optional: false,
  decode: (json) => {
    if (json === null) return 0;
    const number = jsonNumber(json, 'int');
    if (!Number.isInteger(number)) throw kindMismatch(json, 'int');
    return number;
  },
  encode: (value) => value,
};

/** A list of strings; null is the empty list. */
export const texts: ParameterCodec<readonly string[]> = {
  goType: '[]string',
  form: 'list of strings',
  optional: false,
  decode: (json) => {
    if (json === null) return [];
    if (!Array.isArray(json)) throw kindMismatch(json, '[]string');
    return json.map((entry) => text.decode(entry));
  },
  encode: (value) => value,
};

/** Any object; the original takes it and does not use it. */
export function ignoredObject(goType: string): ParameterCodec<Readonly<Record<string, unknown>>> {
  return {
    goType,
    form: 'object, not used',
    optional: false,
    decode: (json) => {
      if (typeof json !== 'object' || json === null || Array.isArray(json)) throw kindMismatch(json, goType);
      return json as Readonly<Record<string, unknown>>;
    },
    encode: (value) => value,
  };
}
