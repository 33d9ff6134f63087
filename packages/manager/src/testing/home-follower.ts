import type { EnclaveKey, EncryptedPayloadHash, Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError, isIsoquorumError } from '@isoquorum/primitives/errors';
import { encodeRlp } from '@isoquorum/primitives/rlp';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import type { CancelTimer, Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { Store } from '@isoquorum/platform/store';
import { decodeLegacyPayload } from '@isoquorum/privacy/codec/legacy';
import { payloadHash } from '@isoquorum/privacy/codec/payload-hash';
import type { Enclave } from '@isoquorum/privacy/enclave/enclave';
import type { TransactionManager } from '@isoquorum/privacy/manager/transaction-manager';
import { proveStatement } from '@isoquorum/privacy/statement/proof';
import type { StatementSigner } from '@isoquorum/privacy/statement/signer';
import {
  decodeStatement,
  encodeStatement,
  type PartyStatement,
  signStatement,
} from '@isoquorum/privacy/statement/statement';
import { isUuid } from '@isoquorum/privacy/home/challenges';
import type { HomeClient } from '@isoquorum/privacy/home/home-client';
import type { HomeChallenge, HomeInfo, WaitingPayload } from '@isoquorum/privacy/home/messages';

export type HomeState = 'connecting' | 'registered' | 'away' | 'stopped';

export interface HomeFollowerOptions {
  readonly client: HomeClient;
  /** The page's own manager and enclave. */
  readonly manager: TransactionManager;
  readonly enclave: Enclave;
  readonly key: EnclaveKey;
  readonly signer: StatementSigner;
  readonly genesisHash: Hash32;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  /** P2P URLs of further homes to name in the statement beside this one. */
  readonly otherHomes?: readonly string[];
  /** Whether a transaction on the chain names this payload: then a challenge with it is refused. */
  readonly isHashOnChain: (hash: EncryptedPayloadHash) => boolean;
  readonly onState?: (state: HomeState, error: unknown) => void;
}

export interface HomeFollower {
  readonly state: HomeState;
  /** What the home said about itself, once registered. */
  readonly info: HomeInfo | undefined;
  /** Resolves at the first registration, or when stopped. */
  readonly registered: Promise<void>;
  /** The connection to the home is back: try now. */
  retryNow(): void;
  /** A poll that waits at the home ends by itself; nothing of it is used any more. */
  stop(): void;
}

const pollWaitMs = 25_000;
const firstRetryMs = 500;
const longestRetryMs = 30_000;
const statementKey = utf8ToBytes('home-follower/statement');

/**
 * A page's life with its home: publishes its statement, takes what was kept while it was away, acknowledges it signed once it is durable here, answers
 * proof-of-possession challenges, and leaves proofs for other managers. Goes on by itself after failures.
 */
export function startHomeFollower(options: HomeFollowerOptions): HomeFollower {
  const { client, manager, enclave, key, signer, genesisHash, clock, logger, store } = options;
  let state: HomeState = 'connecting';
  let info: HomeInfo | undefined;
  let isStopped = false;
  let wake: () => void = () => {};
  let cancelTimer: CancelTimer = () => {};
  let settleRegistered: () => void = () => {};
  const registered = new Promise<void>((resolve) => (settleRegistered = resolve));
  let statement: PartyStatement | undefined;

  const setState = (next: HomeState, error?: unknown): void => {
    if (state !== next || error !== undefined) options.onState?.(next, error);
    state = next;
    if (next === 'registered' || next === 'stopped') settleRegistered();
  };

  const loadStatement = async (): Promise<PartyStatement | undefined> => {
    const kept = await store.get(statementKey);
    return kept === undefined ? undefined : decodeStatement(kept);
  };

  /** The statement that names this home; a new one, durable before it is used, when the kept one does not. */
  const currentStatement = async (home: string): Promise<PartyStatement> => {
    const kept = await loadStatement();
    const homes = [home, ...(options.otherHomes ?? []).filter((url) => url !== home)].slice(0, 2);
    const isSame =
      kept !== undefined &&
      bytesEqual(kept.enclaveKey, key) &&
      bytesEqual(kept.genesisHash, genesisHash) &&
      bytesEqual(encodeRlp(kept.homes.map(utf8ToBytes)), encodeRlp(homes.map(utf8ToBytes)));
    if (isSame) return kept;
    const made = await signStatement(
      {
        genesisHash,
        enclaveKey: key,
        role: 'page',
        homes,
        sequence: (kept?.sequence ?? 0) + 1,
        validFromMs: clock.nowMs(),
        revokes: [],
      },
      signer,
    );
    await store.batch([{ type: 'put', key: statementKey, value: encodeStatement(made) }]);
    return made;
  };

  const register = async (): Promise<void> => {
    info = await client.info();
    const home = info.keys[0];
    if (home === undefined) throw new IsoquorumError('HOME_ANSWER_INVALID', 'the home has no key', {});
    statement = await currentStatement(info.url);
    await client.register(statement, await proveStatement(enclave, statement, home));
    setState('registered');
  };

  const take = async (item: WaitingPayload): Promise<void> => {
    try {
      const payload = decodeLegacyPayload(item.payload);
      if (!bytesEqual(payloadHash(payload), item.hash))
        throw new IsoquorumError('HOME_ANSWER_INVALID', 'payload and hash do not fit', {});
      await manager.storePushed(payload);
    } catch (error) {
      if (!(error instanceof IsoquorumError) || error.reaction === 'RETRY' || error.reaction === 'STOP') throw error;
      // It will not get better: acknowledge it, so that one bad payload does not hold up the rest.
      logger.log('warn', 'a payload from the home was refused', { code: error.code });
    }
  };

  const takeWaiting = async (): Promise<void> => {
    let after = 0;
    for (;;) {
      const items = await client.waiting(key, after);
      const last = items.at(-1);
      if (last === undefined) return;
      for (const item of items) await take(item);
      await client.acknowledge(
        key,
        items.map(({ hash }) => hash),
        genesisHash,
        signer,
      );
      after = last.sequence;
    }
  };

  /** Only a fresh UUID leaves the page, or a home could have payloads opened (decision 12). */
  const answer = async (challenge: HomeChallenge): Promise<void> => {
    const refusal = new Uint8Array(0);
    let plaintext: Uint8Array = refusal;
    try {
      const payload = decodeLegacyPayload(challenge.payload);
      const hash = payloadHash(payload);
      const isKnown =
        options.isHashOnChain(hash) ||
        (await manager.sealed(hash).then(
          () => true,
          () => false,
        ));
      if (!isKnown) plaintext = await enclave.open(payload, key);
    } catch (error) {
      if (!(error instanceof IsoquorumError)) throw error;
    }
    if (!isUuid(plaintext)) logger.log('warn', 'a challenge was refused', {});
    await client.answerChallenge(key, challenge.id, isUuid(plaintext) ? plaintext : refusal);
  };

  const prove = async (verifiers: readonly EnclaveKey[]): Promise<void> => {
    const current = statement;
    if (current === undefined || verifiers.length === 0) return;
    const proofs = [];
    for (const verifier of verifiers) {
      try {
        proofs.push({ verifier, proof: await proveStatement(enclave, current, verifier) });
      } catch (error) {
        if (!isIsoquorumError(error, 'KEY_REJECTED')) throw error;
      }
    }
    if (proofs.length > 0) await client.prove(key, proofs);
  };

  const follow = async (): Promise<void> => {
    await register();
    for (let after = 0, waitMs = 0; !isStopped; waitMs = pollWaitMs) {
      const news = await client.poll(key, after, waitMs);
      if (isStopped) return;
      if (news.lastSequence > 0) await takeWaiting();
      after = Math.max(after, news.lastSequence);
      for (const challenge of news.challenges) await answer(challenge);
      await prove(news.unprovenVerifiers);
    }
  };

  const pause = (delayMs: number): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
      cancelTimer = clock.setTimer(delayMs, resolve);
    });

  const run = async (): Promise<void> => {
    let delayMs = firstRetryMs;
    while (!isStopped) {
      try {
        await follow();
      } catch (error) {
        if (isStopped) break;
        if (state === 'registered') delayMs = firstRetryMs;
        setState('away', error);
        logger.log('info', 'the home does not answer', { code: isIsoquorumError(error) ? error.code : String(error) });
        await pause(delayMs);
        cancelTimer();
        delayMs = Math.min(delayMs * 2, longestRetryMs);
      }
    }
    setState('stopped');
  };

  void run();
  return {
    get state() {
      return state;
    },
    get info() {
      return info;
    },
    registered,
    retryNow: () => wake(),
    stop() {
      isStopped = true;
      cancelTimer();
      wake();
      settleRegistered();
    },
  };
}
