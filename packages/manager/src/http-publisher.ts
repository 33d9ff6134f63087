import { bytesToBase64 } from '@isoquorum/primitives/base64';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import type { HttpClient } from '@isoquorum/platform/http';
import type { Logger } from '@isoquorum/platform/logger';
import { encodeLegacyPayload } from '@isoquorum/privacy/codec/legacy';
import { payloadHash } from '@isoquorum/privacy/codec/payload-hash';
import type { SealedPayload } from '@isoquorum/privacy/codec/payload';
import type { Home } from '@isoquorum/privacy/home/home';
import {
  managerError,
  recipientRefused,
  recipientUnknown,
  recipientUnreachable,
} from '@isoquorum/privacy/manager/manager-error';
import type { PayloadPublisher } from '@isoquorum/privacy/manager/transaction-manager';
import type { PartyDirectory } from '@isoquorum/privacy/statement/directory';
import { OCTETS } from '@isoquorum/rpc/rest/media';
import type { Parties } from './parties.ts';

/** Names the API versions a manager speaks; on every request to another manager. */
export const VERSIONS_HEADER = 'tesserasupportedapiversions';

export interface HttpPublisherOptions {
  readonly http: HttpClient;
  readonly directory: PartyDirectory;
  readonly parties: Parties;
  readonly supportedVersions: string;
  readonly logger: Logger;
  /** The home of pages in this process; asked late, since it needs the publisher itself. */
  readonly home: () => Home;
  readonly timeoutMs?: number;
}

/** Pushes payloads to other managers (tessera.md 3.4), and to pages whose home is here. */
export function createHttpPublisher(options: HttpPublisherOptions): PayloadPublisher {
  const { directory, parties, http, logger } = options;

  const checkVersions = (url: string, recipient: Uint8Array, privacyFlag: number): void => {
    const versions = parties.versionsOf(url);
    if (versions === undefined || privacyFlag === 0) return;
    const name = bytesToBase64(recipient);
    if (!versions.includes('v2')) {
      throw managerError(
        'RECIPIENT_UNSUPPORTED',
        `Transactions with enhanced privacy is not currently supported on recipient ${name}`,
      );
    }
    if (privacyFlag === 2 && !versions.includes('4.0')) {
      throw managerError(
        'RECIPIENT_UNSUPPORTED',
        `Transactions with mandatory recipients are not currently supported on recipient ${name}`,
      );
    }
  };

  const push = async (url: string, recipient: Uint8Array, payload: SealedPayload): Promise<void> => {
    checkVersions(url, recipient, payload.privacyFlag);
    let status: number;
    try {
      const answer = await http.request({
        method: 'POST',
        url: `${url}push`,
        headers: { 'content-type': OCTETS, accept: 'text/plain', [VERSIONS_HEADER]: options.supportedVersions },
        body: encodeLegacyPayload(payload),
        timeoutMs: options.timeoutMs ?? 10_000,
        maxBodyBytes: 1 << 16,
      });
      status = answer.status;
      directory.markOnline(url);
    } catch (error) {
      if (!isIsoquorumError(error)) throw error;
      parties.lose(url);
      directory.markOffline(url);
      throw recipientUnreachable(url, recipient);
    }
    if (status !== 200 && status !== 201) {
      logger.log('warn', 'a manager refused a payload', { url, status, hash: bytesToBase64(payloadHash(payload)) });
      throw recipientRefused(url, recipient, status);
    }
  };

  return {
    async check(recipient) {
      if (!options.home().isRegistered(recipient)) directory.resolve(recipient);
    },
    async publish(recipient, payload) {
      if (options.home().isRegistered(recipient)) {
        await options.home().accept(payload);
        return;
      }
      // A page may have two homes: the first that takes the payload is enough.
      let failure: unknown = recipientUnknown(recipient);
      for (const url of directory.resolve(recipient).urls.filter((candidate) => !parties.isOwn(candidate))) {
        try {
          await push(url, recipient, payload);
          return;
        } catch (error) {
          failure = error;
        }
      }
      throw failure;
    },
  };
}
