import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { HttpResponse } from '@isoquorum/platform/http';
import type { Logger } from '@isoquorum/platform/logger';
import { containerAnswer } from '@isoquorum/rpc/rest/router';
import { TEXT } from '@isoquorum/rpc/rest/media';
import type { TesseraProfile } from '../tessera-profile.ts';

/** Status of each code that may reach a client (tessera.md 3.6); every other error is 500. */
const statuses: Readonly<Record<string, number>> = {
  REQUEST_INVALID: 400,
  PAYLOAD_EMPTY: 400,
  PAYLOAD_MALFORMED: 400,
  NOT_MANDATORY_RECIPIENTS: 400,
  CHALLENGE_REFUSED: 400,
  PAYLOAD_NOT_FOUND: 404,
  RAW_PAYLOAD_NOT_FOUND: 404,
  RECIPIENT_UNKNOWN: 404,
  KEY_NOT_FOUND: 404,
  PRIVACY_VIOLATION: 403,
  ENHANCED_PRIVACY_DISABLED: 403,
  ENHANCED_PRIVACY_RESEND: 403,
  RECIPIENT_UNSUPPORTED: 403,
  DISCOVERY_DISABLED: 403,
  ORIGIN_REFUSED: 403,
  PARTY_CONFLICT: 409,
  RECIPIENT_UNREACHABLE: 410,
  HOME_QUOTA_EXCEEDED: 507,
  ENCLAVE_UNAVAILABLE: 503,
};

export type RequestErrorCode =
  | 'REQUEST_INVALID' // Tessera's "bean validation"; the text names the member
  | 'DISCOVERY_DISABLED'
  | 'ORIGIN_REFUSED';

/** A validation message in the form of Tessera's container. */
export function invalidRequest(message: string, path: string, invalidValue: string): IsoquorumError {
  const text = `${message} (path = ${path}, invalidValue = ${invalidValue})\n`;
  return new IsoquorumError('REQUEST_INVALID', text, { field: path });
}

/** Turns what a handler throws into Tessera's answer; what nobody foresaw is logged and says nothing to the client. */
export function createErrorAnswer(
  profile: TesseraProfile,
  logger: Logger,
): (error: unknown, request: { readonly path: string }) => HttpResponse {
  return (error, request) => {
    if (!(error instanceof IsoquorumError)) {
      logger.log('error', 'request failed', { path: request.path.slice(0, 100), error: String(error) });
      return { status: 500, headers: { 'content-type': TEXT }, body: 'Internal error' };
    }
    if (error.code === 'JSON_INVALID') return containerAnswer(400);
    const status = error.code === 'NO_RECIPIENT_KEY' ? profile.noRecipientKeyStatus : (statuses[error.code] ?? 500);
    if (status >= 500)
      logger.log('warn', 'request failed', { path: request.path.slice(0, 100), code: error.code, status });
    return {
      status,
      headers: { 'content-type': TEXT, 'isoquorum-error': error.code },
      body: error.message,
      ...(status === 410 ? { reason: error.message.replace(/[^\x20-\x7e]/g, '?') } : {}),
    };
  };
}
