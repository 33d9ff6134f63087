import { IsoquorumError } from '@isoquorum/primitives/errors';
import { encodeRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';

/** The name of an operation is not one to 32 lower-case letters, digits and `-`. */
export type OperationErrorCode = 'OPERATION_INVALID';

/**
 * What travels on `/isoquorum/payload/1` and `/isoquorum/parties/1`: RLP [operation, body]. The network does not look into the body;
 * its codecs belong to those who give it meaning (`rpc/rest/home`).
 */
export interface Operation {
  readonly operation: string;
  readonly body: Uint8Array;
}

export function encodeOperation(operation: string, body: Uint8Array): Uint8Array {
  checkName(operation);
  return encodeRlp([utf8ToBytes(operation), body]);
}

/** The body is a view of `bytes`. @throws OPERATION_INVALID and RLP errors */
export function decodeOperation(bytes: Uint8Array): Operation {
  const outer = new RlpReader(bytes);
  const reader = outer.readList('operation');
  outer.end('operation');
  const name = reader.readBytes('operation');
  const body = reader.readBytes('body');
  reader.end('operation');
  const operation = name.length > 32 ? '' : bytesToUtf8(name, 'operation');
  checkName(operation);
  return { operation, body };
}

function checkName(operation: string): void {
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(operation))
    throw new IsoquorumError('OPERATION_INVALID', 'invalid name of an operation', { field: 'operation' });
}
