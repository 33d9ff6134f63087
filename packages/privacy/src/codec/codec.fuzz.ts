import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { decodeLegacyPayload, encodeLegacyPayload } from './legacy.ts';
import { decodePartyInfo, encodePartyInfo, normalizePartyUrl } from './party-info.ts';
import type { PrivacyFlag, SealedPayload } from './payload.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 300);
const allowed = [
  'BINARY_TRUNCATED',
  'BINARY_LENGTH_INVALID',
  'EXEC_HASH_INVALID',
  'MANDATORY_RECIPIENTS_INVALID',
  'UTF8_INVALID',
  'PARTY_URL_INVALID',
];

function onlyOurErrors(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof IsoquorumError) || !allowed.includes(error.code)) throw error;
  }
}

const bytes = fc.uint8Array({ maxLength: 40 });
const payload: fc.Arbitrary<SealedPayload> = fc
  .record({
    senderKey: bytes,
    cipherText: bytes,
    cipherTextNonce: bytes,
    recipientBoxes: fc.array(bytes, { maxLength: 3 }),
    recipientNonce: bytes,
    recipientKeys: fc.array(bytes, { maxLength: 3 }),
    privacyFlag: fc.constantFrom<PrivacyFlag>(0, 1, 2, 3),
    affected: fc.array(fc.record({ hash: bytes, securityHash: bytes }), { maxLength: 2 }),
    execHash: fc.uint8Array({ minLength: 1, maxLength: 32 }),
    mandatoryRecipients: fc.array(bytes, { minLength: 1, maxLength: 2 }),
    privacyGroupId: fc.option(fc.uint8Array({ minLength: 1, maxLength: 32 }), { nil: undefined }),
  })
  .map((record) => ({
    ...record,
    execHash: record.privacyFlag === 3 ? record.execHash : new Uint8Array(0),
    mandatoryRecipients: record.privacyFlag === 2 ? record.mandatoryRecipients : [],
  }));

test('payloads come back from their encoding', () => {
  fc.assert(
    fc.property(payload, (value) => {
      expect(decodeLegacyPayload(encodeLegacyPayload(value))).toEqual(value);
    }),
    { numRuns },
  );
});

test('mutated, cut and random payload bytes decode or give our errors', () => {
  fc.assert(
    fc.property(
      payload,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
      fc.nat(400),
      fc.uint8Array({ maxLength: 60 }),
      (value, edits, cut, tail) => {
        const encoded = encodeLegacyPayload(value).slice(0, cut);
        for (const [at, byte] of edits) if (encoded.length > 0) encoded[at % encoded.length] = byte;
        for (const dialect of ['24.4', '1.0'] as const) {
          onlyOurErrors(() => decodeLegacyPayload(encoded, dialect));
          onlyOurErrors(() => decodeLegacyPayload(tail, dialect));
        }
      },
    ),
    { numRuns },
  );
});

test('party info', () => {
  const info = fc.record({
    url: fc.string({ unit: 'grapheme' }),
    recipients: fc.array(fc.record({ key: bytes, url: fc.string() }), { maxLength: 3 }),
    parties: fc.array(fc.string(), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(info, (value) => {
      expect(decodePartyInfo(encodePartyInfo(value))).toEqual(value);
    }),
    { numRuns },
  );
  fc.assert(
    fc.property(info, fc.nat(), fc.nat(255), fc.nat(200), (value, at, byte, cut) => {
      const encoded = encodePartyInfo(value).slice(0, cut);
      if (encoded.length > 0) encoded[at % encoded.length] = byte;
      onlyOurErrors(() => decodePartyInfo(encoded));
    }),
    { numRuns },
  );
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.webUrl()), (url) => onlyOurErrors(() => normalizePartyUrl(url))),
    { numRuns },
  );
});
