import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToUtf8 } from '@isoquorum/primitives/utf8';
import type { Clock } from '@isoquorum/platform/clock';
import type { HttpClient, HttpClientResponse } from '@isoquorum/platform/http';
import { decodeLegacyPayload, encodeLegacyPayload, type PayloadDialect } from '@isoquorum/privacy/codec/legacy';
import type { SealedPayload } from '@isoquorum/privacy/codec/payload';
import type { AffectedPayload, Enclave, SealOptions } from '@isoquorum/privacy/enclave/enclave';
import { bytesList, parseJson, parseJsonObject, requiredBytes } from '@isoquorum/rpc/rest/json';
import { JSON_TYPE, OCTETS } from '@isoquorum/rpc/rest/media';
import { ERROR_CODE_HEADER, POSSESSION_PATH, privacyModes } from './http/enclave-routes.ts';

export interface RemoteEnclaveOptions {
  /** `http://host:port` or `unix:/path`. */
  readonly url: string;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly dialect?: PayloadDialect;
  /** Age at which the list of keys is asked for again; default 2,000. */
  readonly keyRefreshMs?: number;
  readonly timeoutMs?: number;
}

/** Codes that a remote enclave may tell; anything else it says is "not available". */
const told: readonly string[] = [
  'KEY_NOT_FOUND',
  'KEY_REJECTED',
  'OPEN_FAILED',
  'RECIPIENT_NOT_LISTED',
  'NO_BOX',
  'EXEC_HASH_INVALID',
  'MANDATORY_RECIPIENTS_INVALID',
];

function unavailable(message: string, cause?: unknown): IsoquorumError {
  return new IsoquorumError('ENCLAVE_UNAVAILABLE', message, {}, 'RETRY', { cause });
}

/** What went wrong, told by code (ours) or by text (Tessera's). */
function refused(answer: HttpClientResponse): IsoquorumError {
  let text = '';
  try {
    text = bytesToUtf8(answer.body.subarray(0, 2_000));
  } catch {
    // a page of the container: the status says enough
  }
  const code = answer.headers[ERROR_CODE_HEADER];
  if (code !== undefined && told.includes(code)) return new IsoquorumError(code, text, {});
  if (text.endsWith('not found when searching for private key')) return new IsoquorumError('KEY_NOT_FOUND', text, {});
  if (/could not open the payload/.test(text)) return new IsoquorumError('OPEN_FAILED', text, {});
  if (text === 'recipient not found in listed keys') return new IsoquorumError('RECIPIENT_NOT_LISTED', text, {});
  return unavailable(`Remote enclave instance threw an error ${answer.status}  ${answer.reason}`);
}

function affectedToJson(affected: readonly AffectedPayload[]): { key: string; value: string }[] {
  return affected.map(({ hash, payload }) => ({
    key: bytesToBase64(hash),
    value: bytesToBase64(encodeLegacyPayload(payload)),
  }));
}

function optionsToJson(options: SealOptions): Record<string, unknown> {
  return {
    privacyMode: privacyModes[options.privacyFlag],
    affectedContractTransactions: affectedToJson(options.affected),
    execHash: bytesToBase64(options.execHash),
    mandatoryRecipients: options.mandatoryRecipients.map(bytesToBase64),
    ...(options.privacyGroupId === undefined ? {} : { privacyGroupId: bytesToBase64(options.privacyGroupId) }),
  };
}

