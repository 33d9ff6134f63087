import { IsoquorumError } from '@isoquorum/primitives/errors';

/** A type of the contract ABI, parsed. Lengths are in bits for integers, bytes for fixed bytes, items for arrays. */
export type AbiType =
  | { readonly kind: 'uint' | 'int'; readonly bits: number }
  | { readonly kind: 'address' | 'bool' | 'bytes' | 'string' }
  | { readonly kind: 'fixedBytes'; readonly length: number }
  | { readonly kind: 'array'; readonly item: AbiType; readonly length: number | undefined }
  | { readonly kind: 'tuple'; readonly components: readonly NamedAbiType[] };

export interface NamedAbiType {
  readonly name: string;
  readonly type: AbiType;
}

/** A parameter as it stands in ABI JSON. */
export interface AbiParameter {
  readonly name?: string;
  readonly type: string;
  readonly indexed?: boolean;
  readonly components?: readonly AbiParameter[];
}

/** Deepest nesting of arrays and tuples that is accepted. */
const DEPTH_MAX = 8;

/** `ABI_INVALID`: the ABI, a value for it, or returned bytes do not have the form they should; `fields.at` says where. */
export function abiError(message: string, at: string): IsoquorumError<'ABI_INVALID'> {
  return new IsoquorumError('ABI_INVALID', message, { at });
}

/**
 * Parses the type of one ABI parameter, such as `uint256`, `bytes32[]`, `tuple[2]`.
 * @throws ABI_INVALID
 */
export function parseAbiType(parameter: AbiParameter, depth = 0): AbiType {
  const at = parameter.name || parameter.type;
  if (depth > DEPTH_MAX) throw abiError('The type is nested too deeply.', at);
  const array = /^(.+)\[(\d{0,5})\]$/.exec(parameter.type);
  if (array?.[1] !== undefined) {
    const item = parseAbiType({ ...parameter, type: array[1] }, depth + 1);
    const length = array[2] ? Number(array[2]) : undefined;
    if (length === 0) throw abiError('An array of a fixed length cannot have length 0.', at);
    return { kind: 'array', item, length };
  }
  if (parameter.type === 'tuple') {
    const components = (parameter.components ?? []).map((component, index) => ({
      name: component.name || String(index),
      type: parseAbiType(component, depth + 1),
    }));
    return { kind: 'tuple', components };
  }
  return parseElementaryType(parameter.type, at);
}

function parseElementaryType(type: string, at: string): AbiType {
  switch (type) {
    case 'address':
    case 'bool':
    case 'bytes':
    case 'string':
      return { kind: type };
    case 'function':
      return { kind: 'fixedBytes', length: 24 };
    default:
  }
  const integer = /^(u?int)(\d{0,3})$/.exec(type);
  if (integer) {
    const bits = integer[2] ? Number(integer[2]) : 256;
    if (bits < 8 || bits > 256 || bits % 8 !== 0) throw abiError(`${type} is not an integer type.`, at);
    return { kind: integer[1] === 'uint' ? 'uint' : 'int', bits };
  }
  const fixed = /^bytes(\d{1,2})$/.exec(type);
  if (fixed) {
    const length = Number(fixed[1]);
    if (length < 1 || length > 32) throw abiError(`${type} is not a bytes type.`, at);
    return { kind: 'fixedBytes', length };
  }
  throw abiError(`The type ${type} is not known.`, at);
}

/** The canonical name of a type, as in signatures. */
export function abiTypeToText(type: AbiType): string {
  switch (type.kind) {
    case 'uint':
    case 'int':
      return `${type.kind}${type.bits}`;
    case 'fixedBytes':
      return `bytes${type.length}`;
    case 'array':
      return `${abiTypeToText(type.item)}[${type.length ?? ''}]`;
    case 'tuple':
      return `(${type.components.map((component) => abiTypeToText(component.type)).join(',')})`;
    case 'address':
    case 'bool':
    case 'bytes':
    case 'string':
      return type.kind;
  }
}

/** True when the encoding has a head that points to a tail. */
export function isDynamicType(type: AbiType): boolean {
  switch (type.kind) {
    case 'bytes':
    case 'string':
      return true;
    case 'array':
      return type.length === undefined || isDynamicType(type.item);
    case 'tuple':
      return type.components.some((component) => isDynamicType(component.type));
    case 'uint':
    case 'int':
    case 'address':
    case 'bool':
    case 'fixedBytes':
      return false;
  }
}

/** Bytes that the head of a type takes: 32, or the whole of a static array or tuple. */
export function headSize(type: AbiType): number {
  if (isDynamicType(type)) return 32;
  if (type.kind === 'array') return (type.length ?? 0) * headSize(type.item);
  if (type.kind === 'tuple') return type.components.reduce((sum, component) => sum + headSize(component.type), 0);
  return 32;
}
