import { IsoquorumError } from '@isoquorum/primitives/errors';

/** The text was not JSON. */
export const PARSE_ERROR = -32700;
/** JSON, but not a request. */
export const INVALID_REQUEST = -32600;
/** No such method or subscription. */
export const METHOD_NOT_FOUND = -32601;
/** Parameters of the wrong number, kind or form. */
export const INVALID_PARAMS = -32602;
/** The method ran and refused; GoQuorum uses it for every error without a code of its own. */
export const SERVER_ERROR = -32000;
/** The answer of a batch would be larger than the limit. */
export const RESPONSE_TOO_LARGE = -32003;
/** A call reverted with data; `data` holds it. */
export const REVERTED = 3;

/**
 * An error that a client sees as it is: JSON-RPC code, message, data. Messages that GoQuorum gives are kept to the letter.
 */
export class RpcError extends IsoquorumError<'RPC_ERROR'> {
  override readonly name = 'RpcError';
  /** The number in `error.code` of the answer. */
  readonly rpcCode: number;
  /** `error.data` of the answer; left out when undefined. */
  readonly data: unknown;

  constructor(rpcCode: number, message: string, data?: unknown) {
    super('RPC_ERROR', message, { rpcCode }, 'REJECT');
    this.rpcCode = rpcCode;
    this.data = data;
  }
}

/** What went wrong with one parameter; the service adds its position. @see RpcError for what the client sees */
export class ParameterError extends IsoquorumError<'RPC_INVALID_PARAMETER'> {
  override readonly name = 'ParameterError';
  constructor(message: string) {
    super('RPC_INVALID_PARAMETER', message, {}, 'REJECT');
  }
}

/**
 * As {@link ParameterError}, with the parts of Go's `json.UnmarshalTypeError`, so that an enclosing structure can name its field.
 * Go decodes on after a mismatch of plain kinds and reports the first one; a type with its own decoder ends decoding at once (`ends`).
 */
export class TypeMismatchError extends ParameterError {
  readonly found: string;
  readonly goType: string;
  readonly ends: boolean;

  constructor(found: string, goType: string, ends: boolean, field?: string) {
    super(
      `json: cannot unmarshal ${found} into Go ${field === undefined ? 'value' : `struct field ${field}`} of type ${goType}`,
    );
    this.found = found;
    this.goType = goType;
    this.ends = ends;
  }
}

/** The method is not in the table. */
export function methodNotFound(method: string): RpcError {
  return new RpcError(METHOD_NOT_FOUND, `the method ${method} does not exist/is not available`);
}
