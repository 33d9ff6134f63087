import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { EnclaveKey, EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual, concatBytes } from '@isoquorum/primitives/hex';
import { numberToRlp, type RlpItem } from '@isoquorum/primitives/rlp';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';
import type { Clock } from '@isoquorum/platform/clock';
import type { Store } from '@isoquorum/platform/store';
import { decodeLegacyPayload, encodeLegacyPayload } from '../codec/legacy.ts';
import { isSameParty } from '../codec/party-info.ts';
import { payloadHash } from '../codec/payload-hash.ts';
import type { SealedPayload } from '../codec/payload.ts';
import { indexOfKey } from '../codec/recipient.ts';
import type { Enclave } from '../enclave/enclave.ts';
import { managerError } from '../manager/manager-error.ts';
import { checkShape } from '../manager/push.ts';
import type { PayloadPublisher, TransactionManager } from '../manager/transaction-manager.ts';
import type { PartyDirectory } from '../statement/directory.ts';
import { isStatementProven, proveStatement } from '../statement/proof.ts';
import { checkSignature, signingKeyToPeerId } from '../statement/signer.ts';
import {
  checkStatementChain,
  decodeStatement,
  encodeStatement,
  type PartyStatement,
  statementDigest,
} from '../statement/statement.ts';
import { Challenges } from './challenges.ts';
import { acknowledgementBytes } from './home-client.ts';
import { homeError } from './home-error.ts';
import {
  decodeHomeRequest,
  directoryPartyToRlp,
  encodeHomeAnswer,
  encodeHomeError,
  type HomeRequest,
} from './messages.ts';
import { defaultWaitingLimits, type WaitingLimits, WaitingStore } from './waiting-store.ts';

export interface HomeOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly enclave: Enclave;
  readonly manager: TransactionManager;
  readonly directory: PartyDirectory;
  /** Pushes to other managers. */
  readonly publisher: PayloadPublisher;
  /** This manager's P2P URL, normalised. */
  readonly url: string;
  readonly limits?: Partial<WaitingLimits>;
  /** Keys that may be registered in all; default 1,000, and 4 of one peer. */
  readonly maxKeys?: number;
  /** A statement was registered: other managers should hear of it soon. */
  readonly onRegistered?: () => void;
}

const registrationPrefix = utf8ToBytes('home/r/');
const registrationEnd = utf8ToBytes('home/r0');
const proofPrefix = utf8ToBytes('home/v/');
const maxKeysOfPeer = 4;
const maxWaitMs = 25_000;
const maxVerifiers = 64;

/**
 * The home of pages (decision 12): keeps sealed payloads for their enclave keys while they are away, relays theirs to other managers, passes
 * challenges through, and tells the directory. It holds no key of theirs and never sees a plaintext. Callers are authenticated by PeerId.
 */
export class Home {
  private readonly options: HomeOptions;
  private readonly waiting: WaitingStore;
  private readonly challenges: Challenges;
  /** Enclave key (base64) → PeerId that registered it. */
  private readonly owners = new Map<string, string>();
  private readonly wakers = new Map<string, Set<() => void>>();
  /** Keys (base64) whose pages should be told of managers that want a proof. */
  private readonly proofsWanted = new Set<string>();
  private readonly stopListening: () => void;

  private constructor(options: HomeOptions, waiting: WaitingStore) {
    this.options = options;
    this.waiting = waiting;
    this.challenges = new Challenges(options.clock);
    this.stopListening = options.directory.onStatement((entry) => {
      if (entry.statement?.role !== 'manager') return;
      for (const name of this.owners.keys()) {
        this.proofsWanted.add(name);
        this.wakeName(name);
      }
    });
  }

  static async open(options: HomeOptions): Promise<Home> {
    const limits = { ...defaultWaitingLimits, ...options.limits };
    const home = new Home(options, await WaitingStore.open(options.store, options.clock, limits));
    for await (const [key, peerId] of options.store.iterate({ gte: registrationPrefix, lt: registrationEnd })) {
      home.owners.set(bytesToBase64(key.subarray(registrationPrefix.length)), bytesToUtf8(peerId));
    }
    return home;
  }

  /** Keys of pages that this home keeps payloads for. */
  isRegistered(key: EnclaveKey): boolean {
    return this.owners.has(bytesToBase64(key));
  }

