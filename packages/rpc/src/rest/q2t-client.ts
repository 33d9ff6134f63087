import { base64ToBytes, bytesToBase64 } from '@isoquorum/primitives/base64';
import type { EnclaveKey, EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { isZeroBytes } from '@isoquorum/primitives/hex';
import { bytesToUtf8 } from '@isoquorum/primitives/utf8';
import type { Clock } from '@isoquorum/platform/clock';
import type { HttpClient, HttpClientResponse } from '@isoquorum/platform/http';
import { HOME_MEDIA_TYPE, HOME_PATH, HOME_PEER_HEADER, MAX_WAIT_MS, STORED_PATH } from './home.ts';
import {
  bytesList,
  type JsonObject,
  optionalNumber,
  optionalText,
  parseJson,
  parseJsonObject,
  requiredBytes,
} from './json.ts';
import { parseResidentGroups } from './resident-groups.ts';
import type {
  Q2tClient,
  Q2tDistribution,
  Q2tErrorCode,
  Q2tFeatures,
  Q2tKey,
  Q2tPayload,
  Q2tSent,
  Q2tStoredEvent,
} from './q2t.ts';

export interface Q2tClientOptions {
  /** `http://host:port` or `unix:/path`. */
  readonly url: string;
  readonly http: HttpClient;
  readonly clock: Clock;
  /** Of one request; default 30,000. */
  readonly timeoutMs?: number;
}

interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly media?: string;
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

const JSON_MEDIA = 'application/json';
const MEDIA_2_1 = 'application/vnd.tessera-2.1+json';
const MEDIA_4_0 = 'application/vnd.tessera-4.0+json';

function fail(code: Q2tErrorCode, message: string, fields: Record<string, unknown>, cause?: unknown): IsoquorumError {
  return new IsoquorumError(code, message, fields, code === 'MANAGER_UNREACHABLE' ? 'RETRY' : 'REJECT', { cause });
}

function textOf(bytes: Uint8Array): string {
  try {
    return bytesToUtf8(bytes);
  } catch {
    return '';
  }
}

/** `major.minor` of an API version; suffixes are ignored, anything else is 0 (goquorum.md 2.8). */
function versionNumber(text: string): number {
  const match = /^0*(\d+)\.0*(\d+)/.exec(text);
  return match === null ? 0 : Number(match[1]) + Number(match[2]) / 1_000;
}

const keyText = (key: Q2tKey): string => (typeof key === 'string' ? key : bytesToBase64(key));

function distribution(request: Q2tDistribution): Record<string, unknown> {
  const { execHash, affectedContractTransactions: affected, mandatoryRecipients: mandatory } = request;
  return {
    to: request.to.map(keyText),
    affectedContractTransactions: (affected ?? []).map(bytesToBase64),
    ...(execHash === undefined || execHash.length === 0 ? {} : { execHash: bytesToBase64(execHash) }),
    privacyFlag: request.privacyFlag ?? 0,
    mandatoryRecipients: mandatory === undefined || mandatory.length === 0 ? null : mandatory.map(keyText),
  };
}

function readSent(object: JsonObject): Q2tSent {
  const sender = optionalText(object, 'senderKey') ?? optionalText(object, 'sender');
  return {
    hash: requiredBytes(object, 'key'),
    senderKey: sender === undefined || sender === '' ? undefined : base64ToBytes(sender, 'senderKey'),
    managedParties: bytesList(object, 'managedParties'),
  };
}

function readPayload(object: JsonObject): Q2tPayload {
  const sender = optionalText(object, 'senderKey') ?? optionalText(object, 'sender');
  return {
    payload: requiredBytes(object, 'payload'),
    privacyFlag: optionalNumber(object, 'privacyFlag') ?? 0,
    affectedContractTransactions: bytesList(object, 'affectedContractTransactions'),
    execHash: optionalText(object, 'execHash') ?? '',
    managedParties: bytesList(object, 'managedParties'),
    senderKey: sender === undefined || sender === '' ? undefined : base64ToBytes(sender, 'senderKey'),
  };
}

/** A client of a transaction manager's Q2T server: Tessera's or ours. */
export function createQ2tClient(options: Q2tClientOptions): Q2tClient {
  const { http, clock } = options;
  const base = options.url.startsWith('unix:') ? `${options.url}:` : options.url.replace(/\/$/, '');
  let known: Promise<Q2tFeatures> | undefined;

  const exchange = async (call: Call): Promise<HttpClientResponse> => {
    const media = call.media ?? JSON_MEDIA;
    try {
      return await http.request({
        method: call.method,
        url: base + call.path,
        headers: { accept: media, 'content-type': media, ...call.headers },
        timeoutMs: call.timeoutMs ?? options.timeoutMs ?? 30_000,
        ...(call.body === undefined ? {} : { body: call.body }),
        ...(call.signal === undefined ? {} : { signal: call.signal }),
      });
    } catch (error) {
      known = undefined;
      throw fail(
        'MANAGER_UNREACHABLE',
        `transaction manager at ${options.url} cannot be reached`,
        { url: options.url },
        error,
      );
    }
  };

  const refused = (answer: HttpClientResponse): IsoquorumError => {
    const body = textOf(answer.body);
    const fields = { status: answer.status, body };
    const code = answer.status === 503 ? 'MANAGER_UNREACHABLE' : 'MANAGER_REFUSED';
    return fail(code, `${answer.status} status: ${body}`, fields);
  };

  const call = async (request: Call): Promise<HttpClientResponse> => {
    const answer = await exchange(request);
    if (answer.status !== 200 && answer.status !== 201) throw refused(answer);
    return answer;
  };

  /** An answer that does not have the promised shape says nothing: it counts as none. */
  const read = <T>(answer: HttpClientResponse, reader: (body: Uint8Array) => T): T => {
    try {
      return reader(answer.body);
    } catch (error) {
      throw fail(
        'MANAGER_UNREACHABLE',
        `transaction manager at ${options.url} gave a malformed answer`,
        { url: options.url },
        error,
      );
    }
  };

  const askFeatures = async (): Promise<Q2tFeatures> => {
    const version = await exchange({ method: 'GET', path: '/version', headers: { accept: '*/*' } });
    const api = await exchange({ method: 'GET', path: '/version/api' });
    const ours = await exchange({ method: 'GET', path: `${STORED_PATH}?after=0&limit=0` });
    if (api.status === 503 || version.status === 503) throw refused(api);
    let apiVersions: string[] = ['1.0'];
    if (version.status === 200 && api.status === 200) {
      const parsed = read(api, parseJson);
      if (Array.isArray(parsed) && parsed.length > 0) apiVersions = parsed.filter((item) => typeof item === 'string');
    }
    const highest = Math.max(0, ...apiVersions.map(versionNumber));
    return {
      version: version.status === 200 ? textOf(version.body) : '',
      apiVersions,
      privacyEnhancements: highest >= 2,
      multitenancy: highest >= 2.001,
      multiplePrivateStates: highest >= 3,
      mandatoryRecipients: highest >= 4,
      isoquorum: ours.status === 200,
    };
  };

  const features = (): Promise<Q2tFeatures> => {
    if (known === undefined) {
      const asked = askFeatures();
      known = asked;
      asked.catch(() => {
        if (known === asked) known = undefined;
      });
    }
    return known;
  };

  const mediaFor = async (privacyFlag: number): Promise<string> => {
    const supported = await features();
    if (privacyFlag !== 0 && !supported.privacyEnhancements) {
      throw fail('MANAGER_FEATURE_MISSING', 'private transaction manager does not support privacy enhancements', {
        privacyFlag,
      });
    }
    if (privacyFlag === 2 && !supported.mandatoryRecipients) {
      throw fail('MANAGER_FEATURE_MISSING', 'private transaction manager does not support mandatory recipients', {
        privacyFlag,
      });
    }
    if (privacyFlag === 2) return MEDIA_4_0;
    return supported.multitenancy ? MEDIA_2_1 : JSON_MEDIA;
  };

  const post = async (path: string, media: string, value: unknown): Promise<HttpClientResponse> =>
    call({ method: 'POST', path, media, body: `${JSON.stringify(value)}\n` });

  const fetchPayload = async (hash: EncryptedPayloadHash, isRaw: boolean): Promise<Q2tPayload | undefined> => {
    if (isZeroBytes(hash)) return undefined;
    const path = `/transaction/${encodeURIComponent(bytesToBase64(hash))}?isRaw=${isRaw}`;
    const answer = await exchange({ method: 'GET', path, media: await mediaFor(0) });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw refused(answer);
    return read(answer, (body) => readPayload(parseJsonObject(body)));
  };

  const fetchText = async (hash: EncryptedPayloadHash, what: string): Promise<string> => {
    const path = `/transaction/${encodeURIComponent(bytesToBase64(hash))}/${what}`;
    return read(await call({ method: 'GET', path, headers: { accept: 'text/plain' } }), (body) => bytesToUtf8(body));
  };

  const fetchKeys = async (hash: EncryptedPayloadHash, what: string): Promise<EnclaveKey[]> => {
    const text = (await fetchText(hash, what)).trim();
    return text === '' ? [] : text.split(',').map((key) => base64ToBytes(key, what));
  };

  return {
    features,
    async isUp() {
      const answer = await exchange({ method: 'GET', path: '/upcheck', headers: { accept: '*/*' } }).catch(
        () => undefined,
      );
      return answer?.status === 200;
    },
    async send(request) {
      const { payload, from } = request;
      const body = {
        payload: bytesToBase64(payload),
        ...(from === undefined ? {} : { from: keyText(from) }),
        ...distribution(request),
      };
      return read(await post('/send', await mediaFor(request.privacyFlag ?? 0), body), (bytes) =>
        readSent(parseJsonObject(bytes)),
      );
    },
    async storeRaw(payload, from) {
      const body = { payload: bytesToBase64(payload), ...(from === undefined ? {} : { from: keyText(from) }) };
      return read(await post('/storeraw', await mediaFor(0), body), (bytes) =>
        requiredBytes(parseJsonObject(bytes), 'key'),
      );
    },
    async sendSigned(request) {
      const body = { hash: bytesToBase64(request.hash), ...distribution(request) };
      const media = await mediaFor(request.privacyFlag ?? 0);
      return read(await post('/sendsignedtx', media, body), (bytes) => readSent(parseJsonObject(bytes)));
    },
    receive: (hash) => fetchPayload(hash, false),
    receiveRaw: (hash) => fetchPayload(hash, true),
    isSender: async (hash) => (await fetchText(hash, 'isSender')) === 'true',
    participants: (hash) => fetchKeys(hash, 'participants'),
    mandatoryRecipients: (hash) => fetchKeys(hash, 'mandatory'),
    async seal(payload, from, to) {
      const body = {
        payload: bytesToBase64(payload),
        ...(from === undefined ? {} : { from: keyText(from) }),
        ...distribution({ to }),
      };
      return (await post('/encodedpayload/create', await mediaFor(0), body)).body;
    },
    async openSealed(sealed) {
      const media = await mediaFor(0);
      const answer = await call({ method: 'POST', path: '/encodedpayload/decrypt', media, body: sealed });
      return read(answer, (body) => requiredBytes(parseJsonObject(body), 'payload'));
    },
    async residentGroups() {
      return read(await call({ method: 'GET', path: '/groups/resident' }), parseResidentGroups);
    },
    async storedSince(sequence, waitMs = 0, signal) {
      const wait = Math.min(waitMs, MAX_WAIT_MS);
      if (!(await features()).isoquorum) {
        await new Promise<void>((resolve) => {
          const cancel = clock.setTimer(wait, resolve);
          signal?.addEventListener('abort', () => (cancel(), resolve()), { once: true });
        });
        return [];
      }
      const path = `${STORED_PATH}?after=${sequence}&waitMs=${wait}`;
      const answer = await call({ method: 'GET', path, timeoutMs: wait + 10_000, signal });
      return read(answer, (body) => {
        const { events } = parseJsonObject(body) as { readonly events: readonly JsonObject[] };
        return events.map(
          (event): Q2tStoredEvent => ({
            sequence: Number(optionalNumber(event, 'sequence')),
            hash: requiredBytes(event, 'hash'),
          }),
        );
      });
    },
    async home(peerId, request, signal) {
      const headers = { [HOME_PEER_HEADER]: peerId, 'content-type': HOME_MEDIA_TYPE, accept: HOME_MEDIA_TYPE };
      return (
        await call({ method: 'POST', path: HOME_PATH, headers, body: request, timeoutMs: MAX_WAIT_MS + 10_000, signal })
      ).body;
    },
  };
}
