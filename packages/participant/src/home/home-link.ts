import type { NetworkHost, Peer } from '@isoquorum/network/host';
import { PAYLOAD_PROTOCOL } from '@isoquorum/network/protocols';
import type { Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { EnclaveKey, EncryptedPayloadHash, Hash32 } from '@isoquorum/primitives/bytes';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual, isZeroBytes } from '@isoquorum/primitives/hex';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';
import { decodeLegacyPayload } from '@isoquorum/privacy/codec/legacy';
import type { Enclave } from '@isoquorum/privacy/enclave/enclave';
import { createHomeClient, type HomeClient } from '@isoquorum/privacy/home/home-client';
import type { DirectoryParty, HomeInfo } from '@isoquorum/privacy/home/messages';
import type { TransactionManager } from '@isoquorum/privacy/manager/transaction-manager';
import { proveStatement } from '@isoquorum/privacy/statement/proof';
import type { StatementSigner } from '@isoquorum/privacy/statement/signer';
import type { PartyStatement } from '@isoquorum/privacy/statement/statement';
import { participantError } from '../errors.ts';
import type { HomeView } from '../participant-view.ts';
import type { Settings } from '../settings.ts';
import { answerChallenges } from './challenges.ts';
import { makeOwnStatement } from './own-statement.ts';

/** Longest time that the home holds a request back for news. */
const pollMs = 20_000;
const retryMs = 2_000;
const directoryMs = 4_000;
const homeSetting = 'home';

export interface HomeLinkOptions {
  readonly host: NetworkHost;
  readonly manager: TransactionManager;
  readonly enclave: Enclave;
  readonly enclaveKey: EnclaveKey;
  readonly signer: StatementSigner;
  readonly genesisHash: Hash32;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether a private transaction on the chain names this payload. */
  readonly isOnChain: (hash: EncryptedPayloadHash) => Promise<boolean>;
  /** What the home says about parties; each is to be checked by who takes it. */
  readonly onDirectory: (parties: readonly DirectoryParty[]) => Promise<void>;
  readonly onChange: () => void;
}