  /** As listed to other managers, besides the manager's own keys. */
  registeredKeys(): EnclaveKey[] {
    return this.options.directory
      .entries()
      .map(({ key }) => key)
      .filter((key) => this.isRegistered(key));
  }

  /** Keeps a pushed payload for its page, or gives it to the manager. Durable when the promise resolves. @throws as `storePushed`; HOME_QUOTA_EXCEEDED */
  async accept(payload: SealedPayload): Promise<EncryptedPayloadHash> {
    const recipient = payload.recipientKeys[0];
    if (recipient === undefined || !this.isRegistered(recipient)) return this.options.manager.storePushed(payload);
    checkShape(payload);
    const hash = payloadHash(payload);
    await this.waiting.add(recipient, hash, payload.senderKey, encodeLegacyPayload(payload));
    this.wake(recipient);
    return hash;
  }

  /** Passes a proof-of-possession challenge to the page and waits for its plaintext. @throws CHALLENGE_REFUSED */
  challenge(payload: SealedPayload, waitMs = 3_500): Promise<Uint8Array> {
    const key = payload.recipientKeys[0] as EnclaveKey;
    const answer = this.challenges.ask(key, encodeLegacyPayload(payload), waitMs);
    this.wake(key);
    return answer;
  }

  /** One request of the home protocol. Never throws: errors become answers. */
  async handle(peerId: string, request: Uint8Array, signal?: { readonly aborted: boolean }): Promise<Uint8Array> {
    try {
      return await this.answer(peerId, decodeHomeRequest(request), signal);
    } catch (error) {
      if (error instanceof IsoquorumError) return encodeHomeError(error);
      return encodeHomeError(
        new IsoquorumError('HOME_FAILED', 'internal error of the home', {}, 'RETRY', { cause: error }),
      );
    }
  }

  stop(): void {
    this.stopListening();
    this.challenges.stop();
    for (const wakers of this.wakers.values()) for (const waker of wakers) waker();
  }

  private wake(key: EnclaveKey): void {
    this.wakeName(bytesToBase64(key));
  }

  private wakeName(name: string): void {
    for (const waker of this.wakers.get(name) ?? []) waker();
  }

  private checkOwner(peerId: string, key: EnclaveKey): void {
    if (this.owners.get(bytesToBase64(key)) !== peerId)
      throw homeError('HOME_NOT_REGISTERED', 'this peer has not registered that key here');
  }

  private async answer(
    peerId: string,
    request: HomeRequest,
    signal?: { readonly aborted: boolean },
  ): Promise<Uint8Array> {
    switch (request.method) {
      case 'info':
        return this.info();
      case 'register':
        return this.register(peerId, decodeStatement(request.statement.slice()), request.proof);
      case 'unregister':
        return this.unregister(peerId, request.key);
      case 'directory':
        return encodeHomeAnswer(await this.listParties(request.verifier));
      case 'prove':
        return this.keepProofs(peerId, request.key.slice(), request.proofs);
      case 'waiting': {
        this.checkOwner(peerId, request.key);
        const payloads = await this.waiting.list(request.key, request.after, Math.min(request.maxBytes, 8 << 20));
        return encodeHomeAnswer(
          payloads.map((item) => [numberToRlp(item.sequence), item.hash, numberToRlp(item.receivedMs), item.payload]),
        );
      }
      case 'acknowledge':
        return this.acknowledge(peerId, request.key, request.hashes, request.signature);
      case 'relay':
        return this.relay(peerId, request.recipient.slice(), request.payload.slice());
      case 'poll':
        return this.poll(peerId, request.key.slice(), request.after, Math.min(request.waitMs, maxWaitMs), signal);
      case 'answerChallenge':
        this.checkOwner(peerId, request.key);
        this.challenges.answer(request.key, request.id, request.plaintext.slice());
        return encodeHomeAnswer();
      case 'push':
        return encodeHomeAnswer(await this.accept(decodeLegacyPayload(request.payload.slice())));
    }
  }

  private async info(): Promise<Uint8Array> {
    const { enclave, directory, url } = this.options;
    return encodeHomeAnswer(
      utf8ToBytes(url),
      [...(await enclave.publicKeys())],
      directory.genesisHash ?? new Uint8Array(32),
    );
  }

