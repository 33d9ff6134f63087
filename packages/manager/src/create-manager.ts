import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { EnclaveKey, Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { Clock } from '@isoquorum/platform/clock';
import type { HttpClient, HttpHandler } from '@isoquorum/platform/http';
import type { Logger } from '@isoquorum/platform/logger';
import { createHandlerClient } from '@isoquorum/platform/memory/http';
import type { Random } from '@isoquorum/platform/random';
import type { Store } from '@isoquorum/platform/store';
import type { Enclave } from '@isoquorum/privacy/enclave/enclave';
import { Home } from '@isoquorum/privacy/home/home';
import type { WaitingLimits } from '@isoquorum/privacy/home/waiting-store';
import { createTransactionManager } from '@isoquorum/privacy/manager/create-transaction-manager';
import type { TransactionManager } from '@isoquorum/privacy/manager/transaction-manager';
import { PartyDirectory } from '@isoquorum/privacy/statement/directory';
import { createQ2tClient } from '@isoquorum/rpc/rest/q2t-client';
import type { Q2tClient } from '@isoquorum/rpc/rest/q2t';
import { createRouter, type Route } from '@isoquorum/rpc/rest/router';
import { createCommonRoutes } from './http/common-routes.ts';
import { createErrorAnswer } from './http/failure.ts';
import { guard } from './http/guard.ts';
import { createHomeRoutes } from './http/home-routes.ts';
import { createP2pRoutes } from './http/p2p-routes.ts';
import { createQ2tRoutes } from './http/q2t-routes.ts';
import { checkResidentGroups, createResidentGroupsRoute, type ResidentGroupOptions } from './resident-groups.ts';
import { createThirdPartyRoutes } from './http/third-party-routes.ts';
import { createHttpPublisher } from './http-publisher.ts';
import { isKeyHeldAt } from './key-validation.ts';
import { Parties } from './parties.ts';
import { PartyInfoLoop } from './party-info-loop.ts';
import { tessera10, tessera244, type TesseraProfile } from './tessera-profile.ts';

/** Where a server listens: TCP, or a unix socket (then it is as private as the file's permissions). */
export type ListenAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** Serves a handler; `node/start-manager` with sockets, `platform/memory/http` without. */
export type Listen = (
  handler: HttpHandler,
  address: ListenAddress,
  limits: { readonly maxBodyBytes: number; readonly name: string },
) => Promise<{ readonly url: string; close(): Promise<void> }>;

export interface ManagerOptions {
  readonly enclave: Enclave;
  /** Closed by `stop`. */
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly http: HttpClient;
  readonly listen: Listen;
  /** Q2T: loopback or a unix socket only. */
  readonly q2t: ListenAddress;
  readonly p2p: ListenAddress;
  readonly thirdParty?: ListenAddress;
  /** Base URL under which peers reach the P2P server; default that of the P2P listener. */
  readonly advertisedUrl?: string;
  /** P2P URLs of known managers. */
  readonly peers: readonly string[];
  /** Genesis of the chain, for party statements; default: learned from the first statement of this manager's own node. */
  readonly genesisHash?: Hash32;
  /** `tessera-1.0` reproduces the recorded version; default `tessera-24.4`. */
  readonly profile?: 'tessera-24.4' | 'tessera-1.0';
  /** Accept and send privacy flags 1 to 3 (Tessera's `enablePrivacyEnhancements`). Default false. */
  readonly privacyEnhancements?: boolean;
  /** Parties with a private state of their own (Tessera's `residentGroups` and `enableMultiplePrivateStates`); every key is in one of them. */
  readonly residentGroups?: readonly ResidentGroupOptions[];
  /** Challenge each key in `/partyinfo` (Tessera's `enableRemoteKeyValidation`). Default false. */
  readonly remoteKeyValidation?: boolean;
  /** Only configured peers may announce themselves. Default false. */
  readonly disablePeerDiscovery?: boolean;
  /** Default 5,000. */
  readonly partyInfoIntervalMs?: number;
  /** Origins that may read the third-party server from a page; default none. */
  readonly corsOrigins?: readonly string[];
  /** Largest payload of a client or peer; default 16 MiB. */
  readonly maxPayloadBytes?: number;
  /** What is kept for pages that are away. */
  readonly homeLimits?: Partial<WaitingLimits>;
}

export interface RunningManager {
  /** The manager's own functions. */
  readonly manager: TransactionManager;
  /** The same through the client interface that a node uses over HTTP, without sockets. */
  readonly q2t: Q2tClient;
  readonly directory: PartyDirectory;
  /** Keys of the enclave when the manager started; the first is the default. */
  readonly publicKeys: readonly EnclaveKey[];
  readonly urls: { readonly q2t: string; readonly p2p: string; readonly thirdParty: string | undefined };
  /** Stops loops, refuses new requests, lets running ones finish (at most 5 s), closes the store. Safe to call twice. */
  stop(): Promise<void>;
}

export type ManagerOptionsErrorCode = 'Q2T_NOT_LOCAL';

const loopbackHosts: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];

interface Listener {
  readonly url: string;
  close(): Promise<void>;
}

/** The P2P URL is needed before its routes exist: the handler is put in place once they do. */
function createLateHandler(): { readonly handler: HttpHandler; set(handler: HttpHandler): void } {
  let current: HttpHandler = () => ({ status: 503 });
  return { handler: (request) => current(request), set: (handler) => (current = handler) };
}

