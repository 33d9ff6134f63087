import { IsoquorumError } from '@isoquorum/primitives/errors';
import { encodeRlp, encodeRlpListOf, numberToRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import type { BftRecord } from './types.ts';

/** The stored record is damaged: the node must not vote at this height (reaction STOP). */
export type BftRecordErrorCode = 'QBFT_RECORD_INVALID' | 'IBFT_RECORD_INVALID';

const version = 1;

/** rlp[version, height, round, …]: what both algorithms write before what each has of its own. @param rest encoded */
export function encodeBftRecord({ height, round }: BftRecord, rest: readonly Uint8Array[]): Uint8Array {
  return encodeRlpListOf([...[version, height, round].map((number) => encodeRlp(numberToRlp(number))), ...rest]);
}

/** @param read the rest @throws `code` for whatever is wrong */
export function decodeBftRecord<R extends BftRecord>(
  bytes: Uint8Array,
  code: BftRecordErrorCode,
  read: (fields: RlpReader, view: BftRecord) => R,
): R {
  try {
    const reader = new RlpReader(bytes);
    const fields = reader.readList('record');
    reader.end('record');
    const found = fields.readNumber('version');
    if (found !== version) fields.fail('RLP_INTEGER_INVALID', `version ${found} is unknown`, 'version');
    const record = read(fields, { height: fields.readNumber('height'), round: fields.readNumber('round') });
    fields.end('record');
    return record;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IsoquorumError(code, 'consensus record is damaged', { reason }, 'STOP', { cause });
  }
}
