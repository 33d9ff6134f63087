import type { EnclaveKey, EncryptedPayloadHash, Hash32 } from '@isoquorum/primitives/bytes';
import type { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { bytesToUtf8 } from '@isoquorum/primitives/utf8';
import { encodeLegacyPayload } from '../codec/legacy.ts';
import type { SealedPayload } from '../codec/payload.ts';
import { domainBytes, type StatementSigner } from '../statement/signer.ts';
import { encodeStatement, type PartyStatement } from '../statement/statement.ts';
import {
  type DirectoryParty,
  encodeHomeRequest,
  type HomeInfo,
  type HomeRequest,
  openHomeAnswer,
  type PollResult,
  readDirectoryParty,
  type WaitingPayload,
} from './messages.ts';

/** Carries one request of the home protocol to a manager and brings its answer; a stream to a validator, or a node's HTTP. */
export type HomeTransport = (request: Uint8Array, options: { readonly timeoutMs: number }) => Promise<Uint8Array>;

/**
 * A page's side of the home protocol. Every method may throw HOME_REFUSED (the home's code is `fields.remoteCode`), HOME_ANSWER_INVALID,
 * and what the transport throws.
 */
export interface HomeClient {
  info(): Promise<HomeInfo>;
  /** @param proof of possession for the home's default key (`proveStatement`) */
  register(statement: PartyStatement, proof: Uint8Array): Promise<void>;
  unregister(key: EnclaveKey): Promise<void>;
  /** Parties the home knows. A page checks statements itself: this is the home's word. @param verifier ask for proofs made for this key */
  directory(verifier?: EnclaveKey): Promise<readonly DirectoryParty[]>;
  /** Leaves proofs of the current statement for other verifiers. */
  prove(
    key: EnclaveKey,
    proofs: readonly { readonly verifier: EnclaveKey; readonly proof: Uint8Array }[],
  ): Promise<void>;
  /** Payloads kept for the key after a sequence number, oldest first, about `maxBytes` at once (at least one). */
  waiting(key: EnclaveKey, after: number, maxBytes?: number): Promise<readonly WaitingPayload[]>;
  /** Says, signed, that these payloads are durable here; the home deletes them. */
  acknowledge(
    key: EnclaveKey,
    hashes: readonly EncryptedPayloadHash[],
    genesisHash: Hash32,
    signer: StatementSigner,
  ): Promise<void>;
  /** Pushes an own sealed payload, stripped for one recipient, to whoever keeps that key's payloads. Remote codes: as PayloadPublisher. */
  relay(recipient: EnclaveKey, payload: SealedPayload): Promise<void>;
  /** Answers when something is new after `after`, or after `waitMs` (at most 25,000). */
  poll(key: EnclaveKey, after: number, waitMs: number): Promise<PollResult>;
  /** No bytes: refused. */
  answerChallenge(key: EnclaveKey, id: number, plaintext: Uint8Array): Promise<void>;
}

/** The bytes a page signs when it acknowledges payloads. */
export function acknowledgementBytes(
  genesisHash: Hash32,
  key: EnclaveKey,
  hashes: readonly EncryptedPayloadHash[],
): Uint8Array {
  return domainBytes(genesisHash, 'payload-acknowledgement/1', [key, [...hashes]]);
}

export function createHomeClient(transport: HomeTransport): HomeClient {
  const ask = async (request: HomeRequest, timeoutMs = 20_000): Promise<RlpReader> =>
    openHomeAnswer(await transport(encodeHomeRequest(request), { timeoutMs }));
  return {
    async info() {
      const reader = await ask({ method: 'info' });
      const url = bytesToUtf8(reader.readBytes('url'), 'url');
      const keys = reader.readListOf('keys', (list) => list.readFixed(32, 'key').slice());
      return { url, keys, genesisHash: reader.readFixed(32, 'genesisHash').slice() };
    },
    async register(statement, proof) {
      await ask({ method: 'register', statement: encodeStatement(statement), proof });
    },
    async unregister(key) {
      await ask({ method: 'unregister', key });
    },
    async directory(verifier) {
      const reader = await ask({ method: 'directory', verifier: verifier ?? new Uint8Array(0) });
      return reader.readListOf('parties', readDirectoryParty);
    },
    async prove(key, proofs) {
      await ask({ method: 'prove', key, proofs });
    },
    async waiting(key, after, maxBytes = 1 << 20) {
      const reader = await ask({ method: 'waiting', key, after, maxBytes }, 60_000);
      return reader.readListOf('payloads', (list) => {
        const item = list.readList('payload');
        return {
          sequence: item.readNumber('sequence'),
          hash: item.readFixed(64, 'hash').slice(),
          receivedMs: item.readNumber('received'),
          payload: item.readBytes('payload').slice(),
        };
      });
    },
    async acknowledge(key, hashes, genesisHash, signer) {
      const signature = await signer.sign(acknowledgementBytes(genesisHash, key, hashes));
      await ask({ method: 'acknowledge', key, hashes, signature });
    },
    async relay(recipient, payload) {
      await ask({ method: 'relay', recipient, payload: encodeLegacyPayload(payload) }, 60_000);
    },
    async poll(key, after, waitMs) {
      const reader = await ask({ method: 'poll', key, after, waitMs }, waitMs + 15_000);
      const lastSequence = reader.readNumber('lastSequence');
      const challenges = reader.readListOf('challenges', (list) => {
        const item = list.readList('challenge');
        return { id: item.readNumber('id'), payload: item.readBytes('payload').slice() };
      });
      const unprovenVerifiers = reader.readListOf('verifiers', (list) => list.readFixed(32, 'verifier').slice());
      return { lastSequence, challenges, unprovenVerifiers };
    },
    async answerChallenge(key, id, plaintext) {
      await ask({ method: 'answerChallenge', key, id, plaintext });
    },
  };
}
