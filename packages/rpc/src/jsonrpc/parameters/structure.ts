import { type ParameterError, TypeMismatchError } from '../errors.ts';
import { kindMismatch, type ParameterCodec } from './codec.ts';

/** A member of an argument object. */
export interface Field<Value> {
  readonly codec: ParameterCodec<Value>;
  /** Where Go keeps it, for its error texts: `PrivateTxArgs.privateFor`. */
  readonly goPath: string;
}

/** The members of `Value`; each may be absent. */
export type Fields<Value> = { readonly [Name in keyof Value]-?: Field<Exclude<Value[Name], undefined>> };

/** A member that Go keeps under its JSON name. */
export function field<Value>(goPath: string, codec: ParameterCodec<Value>): Field<Value> {
  return { goPath, codec };
}

/**
 * Decodes an argument object as Go decodes a structure: members in the order of the text, unknown ones ignored, null left out, names that
 * differ in case taken; a mismatch of plain kinds is reported after the rest, a refusal by a type's own decoder at once.
 */
export function decodeStructure<Value extends object>(
  json: unknown,
  structure: string,
  goType: string,
  fields: Fields<Value>,
): Partial<Value> {
  if (json === null) return {};
  if (typeof json !== 'object' || Array.isArray(json)) throw kindMismatch(json, goType);
  const table = fields as Readonly<Record<string, Field<unknown> | undefined>>;
  const decoded: Record<string, unknown> = {};
  let late: ParameterError | undefined;
  for (const [key, value] of Object.entries(json)) {
    const name = Object.hasOwn(table, key)
      ? key
      : Object.keys(table).find((candidate) => candidate.toLowerCase() === key.toLowerCase());
    const entry = name === undefined ? undefined : table[name];
    if (name === undefined || entry === undefined || value === null) continue;
    try {
      decoded[name] = entry.codec.decode(value);
    } catch (error) {
      if (!(error instanceof TypeMismatchError)) throw error;
      const located = new TypeMismatchError(error.found, error.goType, error.ends, `${structure}.${entry.goPath}`);
      if (error.ends) throw located;
      late ??= located;
    }
  }
  if (late !== undefined) throw late;
  return decoded as Partial<Value>;
}

/** The JSON object of a structure; members that are undefined are left out. */
export function encodeStructure<Value extends object>(value: Value, fields: Fields<Value>): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(fields as Readonly<Record<string, Field<unknown>>>)) {
    const member = (value as Readonly<Record<string, unknown>>)[name];
    if (member !== undefined) json[name] = entry.codec.encode(member);
  }
  return json;
}
