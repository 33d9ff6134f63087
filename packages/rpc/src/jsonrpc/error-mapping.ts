import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { RpcError, SERVER_ERROR } from './errors.ts';

function isPrintable(value: unknown): value is string | number | boolean | null {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** Fields of an error as `error.data` carries them: scalars, bigints as decimal digits, lists of such. */
function printableFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const printable: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (isPrintable(value)) printable[name] = value;
    else if (typeof value === 'bigint') printable[name] = value.toString();
    else if (Array.isArray(value) && value.every(isPrintable)) printable[name] = value;
  }
  return printable;
}

/** Says whether a code belongs to an error whose text is GoQuorum's: then the answer is the original's, without data. */
export type IsVerbatim = (code: string) => boolean;

/**
 * What a client sees of an error: ours with its code and fields in `data`, GoQuorum's to the letter. `undefined` for what nobody threw on
 * purpose.
 */
export function toRpcError(error: unknown, isVerbatim: IsVerbatim): RpcError | undefined {
  if (error instanceof RpcError) return error;
  if (!isIsoquorumError(error)) return undefined;
  if (isVerbatim(error.code)) return new RpcError(SERVER_ERROR, error.message);
  return new RpcError(SERVER_ERROR, error.message, { code: error.code, ...printableFields(error.fields) });
}
