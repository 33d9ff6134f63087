import { base64ToBytes, bytesToBase64 } from '@isoquorum/primitives/base64';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { HttpHandler, HttpRequest, HttpResponse } from '@isoquorum/platform/http';
import type { Logger } from '@isoquorum/platform/logger';
import { decodeLegacyPayload, encodeLegacyPayload, type PayloadDialect } from '@isoquorum/privacy/codec/legacy';
import type { PrivacyFlag, RawPayload } from '@isoquorum/privacy/codec/payload';
import type { AffectedPayload, Enclave, SealOptions } from '@isoquorum/privacy/enclave/enclave';
import { bytesList, type JsonObject, optionalText, parseJsonObject, requiredBytes } from '@isoquorum/rpc/rest/json';
import { JSON_TYPE, OCTETS, TEXT } from '@isoquorum/rpc/rest/media';
import { createRouter, type Route, type RoutedRequest } from '@isoquorum/rpc/rest/router';
import { jsonAnswer, textAnswer } from './common-routes.ts';

/** Names of privacy modes by flag, as the enclave's REST spells them. */
export const privacyModes: readonly string[] = [
  'STANDARD_PRIVATE',
  'PARTY_PROTECTION',
  'MANDATORY_RECIPIENTS',
  'PRIVATE_STATE_VALIDATION',
];

/** Tells the code of an error to a manager of ours; the text is for Tessera. */
export const ERROR_CODE_HEADER = 'isoquorum-error';
/** Proof of possession: ours alone, Tessera's enclaves do not have it. */
export const POSSESSION_PATH = '/isoquorum/possession';

/** At most this much JSON for one payload with its affected ones. */
export const ENCLAVE_BODY_BYTES_MAX: number = 64 << 20;

function readAffected(body: JsonObject, dialect: PayloadDialect): AffectedPayload[] {
  const list = body['affectedContractTransactions'] ?? [];
  if (!Array.isArray(list))
    throw new IsoquorumError('JSON_FIELD_INVALID', 'affectedContractTransactions: expected an array', {
      field: 'affectedContractTransactions',
    });
  return list.map((item: unknown) => {
    const pair = (typeof item === 'object' && item !== null ? item : {}) as JsonObject;
    return { hash: requiredBytes(pair, 'key'), payload: decodeLegacyPayload(requiredBytes(pair, 'value'), dialect) };
  });
}

function readSealOptions(body: JsonObject, dialect: PayloadDialect): SealOptions {
  const mode = optionalText(body, 'privacyMode') ?? 'STANDARD_PRIVATE';
  const flag = privacyModes.indexOf(mode);
  if (flag < 0)
    throw new IsoquorumError('JSON_FIELD_INVALID', `privacyMode: unknown mode ${mode.slice(0, 40)}`, {
      field: 'privacyMode',
    });
  const group = base64ToBytes(optionalText(body, 'privacyGroupId') ?? '', 'privacyGroupId');
  return {
    privacyFlag: flag as PrivacyFlag,
    affected: readAffected(body, dialect),
    execHash: base64ToBytes(optionalText(body, 'execHash') ?? '', 'execHash'),
    mandatoryRecipients: bytesList(body, 'mandatoryRecipients'),
    privacyGroupId: group.length === 0 ? undefined : group,
  };
}

function readRaw(body: JsonObject): RawPayload {
  return {
    encryptedPayload: requiredBytes(body, 'encryptedPayload'),
    encryptedKey: requiredBytes(body, 'encryptedKey'),
    nonce: requiredBytes(body, 'nonce'),
    from: requiredBytes(body, 'from'),
  };
}

const octets = (body: Uint8Array): HttpResponse => ({ status: 200, headers: { 'content-type': OCTETS }, body });

