import { bytesToBase64 } from '@isoquorum/primitives/base64';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { HttpResponse } from '@isoquorum/platform/http';
import { checkPrivacyMetadata, type SealedPayload, toPrivacyFlag } from '@isoquorum/privacy/codec/payload';
import type { TransactionManager } from '@isoquorum/privacy/manager/transaction-manager';
import type { JsonObject } from '@isoquorum/rpc/rest/json';
import { JSON_TYPE, mediaType, TESSERA_2_1 } from '@isoquorum/rpc/rest/media';
import type { Route, RoutedRequest } from '@isoquorum/rpc/rest/router';
import { decodeTesseraBase64 } from '@isoquorum/rpc/rest/tessera-base64';
import type { TesseraProfile } from '../tessera-profile.ts';
import { jsonAnswer } from './common-routes.ts';
import { bytesMember, listMember, readBody, readDistribution, senderMember, textMember } from './send-request.ts';

interface EncodedPayloadRoutesOptions {
  readonly manager: TransactionManager;
  readonly profile: TesseraProfile;
}

/** @throws JSON_FIELD_INVALID, TESSERA_BASE64_INVALID */
function requiredBytes(body: JsonObject, member: string): Uint8Array {
  const text = textMember(body, member);
  if (text === undefined)
    throw new IsoquorumError('JSON_FIELD_INVALID', `${member}: expected base64`, { field: member });
  return decodeTesseraBase64(text);
}

function readAffected(body: JsonObject): SealedPayload['affected'] {
  const value = body['affectedContractTransactions'] ?? {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new IsoquorumError('JSON_FIELD_INVALID', 'affectedContractTransactions: expected an object', {
      field: 'affectedContractTransactions',
    });
  }
  return Object.entries(value).map(([hash, securityHash]) => ({
    hash: decodeTesseraBase64(hash),
    securityHash: requiredBytes({ securityHash }, 'securityHash'),
  }));
}

function readSealed(body: JsonObject, profile: TesseraProfile): SealedPayload {
  const flag = body['privacyMode'];
  const payload: SealedPayload = {
    cipherTextNonce: requiredBytes(body, 'cipherTextNonce'),
    senderKey: requiredBytes(body, 'senderKey'),
    cipherText: requiredBytes(body, 'cipherText'),
    recipientBoxes: listMember(body, 'recipientBoxes'),
    recipientNonce: requiredBytes(body, 'recipientNonce'),
    recipientKeys: listMember(body, 'recipientKeys'),
    privacyFlag: toPrivacyFlag(typeof flag === 'number' ? flag : 0),
    affected: readAffected(body),
    execHash: decodeTesseraBase64(textMember(body, 'execHash') ?? ''),
    mandatoryRecipients: [],
    privacyGroupId: undefined,
  };
  if (profile.rules.dialect !== '1.0') checkPrivacyMetadata(payload);
  return payload;
}

/** Sealing and opening without storing (tessera.md 3.2), for what keeps payloads itself. */
export function createEncodedPayloadRoutes({ manager, profile }: EncodedPayloadRoutesOptions): Route[] {
  const create = async (request: RoutedRequest): Promise<HttpResponse> => {
    const body = readBody(request.body);
    const path = 'EncodedPayloadResource.createEncodedPayload.arg0';
    const payload = bytesMember(body, 'payload', path);
    const from = senderMember(body, profile);
    const distribution = readDistribution(body, profile, mediaType(request.headers['content-type']), path);
    const sealed = await manager.seal({ payload, ...distribution, ...(from === undefined ? {} : { from }) });
    return jsonAnswer(
      {
        senderKey: bytesToBase64(sealed.senderKey),
        cipherText: bytesToBase64(sealed.cipherText),
        cipherTextNonce: bytesToBase64(sealed.cipherTextNonce),
        recipientBoxes: sealed.recipientBoxes.map(bytesToBase64),
        recipientNonce: bytesToBase64(sealed.recipientNonce),
        recipientKeys: sealed.recipientKeys.map(bytesToBase64),
        privacyMode: sealed.privacyFlag,
        affectedContractTransactions: Object.fromEntries(
          sealed.affected.map(({ hash, securityHash }) => [bytesToBase64(hash), bytesToBase64(securityHash)]),
        ),
        execHash: bytesToBase64(sealed.execHash),
      },
      request.produces,
    );
  };

  const decrypt = async (request: RoutedRequest): Promise<HttpResponse> => {
    const sealed = readSealed(readBody(request.body), profile);
    const plaintext = await manager.open(sealed);
    return jsonAnswer(
      {
        payload: bytesToBase64(plaintext),
        affectedContractTransactions: sealed.affected.map(({ hash }) => bytesToBase64(hash)),
        execHash: new TextDecoder().decode(sealed.execHash),
        privacyFlag: sealed.privacyFlag,
      },
      request.produces,
    );
  };

  return [JSON_TYPE, TESSERA_2_1].flatMap((type): Route[] => [
    { method: 'POST', path: '/encodedpayload/create', consumes: [type], produces: [type], handle: create },
    { method: 'POST', path: '/encodedpayload/decrypt', consumes: [type], produces: [type], handle: decrypt },
  ]);
}
