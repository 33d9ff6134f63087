import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import { IsoquorumError, isIsoquorumError } from '@isoquorum/primitives/errors';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import { type PrivacyFlag, toPrivacyFlag } from '@isoquorum/privacy/codec/payload';
import type { DistributionRequest } from '@isoquorum/privacy/manager/transaction-manager';
import { type JsonObject, parseJson } from '@isoquorum/rpc/rest/json';
import { decodeTesseraBase64 } from '@isoquorum/rpc/rest/tessera-base64';
import type { TesseraProfile } from '../tessera-profile.ts';
import { invalidRequest } from './failure.ts';

/** A JSON body as Tessera reads it: an array counts as an object without members. @throws JSON_INVALID */
export function readBody(body: Uint8Array): JsonObject {
  const value = parseJson(body);
  if (Array.isArray(value)) return {};
  if (typeof value !== 'object' || value === null) {
    throw new IsoquorumError('JSON_INVALID', 'body: expected a JSON object', { field: 'body' });
  }
  return value as JsonObject;
}

/** A member as text; numbers and booleans count as their text. */
export function textMember(body: JsonObject, member: string): string | undefined {
  const value = body[member];
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** A required member of bytes, at least one. Base64 that cannot be read counts as no bytes. @throws REQUEST_INVALID */
export function bytesMember(body: JsonObject, member: string, path: string): Uint8Array {
  const text = textMember(body, member);
  if (text === undefined) throw invalidRequest('may not be null', `${path}.${member}`, 'null');
  let bytes = new Uint8Array(0);
  try {
    bytes = new Uint8Array(decodeTesseraBase64(text));
  } catch {
    // falls through to the size check, as in Tessera
  }
  if (bytes.length === 0) throw invalidRequest('size must be between 1 and 2147483647', `${path}.${member}`, '[]');
  return bytes;
}

/** At most this many keys or hashes in one request. */
const maxListed = 10_000;

/** A list of base64 strings; a bare string is a list of one. @throws TESSERA_BASE64_INVALID, REQUEST_INVALID */
export function listMember(body: JsonObject, member: string): Uint8Array[] {
  const value = body[member];
  if (value === undefined || value === null) return [];
  const items = Array.isArray(value) ? value : [value];
  if (items.length > maxListed) throw invalidRequest(`size must be between 0 and ${maxListed}`, member, '[…]');
  return items.map((item: unknown) => {
    if (typeof item !== 'string')
      throw new IsoquorumError('JSON_FIELD_INVALID', `${member}: expected base64 strings`, { field: member });
    return decodeTesseraBase64(item);
  });
}

/** The key to send from. Text that is no base64 names a key that nobody holds. @throws KEY_NOT_FOUND, TESSERA_BASE64_INVALID (1.0) */
export function senderMember(body: JsonObject, profile: TesseraProfile): EnclaveKey | undefined {
  const text = textMember(body, 'from');
  if (text === undefined) return undefined;
  try {
    return decodeTesseraBase64(text);
  } catch (error) {
    if (profile.hasLenientFlags) throw error;
    throw new IsoquorumError('KEY_NOT_FOUND', `Public key ${text} not found when searching for private key`, {
      field: 'from',
    });
  }
}

/** As {@link senderMember} for `/storeraw`, where 1.0 takes text that is no base64 for an empty key. @throws KEY_NOT_FOUND */
export function rawSenderMember(body: JsonObject, profile: TesseraProfile): EnclaveKey | undefined {
  try {
    return senderMember(body, profile);
  } catch (error) {
    if (!isIsoquorumError(error, 'TESSERA_BASE64_INVALID')) throw error;
    return new Uint8Array(0);
  }
}

/** The recipients. Text that is no base64 names a key that nobody has. @throws RECIPIENT_UNKNOWN, TESSERA_BASE64_INVALID (1.0), JSON_FIELD_INVALID */
function recipientsMember(body: JsonObject, profile: TesseraProfile): EnclaveKey[] {
  if (profile.hasLenientFlags) return listMember(body, 'to');
  const value = body['to'];
  for (const item of Array.isArray(value) ? value : [value]) {
    if (typeof item !== 'string') continue;
    try {
      decodeTesseraBase64(item);
    } catch {
      throw new IsoquorumError('RECIPIENT_UNKNOWN', `Recipient not found for key: ${item}`, { field: 'to' });
    }
  }
  return listMember(body, 'to');
}

function readPrivacyFlag(body: JsonObject, profile: TesseraProfile): PrivacyFlag {
  const value = body['privacyFlag'];
  if (value === undefined || value === null) return 0;
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  const flag = typeof number === 'number' ? toPrivacyFlag(number) : 0;
  if (profile.hasLenientFlags) return flag === 2 ? 0 : flag;
  if (number !== flag) throw invalidRequest('must be 0, 1, 2 or 3', 'privacyFlag', JSON.stringify(value).slice(0, 40));
  return flag;
}

/**
 * The members that `/send` and `/sendsignedtx` share.
 * @param path how the container names the request in messages
 * @throws REQUEST_INVALID, TESSERA_BASE64_INVALID, JSON_FIELD_INVALID
 */
export function readDistribution(
  body: JsonObject,
  profile: TesseraProfile,
  media: string,
  path: string,
): DistributionRequest {
  const privacyFlag = readPrivacyFlag(body, profile);
  const execHash = utf8ToBytes(textMember(body, 'execHash') ?? '');
  if (privacyFlag === 3 && execHash.length === 0) throw invalidRequest('Exec hash missing', path, 'request');
  const isMandatoryRead = media.includes('tessera-4.0');
  return {
    to: recipientsMember(body, profile),
    privacyFlag,
    affected: listMember(body, 'affectedContractTransactions'),
    execHash,
    mandatoryRecipients: isMandatoryRead ? listMember(body, 'mandatoryRecipients') : [],
  };
}
