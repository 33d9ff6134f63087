import { bytesToBase64 } from '@isoquorum/primitives/base64';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToUtf8 } from '@isoquorum/primitives/utf8';
import type { HttpResponse } from '@isoquorum/platform/http';
import type { ReceivedPayload, SendResult, TransactionManager } from '@isoquorum/privacy/manager/transaction-manager';
import { mediaType, OCTETS, JSON_TYPE, TESSERA_2_1, TESSERA_3_0, TESSERA_4_0, TEXT } from '@isoquorum/rpc/rest/media';
import type { Route, RoutedRequest } from '@isoquorum/rpc/rest/router';
import { decodeTesseraBase64 } from '@isoquorum/rpc/rest/tessera-base64';
import type { TesseraProfile } from '../tessera-profile.ts';
import { jsonAnswer, textAnswer } from './common-routes.ts';
import { createEncodedPayloadRoutes } from './encoded-payload-routes.ts';
import { invalidRequest } from './failure.ts';
import { bytesMember, readBody, readDistribution, rawSenderMember, senderMember, textMember } from './send-request.ts';

export interface Q2tRoutesOptions {
  readonly manager: TransactionManager;
  readonly profile: TesseraProfile;
}

const resource = 'TransactionResource';

/** Where a stored payload is found; relative to the host the client asked. */
function location(request: RoutedRequest, hash: Uint8Array): Record<string, string> {
  const host = request.headers['host'];
  const base = host === undefined || !/^[\w.:[\]-]+$/.test(host) ? '' : `http://${host}`;
  return { location: `${base}/transaction/${encodeURIComponent(bytesToBase64(hash))}` };
}

/** `c11n-to`: comma-joined base64 without spaces; empty trailing parts are nothing. @throws TESSERA_BASE64_INVALID */
function listHeader(value: string | undefined): Uint8Array[] {
  if (value === undefined || value === '') return [];
  return value.replace(/,+$/, '').split(',').map(decodeTesseraBase64);
}

/** A base64 value in a header or path that is checked before anything else. @throws REQUEST_INVALID */
function checkedBase64(value: string | undefined, path: string): Uint8Array {
  if (value === undefined) throw invalidRequest('may not be null', path, 'null');
  try {
    return decodeTesseraBase64(value);
  } catch {
    throw invalidRequest('{ValidBase64.message}', path, value.slice(0, 200));
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return bytesToUtf8(bytes);
  } catch {
    return '';
  }
}