/**
 * A transaction manager with its servers (Q2T, P2P, third party), discovery and homes for pages, over ports.
 * @throws Q2T_NOT_LOCAL, RESIDENT_GROUP_INVALID, what `listen` and the store throw, PARTY_URL_INVALID, STORE_SCHEMA_UNSUPPORTED, ENCLAVE_UNAVAILABLE
 */
export async function createManager(options: ManagerOptions): Promise<RunningManager> {
  const { enclave, store, clock, random, logger, http } = options;
  if ('host' in options.q2t && !['127.0.0.1', 'localhost', '::1'].includes(options.q2t.host)) {
    const fields = { host: options.q2t.host };
    throw new IsoquorumError(
      'Q2T_NOT_LOCAL',
      'the Q2T server gives out plaintext: it listens on loopback or a unix socket only',
      fields,
      'STOP',
    );
  }
  const base = options.profile === 'tessera-1.0' ? tessera10 : tessera244;
  const profile: TesseraProfile = {
    ...base,
    rules: { ...base.rules, privacyEnhancements: options.privacyEnhancements ?? false },
  };
  const maxPayloadBytes = options.maxPayloadBytes ?? 16 << 20;
  const bodyLimit = { json: Math.ceil(maxPayloadBytes * 1.4) + 65_536, binary: maxPayloadBytes + 65_536 };
  const listeners: Listener[] = [];
  const open = async (
    handler: HttpHandler,
    address: ListenAddress,
    name: string,
    maxBodyBytes: number,
  ): Promise<Listener> => {
    const listener = await options.listen(handler, address, { maxBodyBytes, name });
    listeners.push(listener);
    return listener;
  };
  const onError = createErrorAnswer(profile, logger);
  const common = createCommonRoutes(profile);
  const route = (routes: readonly Route[]): HttpHandler => createRouter([...common, ...routes], onError);

  try {
    const late = createLateHandler();
    const p2p = await open(late.handler, options.p2p, 'p2p', bodyLimit.binary);
    const parties = new Parties(options.advertisedUrl ?? p2p.url, options.peers);
    const directory = await PartyDirectory.open({
      store,
      clock,
      genesisHash: options.genesisHash,
      onAlarm: ({ type, key, detail }) => logger.log('warn', 'party alarm', { type, key: bytesToBase64(key), detail }),
    });
    let home: Home | undefined;
    const lateHome = (): Home => home as Home;
    const { supportedVersions } = profile;
    const publisher = createHttpPublisher({ http, directory, parties, supportedVersions, logger, home: lateHome });
    const manager = await createTransactionManager({ store, enclave, clock, publisher, rules: profile.rules });
    home = await Home.open({
      store,
      clock,
      enclave,
      manager,
      directory,
      publisher,
      url: parties.ownUrl,
      limits: options.homeLimits ?? {},
      onRegistered: () => loop.hurry(),
    });
    const runningHome = home;
    const loop = new PartyInfoLoop({
      parties,
      directory,
      enclave,
      home: lateHome,
      http,
      clock,
      logger,
      supportedVersions,
      intervalMs: options.partyInfoIntervalMs ?? 5_000,
    });
    const validateKey =
      options.remoteKeyValidation === true
        ? (url: string, key: Uint8Array) => isKeyHeldAt(url, key, { enclave, http, random, supportedVersions })
        : undefined;
    const seen = new Set<string>();
    const onParty = (url: string): void => {
      if (seen.has(url)) return;
      seen.add(url);
      loop.hurry();
    };
    const disablePeerDiscovery = options.disablePeerDiscovery ?? false;
    late.set(
      route(
        createP2pRoutes({
          manager,
          enclave,
          home,
          directory,
          parties,
          profile,
          disablePeerDiscovery,
          validateKey,
          onParty,
        }),
      ),
    );

    const q2tHandler = route([
      ...createQ2tRoutes({ manager, profile }),
      ...createHomeRoutes({ home, manager, clock }),
      ...(profile.rules.dialect === '1.0' ? [] : [createResidentGroupsRoute(options.residentGroups)]),
    ]);
    const q2t = await open(
      guard(q2tHandler, 'path' in options.q2t ? {} : { hosts: loopbackHosts, origins: [] }),
      options.q2t,
      'q2t',
      bodyLimit.json,
    );
    const thirdPartyRoutes = route(createThirdPartyRoutes({ manager, profile, enclave, directory }));
    const thirdParty =
      options.thirdParty === undefined
        ? undefined
        : await open(
            guard(thirdPartyRoutes, { origins: options.corsOrigins ?? [] }),
            options.thirdParty,
            'thirdParty',
            bodyLimit.json,
          );
    loop.start();
    // An enclave in another process may be away: until it is back, requests that need it are answered 503.
    const publicKeys = await enclave.publicKeys().catch((): readonly EnclaveKey[] => []);
    if (options.residentGroups !== undefined) checkResidentGroups(options.residentGroups, publicKeys);
    logger.log('info', 'transaction manager ready', {
      url: parties.ownUrl,
      keys: publicKeys.map(bytesToBase64),
    });

    let stopping: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      await loop.stop();
      runningHome.stop();
      await Promise.all(listeners.map((listener) => listener.close()));
      await store.close();
    };
    return {
      manager,
      q2t: createQ2tClient({ url: 'http://localhost', http: createHandlerClient(q2tHandler), clock }),
      directory,
      publicKeys,
      urls: { q2t: q2t.url, p2p: parties.ownUrl.replace(/\/$/, ''), thirdParty: thirdParty?.url },
      stop: () => (stopping ??= stop()),
    };
  } catch (error) {
    await Promise.all(listeners.map((listener) => listener.close()));
    throw error;
  }
}