/** The REST of a remote enclave (tessera.md 2.7). Every failure is 500 with its text. */
export function createEnclaveHandler(enclave: Enclave, logger: Logger, dialect: PayloadDialect = '24.4'): HttpHandler {
  const post = (path: string, produces: string, handle: (body: JsonObject) => Promise<HttpResponse>): Route => ({
    method: 'POST',
    path,
    consumes: [JSON_TYPE],
    produces: [produces],
    handle: (request: RoutedRequest) => handle(parseJsonObject(request.body)),
  });
  const payloadOf = (body: JsonObject, member: string) => decodeLegacyPayload(requiredBytes(body, member), dialect);
  const routes: Route[] = [
    {
      method: 'GET',
      path: '/ping',
      produces: [TEXT],
      async handle() {
        const status = await enclave.status();
        return textAnswer(status, status === 'STARTED' ? 200 : 503);
      },
    },
    {
      method: 'GET',
      path: '/default',
      produces: [OCTETS],
      handle: async () => octets((await enclave.publicKeys())[0] ?? new Uint8Array(0)),
    },
    {
      method: 'GET',
      path: '/public',
      produces: [JSON_TYPE],
      handle: async () => jsonAnswer((await enclave.publicKeys()).map(bytesToBase64)),
    },
    {
      method: 'GET',
      path: '/forwarding',
      produces: [JSON_TYPE],
      handle: async () => jsonAnswer((await enclave.forwardingKeys()).map(bytesToBase64)),
    },
    post('/encrypt', OCTETS, async (body) => {
      const recipients = bytesList(body, 'recipientPublicKeys');
      const sealed = await enclave.seal(
        requiredBytes(body, 'data'),
        requiredBytes(body, 'senderKey'),
        recipients,
        readSealOptions(body, dialect),
      );
      return octets(encodeLegacyPayload(sealed));
    }),
    post('/encrypt/raw', OCTETS, async (body) =>
      octets(
        encodeLegacyPayload(
          await enclave.sealFromRaw(
            readRaw(body),
            bytesList(body, 'recipientPublicKeys'),
            readSealOptions(body, dialect),
          ),
        ),
      ),
    ),
    post('/encrypt/toraw', JSON_TYPE, async (body) => {
      const raw = await enclave.sealRaw(requiredBytes(body, 'data'), requiredBytes(body, 'senderKey'));
      return jsonAnswer(
        Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, bytesToBase64(value as Uint8Array)])),
      );
    }),
    post('/unencrypt', OCTETS, async (body) =>
      octets(await enclave.open(payloadOf(body, 'data'), requiredBytes(body, 'providedKey'))),
    ),
    post('/unencrypt/raw', OCTETS, async (body) => octets(await enclave.openRaw(readRaw(body)))),
    post('/addRecipient', OCTETS, async (body) =>
      octets(await enclave.createRecipientBox(payloadOf(body, 'data'), requiredBytes(body, 'providedKey'))),
    ),
    post('/findinvalidsecurityhashes', JSON_TYPE, async (body) => {
      const invalid = await enclave.findInvalidSecurityHashes(
        payloadOf(body, 'encodedPayload'),
        readAffected(body, dialect),
      );
      return jsonAnswer({ invalidSecurityHashes: invalid.map(bytesToBase64) });
    }),
    post(POSSESSION_PATH, OCTETS, async (body) =>
      octets(
        await enclave.possessionProof({
          prover: requiredBytes(body, 'prover'),
          verifier: requiredBytes(body, 'verifier'),
          digest: requiredBytes(body, 'digest'),
        }),
      ),
    ),
  ];
  const onError = (error: unknown, request: HttpRequest): HttpResponse => {
    if (error instanceof IsoquorumError) {
      return { status: 500, headers: { 'content-type': TEXT, [ERROR_CODE_HEADER]: error.code }, body: error.message };
    }
    logger.log('error', 'enclave request failed', { path: request.path.slice(0, 100), error: String(error) });
    return { status: 500, headers: { 'content-type': TEXT }, body: 'Internal error' };
  };
  const router = createRouter(routes, onError);
  return async (request) => {
    const answer = await router(request);
    return answer.status === 404 || answer.status === 400 ? { ...answer, status: 500 } : answer;
  };
}
