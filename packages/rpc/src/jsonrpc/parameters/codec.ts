import { TypeMismatchError } from '../errors.ts';

/** How one parameter travels: JSON on the wire, `Value` inside. Errors are those of GoQuorum's decoder, to the letter. */
export interface ParameterCodec<Value> {
  /** The original's Go type, as `surface.json` of the vectors names it; a leading `*` means that it may be left out. */
  readonly goType: string;
  /** What a caller writes, for the documentation. */
  readonly form: string;
  readonly optional: boolean;
  /** @throws ParameterError */
  decode(json: unknown): Value;
  encode(value: Value): unknown;
}

/** A named parameter of a method. */
export interface Parameter<Value> {
  readonly name: string;
  readonly codec: ParameterCodec<Value>;
}

/** Names a parameter. */
export function parameter<Value>(name: string, codec: ParameterCodec<Value>): Parameter<Value> {
  return { name, codec };
}

/** The same codec for a parameter that may be null or, at the end, absent. */
export function optional<Value>(codec: ParameterCodec<Value>): ParameterCodec<Value | undefined> {
  return {
    goType: `*${codec.goType}`,
    form: `${codec.form}, optional`,
    optional: true,
    decode: (json) => (json === null || json === undefined ? undefined : codec.decode(json)),
    encode: (value) => (value === undefined ? null : codec.encode(value)),
  };
}

/** Go's name for a JSON value's kind. */
export function jsonKind(json: unknown): string {
  if (Array.isArray(json)) return 'array';
  switch (typeof json) {
    case 'string':
      return 'string';
    case 'number':
      return 'number';
    case 'boolean':
      return 'bool';
    default:
      return 'object';
  }
}

/** For these Go names the number itself. */
const NUMERIC_TYPES: ReadonlySet<string> = new Set(['int', 'uint16', 'uint64', 'engine.PrivacyFlagType']);

/** A mismatch that Go reports after decoding the rest. */
export function kindMismatch(json: unknown, goType: string): TypeMismatchError {
  const found = typeof json === 'number' && NUMERIC_TYPES.has(goType) ? `number ${json}` : jsonKind(json);
  return new TypeMismatchError(found, goType, false);
}

/** A JSON number; its negative zero is zero. @throws TypeMismatchError */
export function jsonNumber(json: unknown, goType: string): number {
  if (typeof json !== 'number') throw kindMismatch(json, goType);
  return json === 0 ? 0 : json;
}

/** A refusal by a type's own decoder. */
export function textMismatch(reason: string, goType: string): TypeMismatchError {
  return new TypeMismatchError(reason, goType, true);
}
