import { type Block, encodeBlock, readBlock } from '@isoquorum/primitives/block';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { emptyRlpList, encodeRlp, encodeRlpListOf, numberToRlp, type RlpItem } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { decodeBftRecord, encodeBftRecord } from '../bft/record-codec.ts';
import type { PrepareMessage, RoundChangePayload } from './message.ts';
import { encodeSignedPayload, readPrepares, readRoundChangePayloads } from './message-codec.ts';
import type { DurableRecord, PreparedCertificate } from './types.ts';

function optionalHash(hash: Hash32 | undefined): RlpItem {
  return hash ?? new Uint8Array(0);
}

function encodeList(messages: readonly (PrepareMessage | RoundChangePayload)[]): Uint8Array {
  return encodeRlpListOf(messages.map(encodeSignedPayload));
}

function encodeProposed(record: DurableRecord, sameBlock: boolean): Uint8Array {
  const { proposed } = record;
  if (proposed === undefined) return emptyRlpList;
  const block = sameBlock ? emptyRlpList : encodeBlock(proposed.block);
  return encodeRlpListOf([block, encodeList(proposed.roundChanges), encodeList(proposed.prepares)]);
}

function encodeCertificate(certificate: PreparedCertificate | undefined): Uint8Array {
  if (certificate === undefined) return emptyRlpList;
  const { round, digest, block, prepares } = certificate;
  return encodeRlpListOf([encodeRlp(numberToRlp(round)), encodeRlp(digest), encodeBlock(block), encodeList(prepares)]);
}

/**
 * rlp[version, height, round, prepareDigest, commitDigest, certificate, proposed]. A proposed block that is also the
 * prepared one is written once.
 */
export function encodeDurableRecord(record: DurableRecord): Uint8Array {
  const { certificate, proposed } = record;
  return encodeBftRecord(record, [
    encodeRlp(optionalHash(record.prepareDigest)),
    encodeRlp(optionalHash(record.commitDigest)),
    encodeCertificate(certificate),
    encodeProposed(record, certificate !== undefined && certificate.block === proposed?.block),
  ]);
}

function readCertificate(reader: RlpReader): PreparedCertificate | undefined {
  const fields = reader.readList('certificate');
  if (!fields.hasMore) return undefined;
  const certificate = {
    round: fields.readNumber('certificate.round'),
    digest: fields.readFixed(32, 'certificate.digest'),
    block: readBlock(fields),
    prepares: readPrepares(fields),
  };
  fields.end('certificate');
  return certificate;
}

function readProposed(
  reader: RlpReader,
  view: { readonly height: number; readonly round: number },
  preparedBlock: Block | undefined,
): DurableRecord['proposed'] {
  const fields = reader.readList('proposed');
  if (!fields.hasMore) return undefined;
  const raw = fields.readRaw('proposed.block');
  const block = bytesEqual(raw, emptyRlpList) ? preparedBlock : readBlock(new RlpReader(raw));
  if (block === undefined) return fields.fail('RLP_TOO_SHORT', 'block missing', 'proposed.block');
  const roundChanges = readRoundChangePayloads(fields);
  const prepares = readPrepares(fields);
  fields.end('proposed');
  return { type: 'prePrepare', ...view, block, roundChanges, prepares };
}

/** The record that was persisted last. @throws QBFT_RECORD_INVALID */
export function decodeDurableRecord(bytes: Uint8Array): DurableRecord {
  return decodeBftRecord(bytes, 'QBFT_RECORD_INVALID', (fields, view) => {
    const prepareDigest = fields.readOptionalFixed(32, 'prepareDigest');
    const commitDigest = fields.readOptionalFixed(32, 'commitDigest');
    const certificate = readCertificate(fields);
    const proposed = readProposed(fields, view, certificate?.block);
    return { ...view, prepareDigest, commitDigest, certificate, proposed };
  });
}
