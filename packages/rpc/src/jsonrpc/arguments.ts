import { INVALID_PARAMS, ParameterError, RpcError } from './errors.ts';
import type { Parameter } from './parameters/codec.ts';

/**
 * Decodes positional parameters: absent and null are none; what is missing at the end must be optional.
 * @throws RpcError -32602 with GoQuorum's text
 */
export function decodeArguments(params: unknown, parameters: readonly Parameter<unknown>[]): unknown[] {
  const given = params ?? [];
  if (!Array.isArray(given)) throw new RpcError(INVALID_PARAMS, 'non-array args');
  const decoded: unknown[] = [];
  for (const [position, value] of given.entries()) {
    const expected = parameters[position];
    if (expected === undefined)
      throw new RpcError(INVALID_PARAMS, `too many arguments, want at most ${parameters.length}`);
    try {
      decoded.push(expected.codec.decode(value));
    } catch (error) {
      if (error instanceof ParameterError)
        throw new RpcError(INVALID_PARAMS, `invalid argument ${position}: ${error.message}`);
      throw error;
    }
  }
  for (let position = decoded.length; position < parameters.length; position += 1) {
    if (parameters[position]?.codec.optional !== true)
      throw new RpcError(INVALID_PARAMS, `missing value for required argument ${position}`);
    decoded.push(undefined);
  }
  return decoded;
}

/** JSON of typed parameters; optional ones at the end that are undefined are left out. */
export function encodeArguments(values: readonly unknown[], parameters: readonly Parameter<unknown>[]): unknown[] {
  let length = parameters.length;
  while (length > 0 && values[length - 1] === undefined && parameters[length - 1]?.codec.optional === true) length -= 1;
  return parameters.slice(0, length).map((expected, position) => expected.codec.encode(values[position]));
}
