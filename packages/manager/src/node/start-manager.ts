import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import type { Logger } from '@isoquorum/platform/logger';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { createClock } from '@isoquorum/platform/node/clock';
import { createNodeHttpClient } from '@isoquorum/platform/node/http-client';
import { createHttpServer } from '@isoquorum/platform/node/http-server';
import { openLevelStore } from '@isoquorum/platform/node/level-store';
import { makeDirectory } from '@isoquorum/platform/node/make-directory';
import { createRandom } from '@isoquorum/platform/node/random';
import type { Enclave } from '@isoquorum/privacy/enclave/enclave';
import {
  createManager,
  type Listen,
  type ListenAddress,
  type ManagerOptions,
  type RunningManager,
} from '../create-manager.ts';
import { type LocalEnclaveOptions, openLocalEnclave } from './local-enclave.ts';
import { createRemoteEnclave } from '../remote-enclave.ts';

export interface StartManagerOptions
  extends Pick<
    ManagerOptions,
    | 'peers'
    | 'profile'
    | 'privacyEnhancements'
    | 'residentGroups'
    | 'remoteKeyValidation'
    | 'disablePeerDiscovery'
    | 'partyInfoIntervalMs'
    | 'corsOrigins'
    | 'maxPayloadBytes'
    | 'homeLimits'
  > {
  /** Holds `payloads/` (LevelDB); absent: memory. */
  readonly dataDir: string | undefined;
  /** The enclave in this process with these keys, the first is the default; or the URL of a remote one. */
  readonly enclave: LocalEnclaveOptions | { readonly url: string };
  /** Addresses of the servers: `{host, port}` or `{path}` of a unix socket. */
  readonly q2t: ListenAddress;
  readonly p2p: ListenAddress;
  readonly thirdParty?: ListenAddress;
  readonly advertisedUrl?: string;
  readonly genesisHash?: Hash32;
  readonly logger: Logger;
}

/** As Tessera does: a manager waits a while for its remote enclave, then goes on without and answers 503. */
async function waitForEnclave(enclave: Enclave, logger: Logger): Promise<void> {
  for (let tries = 0; tries < 120 && (await enclave.status()) !== 'STARTED'; tries++) {
    if (tries === 0) logger.log('info', 'waiting for the enclave');
    await setTimeout(250);
  }
}

/** A listener over sockets, for `createManager` and the enclave's server. */
export function createSocketListen(logger: Logger): Listen {
  return async (handler, address, { maxBodyBytes, name }) =>
    createHttpServer({
      handler,
      address,
      maxBodyBytes,
      requestTimeoutMs: 60_000,
      onError: (error) => logger.log('error', 'request failed', { server: name, error: String(error) }),
    });
}

/** A transaction manager in this process with real sockets and a LevelDB store; inside a node's process too. @throws see `createManager`, `openLocalEnclave`; DIRECTORY_UNUSABLE */
export async function startManager(options: StartManagerOptions): Promise<RunningManager> {
  const { dataDir, logger, enclave: enclaveOptions, ...rest } = options;
  if (dataDir !== undefined) makeDirectory(dataDir);
  const clock = createClock();
  const random = createRandom();
  const http = createNodeHttpClient({ maxSockets: 32 });
  const { enclave, close } =
    'url' in enclaveOptions
      ? { enclave: createRemoteEnclave({ url: enclaveOptions.url, http, clock }), close: async () => undefined }
      : await openLocalEnclave(enclaveOptions, logger);
  if ('url' in enclaveOptions) await waitForEnclave(enclave, logger);
  const store = dataDir === undefined ? createMemoryStore() : await openLevelStore(join(dataDir, 'payloads'));
  try {
    const running = await createManager({
      ...rest,
      enclave,
      store,
      clock,
      random,
      logger,
      http,
      listen: createSocketListen(logger),
    });
    return {
      ...running,
      async stop() {
        await running.stop();
        await close();
        http.close();
      },
    };
  } catch (error) {
    await close();
    http.close();
    await store.close();
    throw error;
  }
}