  private async register(peerId: string, statement: PartyStatement, proof: Uint8Array): Promise<Uint8Array> {
    const { directory, enclave, url } = this.options;
    const own = await enclave.publicKeys();
    if (signingKeyToPeerId(statement.signingKey) !== peerId)
      throw homeError('HOME_REFUSES_KEY', 'the statement is signed by another identity');
    if (!statement.homes.some((home) => isSameParty(home, url)))
      throw homeError('HOME_NOT_NAMED', 'the statement does not name this home');
    const isOwnKey = indexOfKey(own, statement.enclaveKey) >= 0;
    if (isOwnKey !== (statement.role === 'manager'))
      throw homeError('HOME_REFUSES_KEY', 'the key does not fit the role');
    if (isOwnKey) await directory.learnGenesis(statement.genesisHash);
    if (directory.genesisHash === undefined)
      throw homeError('HOME_NOT_READY', 'this manager does not know its chain yet', 'RETRY');
    checkStatementChain(statement, directory.genesisHash);
    if (!isOwnKey) {
      const proven = await isStatementProven(enclave, statement, own[0] as EnclaveKey, proof);
      if (!proven) throw homeError('HOME_PROOF_INVALID', 'possession of the enclave key is not proven');
      this.checkRoom(peerId, statement.enclaveKey);
    }
    if ((await directory.admit(statement, true)) === 'conflict') {
      throw managerError('PARTY_CONFLICT', 'another identity claims the enclave key', {
        key: bytesToBase64(statement.enclaveKey),
      });
    }
    if (!isOwnKey) {
      await this.options.store.batch([
        { type: 'put', key: concatBytes(registrationPrefix, statement.enclaveKey), value: utf8ToBytes(peerId) },
      ]);
      this.owners.set(bytesToBase64(statement.enclaveKey), peerId);
    }
    this.options.onRegistered?.();
    return encodeHomeAnswer();
  }

  private checkRoom(peerId: string, key: EnclaveKey): void {
    const owner = this.owners.get(bytesToBase64(key));
    if (owner === peerId) return;
    if (owner !== undefined) throw homeError('HOME_REFUSES_KEY', 'another peer registered that key');
    const ofPeer = [...this.owners.values()].filter((other) => other === peerId).length;
    if (ofPeer >= maxKeysOfPeer || this.owners.size >= (this.options.maxKeys ?? 1_000)) {
      throw homeError('HOME_FULL', 'this home takes no more keys');
    }
  }

  private async unregister(peerId: string, key: EnclaveKey): Promise<Uint8Array> {
    this.checkOwner(peerId, key);
    await this.options.store.batch([{ type: 'delete', key: concatBytes(registrationPrefix, key) }]);
    this.owners.delete(bytesToBase64(key));
    await this.waiting.removeAll(key);
    return encodeHomeAnswer();
  }

  /** The proof of a party for a verifier: made now for the manager's own keys, as left behind by a page. */
  async proofFor(statement: PartyStatement, verifier: EnclaveKey): Promise<Uint8Array> {
    const { enclave, store } = this.options;
    if (verifier.length !== 32) return new Uint8Array(0);
    if (indexOfKey(await enclave.publicKeys(), statement.enclaveKey) >= 0)
      return proveStatement(enclave, statement, verifier);
    const kept = await store.get(concatBytes(proofPrefix, statement.enclaveKey, verifier));
    const isCurrent = kept !== undefined && bytesEqual(kept.subarray(32), statementDigest(statement));
    return isCurrent ? kept.slice(0, 32) : new Uint8Array(0);
  }

  private async listParties(verifier: Uint8Array): Promise<RlpItem[]> {
    const entries = this.options.directory.entries().slice(0, 10_000);
    return Promise.all(
      entries.map(async ({ key, urls, statement, isProven, isConflicting, isRevoked }) =>
        directoryPartyToRlp({
          key,
          urls,
          statement: statement === undefined ? new Uint8Array(0) : encodeStatement(statement),
          isProven,
          isConflicting,
          isRevoked,
          proof: statement === undefined ? new Uint8Array(0) : await this.proofFor(statement, verifier.slice()),
        }),
      ),
    );
  }