/** An enclave in another process: `isoquorum enclave`, or Tessera's (tessera.md 2.7). */
export function createRemoteEnclave(options: RemoteEnclaveOptions): Enclave {
  const { http, clock } = options;
  const dialect = options.dialect ?? '24.4';
  const base = options.url.startsWith('unix:') ? `${options.url}:` : options.url.replace(/\/$/, '');
  let keys: { readonly keys: readonly EnclaveKey[]; readonly atMs: number } | undefined;

  const ask = async (
    method: 'GET' | 'POST',
    path: string,
    accept: string,
    body?: Record<string, unknown>,
    timeoutMs?: number,
  ): Promise<HttpClientResponse> => {
    let answer: HttpClientResponse;
    try {
      answer = await http.request({
        method,
        url: base + path,
        headers: { accept, ...(body === undefined ? {} : { 'content-type': JSON_TYPE }) },
        timeoutMs: timeoutMs ?? options.timeoutMs ?? 20_000,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      keys = undefined;
      throw unavailable('Connection refused', error);
    }
    if (answer.status !== 200) throw refused(answer);
    return answer;
  };

  const read = <T>(reader: () => T): T => {
    try {
      return reader();
    } catch (error) {
      throw unavailable('Remote enclave gave a malformed answer', error);
    }
  };

  const octets = async (path: string, body: Record<string, unknown>): Promise<Uint8Array> =>
    (await ask('POST', path, OCTETS, body)).body;
  const sealed = async (path: string, body: Record<string, unknown>): Promise<SealedPayload> => {
    const bytes = await octets(path, body);
    return read(() => decodeLegacyPayload(bytes, dialect));
  };
  const keyList = async (path: string): Promise<EnclaveKey[]> => {
    const { body } = await ask('GET', path, JSON_TYPE);
    return read(() => bytesList({ keys: parseJson(body) }, 'keys'));
  };

  return {
    async publicKeys() {
      if (keys === undefined || clock.nowMs() - keys.atMs > (options.keyRefreshMs ?? 2_000)) {
        keys = { keys: await keyList('/public'), atMs: clock.nowMs() };
      }
      return keys.keys;
    },
    forwardingKeys: () => keyList('/forwarding'),
    seal: (message, sender, recipients, seal) =>
      sealed('/encrypt', {
        data: bytesToBase64(message),
        senderKey: bytesToBase64(sender),
        recipientPublicKeys: recipients.map(bytesToBase64),
        ...optionsToJson(seal),
      }),
    async sealRaw(message, sender) {
      const { body } = await ask('POST', '/encrypt/toraw', JSON_TYPE, {
        data: bytesToBase64(message),
        senderKey: bytesToBase64(sender),
      });
      return read(() => {
        const raw = parseJsonObject(body);
        return {
          encryptedPayload: requiredBytes(raw, 'encryptedPayload'),
          encryptedKey: requiredBytes(raw, 'encryptedKey'),
          nonce: requiredBytes(raw, 'nonce'),
          from: requiredBytes(raw, 'from'),
        };
      });
    },
    sealFromRaw: (raw, recipients, seal) =>
      sealed('/encrypt/raw', {
        encryptedPayload: bytesToBase64(raw.encryptedPayload),
        encryptedKey: bytesToBase64(raw.encryptedKey),
        nonce: bytesToBase64(raw.nonce),
        from: bytesToBase64(raw.from),
        recipientPublicKeys: recipients.map(bytesToBase64),
        ...optionsToJson(seal),
      }),
    open: (payload, key) =>
      octets('/unencrypt', { data: bytesToBase64(encodeLegacyPayload(payload)), providedKey: bytesToBase64(key) }),
    openRaw: (raw) =>
      octets('/unencrypt/raw', {
        encryptedPayload: bytesToBase64(raw.encryptedPayload),
        encryptedKey: bytesToBase64(raw.encryptedKey),
        nonce: bytesToBase64(raw.nonce),
        from: bytesToBase64(raw.from),
      }),
    createRecipientBox: (payload, key) =>
      octets('/addRecipient', { data: bytesToBase64(encodeLegacyPayload(payload)), providedKey: bytesToBase64(key) }),
    async findInvalidSecurityHashes(payload, affected) {
      const { body } = await ask('POST', '/findinvalidsecurityhashes', JSON_TYPE, {
        encodedPayload: bytesToBase64(encodeLegacyPayload(payload)),
        affectedContractTransactions: affectedToJson(affected),
      });
      return read(() => bytesList(parseJsonObject(body), 'invalidSecurityHashes'));
    },
    possessionProof: ({ prover, verifier, digest }) =>
      octets(POSSESSION_PATH, {
        prover: bytesToBase64(prover),
        verifier: bytesToBase64(verifier),
        digest: bytesToBase64(digest),
      }),
    async status() {
      try {
        const { body } = await ask('GET', '/ping', 'text/plain', undefined, 2_000);
        return bytesToUtf8(body) === 'STARTED' ? 'STARTED' : 'STOPPED';
      } catch {
        return 'STOPPED';
      }
    },
  };
}
