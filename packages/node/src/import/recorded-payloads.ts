import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { bytesList, optionalNumber, optionalText, requiredBytes } from '@isoquorum/rpc/rest/json';
import type { PayloadAnswer, PayloadSource } from '../private/payload-resolver.ts';

/** `PAYLOADS_INVALID`: the file of payloads is not `{ "0x<128 hex>": { "payload": "<base64>", … } }`; `field` names the entry. */
export type RecordedPayloadsErrorCode = 'PAYLOADS_INVALID';

function invalid(field: string, what: string): IsoquorumError {
  return new IsoquorumError('PAYLOADS_INVALID', `payloads file: ${field}: ${what}`, { field });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws JSON_FIELD_INVALID, BASE64_INVALID */
function readAnswer(answer: Readonly<Record<string, unknown>>): PayloadAnswer {
  return {
    payload: requiredBytes(answer, 'payload'),
    privacyFlag: optionalNumber(answer, 'privacyFlag') ?? 0,
    affectedContractTransactions: bytesList(answer, 'affectedContractTransactions'),
    execHash: optionalText(answer, 'execHash') ?? '',
    managedParties: bytesList(answer, 'managedParties'),
  };
}

/**
 * A payload source from recorded answers of `GET /transaction/<digest>?isRaw=false` by digest; a digest that is absent is "not a party".
 * @throws PAYLOADS_INVALID
 */
export function createRecordedPayloads(json: unknown): PayloadSource {
  if (!isRecord(json)) throw invalid('(root)', 'not an object');
  const answers = new Map<string, PayloadAnswer>();
  for (const [digest, answer] of Object.entries(json)) {
    if (!/^0x[0-9a-f]{128}$/i.test(digest)) throw invalid(digest.slice(0, 140), 'not 64 bytes of hex');
    if (!isRecord(answer) || typeof answer['payload'] !== 'string') throw invalid(digest, 'no payload');
    try {
      answers.set(digest.toLowerCase(), readAnswer(answer));
    } catch (cause) {
      const text = `payloads file: ${digest}: ${cause instanceof Error ? cause.message : 'unreadable'}`;
      throw new IsoquorumError('PAYLOADS_INVALID', text, { field: digest }, 'REJECT', { cause });
    }
  }
  return { receive: (digest) => Promise.resolve(answers.get(bytesToHex(digest))) };
}