  private async keepProofs(
    peerId: string,
    key: EnclaveKey,
    proofs: readonly { readonly verifier: EnclaveKey; readonly proof: Uint8Array }[],
  ): Promise<Uint8Array> {
    this.checkOwner(peerId, key);
    const statement = this.options.directory.get(key)?.statement;
    if (statement === undefined) throw homeError('HOME_NOT_REGISTERED', 'no statement is known for that key');
    const digest = statementDigest(statement);
    const known = proofs.filter(({ verifier }) => this.options.directory.get(verifier)?.statement?.role === 'manager');
    await this.options.store.batch(
      known.map(({ verifier, proof }) => ({
        type: 'put',
        key: concatBytes(proofPrefix, key, verifier),
        value: concatBytes(proof, digest),
      })),
    );
    return encodeHomeAnswer();
  }

  private async acknowledge(
    peerId: string,
    key: EnclaveKey,
    hashes: readonly EncryptedPayloadHash[],
    signature: Uint8Array,
  ): Promise<Uint8Array> {
    this.checkOwner(peerId, key);
    const { directory } = this.options;
    const statement = directory.get(key)?.statement;
    if (statement === undefined || directory.genesisHash === undefined)
      throw homeError('HOME_NOT_REGISTERED', 'no statement is known for that key');
    checkSignature(statement.signingKey, acknowledgementBytes(directory.genesisHash, key, hashes), signature);
    await this.waiting.remove(key, hashes);
    return encodeHomeAnswer();
  }

  private async relay(peerId: string, recipient: EnclaveKey, bytes: Uint8Array): Promise<Uint8Array> {
    const payload = decodeLegacyPayload(bytes);
    checkShape(payload);
    this.checkOwner(peerId, payload.senderKey);
    const first = payload.recipientKeys[0];
    const isForRecipient = first !== undefined && bytesEqual(first, recipient) && payload.recipientBoxes.length === 1;
    if (!isForRecipient) throw homeError('HOME_RELAY_REFUSED', 'the payload is not stripped for that recipient');
    const own = await this.options.enclave.publicKeys();
    if (indexOfKey(own, recipient) >= 0 || this.isRegistered(recipient)) await this.accept(payload);
    else {
      await this.options.publisher.check(recipient);
      await this.options.publisher.publish(recipient, payload);
    }
    return encodeHomeAnswer();
  }

  private async poll(
    peerId: string,
    key: EnclaveKey,
    after: number,
    waitMs: number,
    signal?: { readonly aborted: boolean },
  ): Promise<Uint8Array> {
    this.checkOwner(peerId, key);
    const name = bytesToBase64(key);
    const isReady = (): boolean =>
      this.proofsWanted.has(name) || this.waiting.lastSequence(key) > after || this.challenges.hasNew(key);
    if (waitMs > 0 && !isReady() && signal?.aborted !== true) await this.waitFor(key, waitMs);
    this.proofsWanted.delete(name);
    const challenges = this.challenges.deliver(key).map(({ id, payload }) => [numberToRlp(id), payload]);
    return encodeHomeAnswer(numberToRlp(this.waiting.lastSequence(key)), challenges, await this.unprovenVerifiers(key));
  }

  private waitFor(key: EnclaveKey, waitMs: number): Promise<void> {
    const name = bytesToBase64(key);
    return new Promise((resolve) => {
      const wakers = this.wakers.get(name) ?? new Set();
      const done = (): void => {
        cancel();
        wakers.delete(done);
        if (wakers.size === 0) this.wakers.delete(name);
        resolve();
      };
      const cancel = this.options.clock.setTimer(waitMs, done);
      wakers.add(done);
      this.wakers.set(name, wakers);
    });
  }

  private async unprovenVerifiers(key: EnclaveKey): Promise<EnclaveKey[]> {
    const { directory, enclave, store } = this.options;
    const statement = directory.get(key)?.statement;
    if (statement === undefined) return [];
    const digest = statementDigest(statement);
    const own = await enclave.publicKeys();
    const verifiers: EnclaveKey[] = [];
    for (const entry of directory.entries()) {
      if (entry.statement?.role !== 'manager' || indexOfKey(own, entry.key) >= 0) continue;
      const kept = await store.get(concatBytes(proofPrefix, key, entry.key));
      if (kept === undefined || !bytesEqual(kept.subarray(32), digest)) verifiers.push(entry.key);
      if (verifiers.length >= maxVerifiers) break;
    }
    return verifiers;
  }
}
