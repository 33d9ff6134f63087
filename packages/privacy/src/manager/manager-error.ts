import { bytesToBase64 } from '@isoquorum/primitives/base64';
import { type ErrorFields, IsoquorumError, type Reaction } from '@isoquorum/primitives/errors';

/** What a transaction manager throws besides the enclave's and the codecs' codes; texts are Tessera's (tessera.md 3, 5). */
export type ManagerErrorCode =
  | 'PAYLOAD_EMPTY'
  | 'PAYLOAD_NOT_FOUND' // not stored here: this manager is no party
  | 'RAW_PAYLOAD_NOT_FOUND'
  | 'NO_RECIPIENT_KEY' // stored, but no key held here opens it
  | 'PAYLOAD_MISMATCH' // a pushed payload differs from the stored one of the same hash
  | 'PAYLOAD_MALFORMED' // a pushed payload whose keys, nonces or boxes have impossible sizes
  | 'RECIPIENT_UNKNOWN' // no manager is known for that key
  | 'RECIPIENT_UNREACHABLE' // its manager does not answer
  | 'RECIPIENT_REFUSED' // its manager answered with an error
  | 'RECIPIENT_UNSUPPORTED' // its manager does not know that privacy flag
  | 'PARTY_CONFLICT' // two parties claim the key: nothing is sent
  | 'PRIVACY_VIOLATION'
  | 'ENHANCED_PRIVACY_DISABLED'
  | 'ENHANCED_PRIVACY_RESEND'
  | 'NOT_MANDATORY_RECIPIENTS'
  | 'NOT_OWN_SENDER'
  | 'NO_KEY_FOR_BOX'
  | 'STORE_SCHEMA_UNSUPPORTED'; // the store was written by a newer version

export function managerError(
  code: ManagerErrorCode,
  message: string,
  fields: ErrorFields = {},
  reaction?: Reaction,
): IsoquorumError {
  return new IsoquorumError(code, message, fields, reaction);
}

export function payloadNotFound(hash: Uint8Array): IsoquorumError {
  const name = bytesToBase64(hash);
  return managerError('PAYLOAD_NOT_FOUND', `Message with hash ${name} was not found`, { hash: name });
}

export function enhancedPrivacyDisabled(): IsoquorumError {
  return managerError('ENHANCED_PRIVACY_DISABLED', 'Enhanced Privacy is not enabled');
}

export function recipientUnknown(key: Uint8Array): IsoquorumError {
  const name = bytesToBase64(key);
  return managerError('RECIPIENT_UNKNOWN', `Recipient not found for key: ${name}`, { recipient: name });
}

export function recipientUnreachable(url: string, recipient: Uint8Array): IsoquorumError {
  const fields = { url, recipient: bytesToBase64(recipient) };
  return managerError('RECIPIENT_UNREACHABLE', `Connection error while communicating with ${url}`, fields, 'RETRY');
}

export function recipientRefused(url: string, recipient: Uint8Array, status: number): IsoquorumError {
  const fields = { url, recipient: bytesToBase64(recipient), status };
  return managerError('RECIPIENT_REFUSED', `Unable to push payload to recipient url ${url}`, fields);
}