/** The page's tie to its home (decision 12): registers, fetches what waits, acknowledges, and relays. */
export interface HomeLink {
  view(): HomeView | undefined;
  statement(): PartyStatement | undefined;
  /** The registered home's client. @throws NO_HOME */
  client(): HomeClient;
  /** Stores everything that waits at the home now; resolves when it is here. @throws NO_HOME and what the home refuses with */
  drain(): Promise<void>;
  refreshDirectory(): Promise<void>;
  choose(peerId: string): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

interface Registration {
  readonly peerId: string;
  readonly client: HomeClient;
  readonly info: HomeInfo;
}

export function createHomeLink(options: HomeLinkOptions): HomeLink {
  const { host, manager, enclave, enclaveKey, signer, genesisHash, settings, clock, logger } = options;
  let running = false;
  let chosen: string | undefined;
  let registration: Registration | undefined;
  let ownStatement: PartyStatement | undefined;
  let view: HomeView | undefined;
  let received = 0;
  let fetchedUpTo = 0;
  let draining: Promise<void> | undefined;
  let loop: Promise<void> | undefined;
  let wakeUp: () => void = () => undefined;
  let removeListener: (() => void) | undefined;

  function show(peer: Pick<Peer, 'id' | 'name'>, state: HomeView['state'], detail?: string): void {
    view = { peerId: peer.id, name: peer.name, url: registration?.info.url, state, detail, received };
    options.onChange();
  }

  const pause = (delayMs: number): Promise<void> =>
    new Promise((resolve) => {
      const cancel = clock.setTimer(delayMs, () => wakeUp());
      wakeUp = () => {
        cancel();
        wakeUp = () => undefined;
        resolve();
      };
    });

  const findHome = (): Peer | undefined => {
    const nodes = host.peers().filter((peer) => peer.role === 'node');
    return nodes.find((peer) => peer.id === chosen) ?? (chosen === undefined ? nodes[0] : undefined);
  };

  const clientOf = (peerId: string): HomeClient =>
    createHomeClient((request, { timeoutMs }) => host.request(peerId, PAYLOAD_PROTOCOL, request, { timeoutMs }));

  async function register(peer: Peer): Promise<Registration> {
    const client = clientOf(peer.id);
    const info = await client.info();
    const verifier = info.keys[0];
    if (verifier === undefined || isZeroBytes(info.genesisHash))
      throw participantError('NO_HOME', 'The home does not know its network yet.');
    if (!bytesEqual(info.genesisHash, genesisHash))
      throw participantError('NO_HOME', 'The home belongs to another network.', {}, 'REJECT');
    const statement = await makeOwnStatement({ settings, signer, enclaveKey, genesisHash, clock }, info.url);
    // Written first: a page that dies in between must come back to where payloads may wait for it.
    chosen ??= peer.id;
    await settings.set(homeSetting, utf8ToBytes(chosen));
    await client.register(statement, await proveStatement(enclave, statement, verifier));
    ownStatement = statement;
    return { peerId: peer.id, client, info };
  }

  /** Fetches, stores, and only then acknowledges. */
  async function fetchWaiting({ client }: Registration): Promise<void> {
    for (;;) {
      const waiting = await client.waiting(enclaveKey, fetchedUpTo);
      if (waiting.length === 0) return;
      const stored: Uint8Array[] = [];
      for (const { sequence, payload } of waiting) {
        try {
          stored.push(await manager.storePushed(decodeLegacyPayload(payload)));
          received++;
        } catch (error) {
          // What cannot be stored stays at the home; it must not keep the next ones out.
          logger.log('warn', 'a payload from the home was refused', { error: String(error) });
        }
        fetchedUpTo = sequence;
      }
      if (stored.length > 0) await client.acknowledge(enclaveKey, stored, genesisHash, signer);
      options.onChange();
    }
  }

  function drain(): Promise<void> {
    const current = registration;
    if (current === undefined)
      return Promise.reject(
        participantError('NO_HOME', 'No home is registered yet that could say whether a payload waits for this page.'),
      );
    // One fetch at a time; whoever asks during one gets another, so that what came meanwhile is seen.
    const before = draining ?? Promise.resolve();
    const mine = before.catch(() => undefined).then(() => fetchWaiting(current));
    draining = mine;
    return mine;
  }

  async function refreshDirectory(): Promise<void> {
    const current = registration;
    if (current !== undefined) await options.onDirectory(await current.client.directory(enclaveKey));
  }

  async function follow(current: Registration, peer: Peer): Promise<void> {
    show(peer, 'registered');
    await drain();
    let directoryAt = 0;
    const keepDirectory = async (): Promise<void> => {
      while (running && registration === current) {
        if (clock.nowMs() - directoryAt >= directoryMs) {
          directoryAt = clock.nowMs();
          await refreshDirectory().catch((error: unknown) =>
            logger.log('debug', 'no directory', { error: String(error) }),
          );
        }
        await new Promise<void>((resolve) => clock.setTimer(directoryMs / 4, resolve));
      }
    };
    const directory = keepDirectory();
    try {
      while (running && registration === current) {
        const news = await current.client.poll(enclaveKey, fetchedUpTo, pollMs);
        if (news.lastSequence > fetchedUpTo) await drain();
        const statement = ownStatement;
        if (news.unprovenVerifiers.length > 0 && statement !== undefined) {
          const prove = async (verifier: EnclaveKey) => ({
            verifier,
            proof: await proveStatement(enclave, statement, verifier),
          });
          await current.client.prove(enclaveKey, await Promise.all(news.unprovenVerifiers.map(prove)));
        }
        await answerChallenges(
          { client: current.client, enclave, manager, enclaveKey, logger, isOnChain: options.isOnChain },
          news.challenges,
        );
        show(peer, 'registered');
      }
    } finally {
      if (registration === current) registration = undefined;
      await directory;
    }
  }

  async function run(): Promise<void> {
    const stored = await settings.get(homeSetting);
    chosen ??= stored === undefined ? undefined : bytesToUtf8(stored);
    while (running) {
      const peer = findHome();
      if (peer === undefined) {
        if (chosen !== undefined)
          show({ id: chosen, name: view?.name }, 'unreachable', 'It is not connected; sealed payloads wait there.');
        await pause(retryMs);
        continue;
      }
      try {
        if (registration?.peerId !== peer.id) {
          show(peer, 'registering');
          fetchedUpTo = 0;
          registration = await register(peer);
        }
        await follow(registration, peer);
      } catch (error) {
        registration = undefined;
        const isRefusal = isIsoquorumError(error, 'HOME_REFUSED') && error.reaction === 'REJECT';
        const detail = error instanceof Error ? error.message : String(error);
        logger.log('warn', 'the home link broke', { detail });
        show(peer, isRefusal ? 'refused' : 'unreachable', detail);
        await pause(retryMs);
      }
    }
  }

  return {
    view: () => view,
    statement: () => ownStatement,
    client() {
      if (registration === undefined)
        throw participantError('NO_HOME', 'No home is connected that could pass this payload on.');
      return registration.client;
    },
    drain,
    refreshDirectory,
    async choose(peerId) {
      if (peerId === chosen) return;
      // What waits at the old home would otherwise stay there.
      await drain().catch(() => undefined);
      chosen = peerId;
      await settings.set(homeSetting, utf8ToBytes(peerId));
      registration = undefined;
      wakeUp();
    },
    start() {
      if (running) return;
      running = true;
      removeListener = host.onPeer(() => wakeUp());
      loop = run().catch((error: unknown) => logger.log('error', 'the home link stopped', { error: String(error) }));
    },
    async stop() {
      running = false;
      removeListener?.();
      wakeUp();
      void loop;
    },
  };
}