export function createQ2tRoutes({ manager, profile }: Q2tRoutesOptions): Route[] {
  const isVersioned = (type: string | undefined): boolean => type !== undefined && type !== JSON_TYPE;

  const receivedAnswer = (received: ReceivedPayload, type: string | undefined): HttpResponse => {
    const execHash = profile.rules.dialect === '1.0' || received.privacyFlag === 3 ? textOf(received.execHash) : '';
    return jsonAnswer(
      {
        payload: bytesToBase64(received.payload),
        affectedContractTransactions: received.affected.map(bytesToBase64),
        execHash,
        ...(isVersioned(type) ? { managedParties: received.managedParties.map(bytesToBase64) } : {}),
        privacyFlag: received.privacyFlag,
        ...(received.privacyGroupId === undefined ? {} : { privacyGroupId: bytesToBase64(received.privacyGroupId) }),
        ...(isVersioned(type) ? { [profile.senderMember]: bytesToBase64(received.senderKey) } : {}),
      },
      type ?? JSON_TYPE,
    );
  };

  const sentAnswer = (request: RoutedRequest, sent: SendResult): HttpResponse => {
    const key = bytesToBase64(sent.hash);
    const body = isVersioned(request.produces)
      ? {
          key,
          managedParties: sent.managedParties.map(bytesToBase64),
          [profile.senderMember]: bytesToBase64(sent.senderKey),
        }
      : { key };
    return jsonAnswer(body, request.produces, 201, location(request, sent.hash));
  };

  const send = async (request: RoutedRequest): Promise<HttpResponse> => {
    const body = readBody(request.body);
    const path = `${resource}.send.arg0`;
    const payload = bytesMember(body, 'payload', path);
    const from = senderMember(body, profile);
    const distribution = readDistribution(body, profile, mediaType(request.headers['content-type']), path);
    return sentAnswer(
      request,
      await manager.send({ payload, ...distribution, ...(from === undefined ? {} : { from }) }),
    );
  };

  const sendSigned = async (request: RoutedRequest): Promise<HttpResponse> => {
    const body = readBody(request.body);
    const path = `${resource}.sendSignedTransactionEnhanced.arg0`;
    const hash = bytesMember(body, 'hash', path);
    const distribution = readDistribution(body, profile, mediaType(request.headers['content-type']), path);
    return sentAnswer(request, await manager.sendSigned({ hash, ...distribution }));
  };

  const sendRaw = async (request: RoutedRequest): Promise<HttpResponse> => {
    const fromText = request.headers['c11n-from'];
    const from =
      fromText === undefined || fromText === '' ? undefined : checkedBase64(fromText, `${resource}.sendRaw.arg0`);
    if (request.body.length === 0)
      throw invalidRequest('size must be between 1 and 2147483647', `${resource}.sendRaw.arg2`, '[]');
    const to = listHeader(request.headers['c11n-to']);
    const sent = await manager.send({ payload: request.body, to, ...(from === undefined ? {} : { from }) });
    return {
      ...textAnswer(bytesToBase64(sent.hash)),
      headers: { 'content-type': TEXT, ...location(request, sent.hash) },
    };
  };

  const sendSignedRaw = async (request: RoutedRequest): Promise<HttpResponse> => {
    const path = `${resource}.sendSignedTransactionStandard.arg1`;
    if (request.body.length === 0) throw invalidRequest('size must be between 1 and 2147483647', path, '[]');
    const sent = await manager.sendSigned({ hash: request.body, to: listHeader(request.headers['c11n-to']) });
    return {
      ...textAnswer(bytesToBase64(sent.hash)),
      headers: { 'content-type': TEXT, ...location(request, sent.hash) },
    };
  };

  const receive = async (request: RoutedRequest): Promise<HttpResponse> => {
    const path = `${resource}.receive`;
    const hash = checkedBase64(request.variables['hash'], `${path}.arg0`);
    const isRaw = request.parameter('isRaw');
    if (isRaw !== undefined && !/^(true|false)$/i.test(isRaw)) {
      throw invalidRequest('must match "^(true|false)$"', `${path}.arg2`, isRaw.slice(0, 100));
    }
    const toText = request.parameter('to');
    const to = toText === undefined || toText === '' ? undefined : decodeTesseraBase64(toText);
    const received = isRaw?.toLowerCase() === 'true' ? await manager.receiveRaw(hash) : await manager.receive(hash, to);
    return receivedAnswer(received, request.produces);
  };

  const receiveRaw = async (request: RoutedRequest): Promise<HttpResponse> => {
    const hash = checkedBase64(request.headers['c11n-key'], `${resource}.receiveRaw.arg0`);
    const toText = request.headers['c11n-to'];
    const to = toText === undefined || toText === '' ? undefined : checkedBase64(toText, `${resource}.receiveRaw.arg1`);
    const received = await manager.receive(hash, to);
    return { status: 200, headers: { 'content-type': OCTETS }, body: received.payload };
  };

  const receiveJson = async (request: RoutedRequest): Promise<HttpResponse> => {
    const body = readBody(request.body);
    const key = textMember(body, 'key');
    if (key === undefined) throw invalidRequest('may not be null', `${resource}.receive.arg0.key`, 'null');
    const to = textMember(body, 'to');
    const hash = decodeTesseraBase64(key);
    const received =
      body['raw'] === true
        ? await manager.receiveRaw(hash)
        : await manager.receive(hash, to === undefined ? undefined : decodeTesseraBase64(to));
    return receivedAnswer(received, JSON_TYPE);
  };

  const hashOf = (request: RoutedRequest): Uint8Array => decodeTesseraBase64(request.variables['hash'] as string);
  const post = (path: string, media: readonly string[], handle: Route['handle']): Route[] =>
    media.map((type) => ({ method: 'POST', path, consumes: [type], produces: [type], handle }));
  const jsonTypes =
    profile.rules.dialect === '1.0' ? [JSON_TYPE, TESSERA_2_1] : [JSON_TYPE, TESSERA_2_1, TESSERA_3_0, TESSERA_4_0];

  const routes: Route[] = [
    ...post('/send', jsonTypes, send),
    ...post('/sendsignedtx', jsonTypes, sendSigned),
    { method: 'POST', path: '/sendsignedtx', consumes: [OCTETS], produces: [TEXT], handle: sendSignedRaw },
    { method: 'POST', path: '/sendraw', consumes: [OCTETS], produces: [TEXT], handle: sendRaw },
    ...createEncodedPayloadRoutes({ manager, profile }),
    createStoreRawRoute({ manager, profile }, JSON_TYPE),
    createStoreRawRoute({ manager, profile }, TESSERA_2_1),
    {
      method: 'GET',
      path: '/transaction/{hash}',
      produces: jsonTypes.filter((type) => type !== TESSERA_4_0),
      handle: receive,
    },
    { method: 'GET', path: '/receiveraw', produces: [OCTETS], handle: receiveRaw },
    {
      method: 'GET',
      path: '/transaction/{hash}/isSender',
      produces: [TEXT],
      handle: async (request) => textAnswer(String(await manager.isSender(hashOf(request)))),
    },
    {
      method: 'GET',
      path: '/transaction/{hash}/participants',
      produces: [TEXT],
      handle: async (request) => textAnswer((await manager.participants(hashOf(request))).map(bytesToBase64).join(',')),
    },
    {
      method: 'DELETE',
      path: '/transaction/{hash}',
      handle: async (request) => {
        try {
          await manager.delete(hashOf(request));
        } catch (error) {
          // 1.0 says nothing about what it does not have.
          if (profile.rules.dialect === '1.0' && isIsoquorumError(error, 'PAYLOAD_NOT_FOUND')) return { status: 404 };
          throw error;
        }
        return { status: 204 };
      },
    },
    {
      method: 'POST',
      path: '/delete',
      consumes: [JSON_TYPE],
      produces: [TEXT],
      handle: async (request) => {
        await manager.delete(bytesMember(readBody(request.body), 'key', `${resource}.delete.arg0`));
        return textAnswer('Delete successful');
      },
    },
  ];
  if (profile.hasJsonReceive) {
    routes.push({ method: 'GET', path: '/receive', consumes: [JSON_TYPE], produces: [JSON_TYPE], handle: receiveJson });
  }
  if (profile.hasMandatory) {
    routes.push({
      method: 'GET',
      path: '/transaction/{hash}/mandatory',
      produces: [TEXT],
      handle: async (request) =>
        textAnswer((await manager.mandatoryRecipients(hashOf(request))).map(bytesToBase64).join(',')),
    });
  }
  return routes;
}

/** `/storeraw`, on Q2T and on the third-party server. */
export function createStoreRawRoute({ manager, profile }: Q2tRoutesOptions, type: string): Route {
  return {
    method: 'POST',
    path: '/storeraw',
    consumes: [type],
    produces: [type],
    async handle(request) {
      const body = readBody(request.body);
      const payload = bytesMember(body, 'payload', 'RawTransactionResource.store.arg0');
      const { hash } = await manager.storeRaw(payload, rawSenderMember(body, profile));
      return jsonAnswer({ key: bytesToBase64(hash) }, type);
    },
  };
}
