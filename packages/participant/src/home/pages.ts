import type { NetworkHost, Peer } from '@isoquorum/network/host';
import { PAYLOAD_PROTOCOL } from '@isoquorum/network/protocols';
import type { Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { EnclaveKey, Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { decodeLegacyPayload, encodeLegacyPayload } from '@isoquorum/privacy/codec/legacy';
import type { SealedPayload } from '@isoquorum/privacy/codec/payload';
import { payloadHash } from '@isoquorum/privacy/codec/payload-hash';
import { acknowledgementBytes } from '@isoquorum/privacy/home/home-client';
import {
  decodeHomeRequest,
  encodeHomeAnswer,
  encodeHomeError,
  encodeHomeRequest,
  openHomeAnswer,
} from '@isoquorum/privacy/home/messages';
import type { TransactionManager } from '@isoquorum/privacy/manager/transaction-manager';
import { checkSignature, type StatementSigner } from '@isoquorum/privacy/statement/signer';
import type { PartyStatement } from '@isoquorum/privacy/statement/statement';
import { participantError } from '../errors.ts';

const pushTimeoutMs = 8_000;
const firstDialMs = 500;
const longestDialMs = 60_000;

/** Other pages, reached directly. */
export interface Pages {
  /** Keeps trying to connect to these pages. */
  want(peerIds: readonly string[]): void;
  isConnected(peerId: string): boolean;
  /**
   * Hands a sealed payload to another page and checks its signed acknowledgement.
   * @throws NO_ROUTE when the page is not connected; what the page refuses with
   */
  push(peerId: string, statement: PartyStatement, payload: SealedPayload): Promise<void>;
  stop(): void;
}

export interface PagesOptions {
  /** `dialPage` where the host can (browsers). */
  readonly host: NetworkHost & { dialPage?(peerId: string): Promise<Peer> };
  readonly manager: () => TransactionManager;
  readonly enclaveKey: EnclaveKey;
  readonly signer: StatementSigner;
  readonly genesisHash: Hash32;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createPages(options: PagesOptions): Pages {
  const { host, enclaveKey, signer, genesisHash, clock, logger } = options;
  const attempts = new Map<string, { delayMs: number; nextMs: number; busy: boolean }>();
  let cancelTimer: (() => void) | undefined;
  let stopped = false;

  const find = (peerId: string): Peer | undefined =>
    host.peers().find((peer) => peer.id === peerId && peer.role === 'browser');

  /** A payload that another page hands over: stored, then acknowledged with a signature. */
  async function receive(peer: Peer, bytes: Uint8Array): Promise<Uint8Array> {
    try {
      const request = decodeHomeRequest(bytes.slice());
      if (request.method !== 'push' || peer.role !== 'browser')
        throw new IsoquorumError('HOME_METHOD_UNKNOWN', 'a page takes payloads only, and only from pages', {});
      const hash = await options.manager().storePushed(decodeLegacyPayload(request.payload.slice()));
      return encodeHomeAnswer(hash, await signer.sign(acknowledgementBytes(genesisHash, enclaveKey, [hash])));
    } catch (error) {
      if (error instanceof IsoquorumError) return encodeHomeError(error);
      logger.log('error', 'a pushed payload could not be taken', { error: String(error) });
      return encodeHomeError(
        new IsoquorumError('PAYLOAD_NOT_TAKEN', 'the page could not take the payload', {}, 'RETRY'),
      );
    }
  }
  host.onRequest(PAYLOAD_PROTOCOL, receive);

  function dial(peerId: string): void {
    const attempt = attempts.get(peerId);
    if (attempt === undefined || attempt.busy || host.dialPage === undefined) return;
    attempt.busy = true;
    host
      .dialPage(peerId)
      .then(
        () => {
          attempt.delayMs = firstDialMs;
        },
        (error: unknown) => {
          attempt.delayMs = Math.min(longestDialMs, attempt.delayMs * 2);
          logger.log('debug', 'a page cannot be reached', { peerId, error: String(error) });
        },
      )
      .finally(() => {
        attempt.busy = false;
        attempt.nextMs = clock.nowMs() + attempt.delayMs;
      });
  }

  function tick(): void {
    cancelTimer = undefined;
    if (stopped) return;
    for (const [peerId, attempt] of attempts)
      if (find(peerId) === undefined && attempt.nextMs <= clock.nowMs()) dial(peerId);
    if (attempts.size > 0) cancelTimer = clock.setTimer(1000, tick);
  }

  return {
    want(peerIds) {
      for (const peerId of attempts.keys()) if (!peerIds.includes(peerId)) attempts.delete(peerId);
      for (const peerId of peerIds) {
        if (attempts.has(peerId) || peerId === host.peerId) continue;
        // Both pages learn of each other at about the same time: the smaller one dials first.
        const waitMs = host.peerId < peerId ? 0 : 3000;
        attempts.set(peerId, { delayMs: firstDialMs, nextMs: clock.nowMs() + waitMs, busy: false });
      }
      if (cancelTimer === undefined && !stopped) tick();
    },
    isConnected: (peerId) => find(peerId) !== undefined,
    async push(peerId, statement, payload) {
      if (find(peerId) === undefined) throw participantError('NO_ROUTE', 'The page is not connected.', { peerId });
      const hash = payloadHash(payload);
      const request = encodeHomeRequest({ method: 'push', payload: encodeLegacyPayload(payload) });
      const reader = openHomeAnswer(
        await host.request(peerId, PAYLOAD_PROTOCOL, request, { timeoutMs: pushTimeoutMs }),
      );
      const acknowledged = reader.readFixed(64, 'hash');
      if (!bytesEqual(acknowledged, hash))
        throw participantError('ANSWER_INVALID', 'The page acknowledged another payload.', { peerId }, 'REJECT');
      checkSignature(
        statement.signingKey,
        acknowledgementBytes(genesisHash, statement.enclaveKey, [hash]),
        reader.readBytes('signature'),
      );
    },
    stop() {
      stopped = true;
      cancelTimer?.();
    },
  };
}
