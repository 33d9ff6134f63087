import type { Clock } from '@isoquorum/platform/clock';
import { createClock } from '@isoquorum/platform/node/clock';
import { createMemoryHttp, type MemoryHttp } from '@isoquorum/platform/memory/http';
import { createMemoryKeyAgreement, enclavePublicKey } from '@isoquorum/platform/memory/key-agreement';
import { createMemoryLogger, type MemoryLogger } from '@isoquorum/platform/memory/logger';
import { createSeededRandom } from '@isoquorum/platform/memory/random';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import type { Store } from '@isoquorum/platform/store';
import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import { createEnclave } from '@isoquorum/privacy/enclave/create-enclave';
import type { Enclave } from '@isoquorum/privacy/enclave/enclave';
import { createManager, type ManagerOptions, type RunningManager } from '../create-manager.ts';

export interface TestManager {
  readonly name: string;
  readonly running: RunningManager;
  readonly key: EnclaveKey;
  readonly keys: readonly EnclaveKey[];
  readonly enclave: Enclave;
  readonly logger: MemoryLogger;
  readonly privateKeys: readonly Uint8Array[];
}

export interface TestManagerOptions {
  readonly name: string;
  /** Numbers the addresses: q2t 127.0.0.1:9100+i, p2p 9000+i, third party 9080+i. */
  readonly index: number;
  readonly privateKeys: readonly Uint8Array[];
  readonly peers: readonly string[];
  readonly http: MemoryHttp;
  readonly store?: Store;
  readonly clock?: Clock;
  readonly options?: Partial<ManagerOptions>;
}

/** A manager over HTTP without sockets. */
export async function startTestManager(settings: TestManagerOptions): Promise<TestManager> {
  const { name, index, http, privateKeys } = settings;
  const enclave = createEnclave({
    keyAgreement: createMemoryKeyAgreement(privateKeys),
    random: createSeededRandom(name),
    checkMetadata: settings.options?.profile !== 'tessera-1.0',
  });
  const logger = createMemoryLogger();
  const running = await createManager({
    enclave,
    store: settings.store ?? createMemoryStore(),
    clock: settings.clock ?? createClock(),
    random: createSeededRandom(`${name} manager`),
    logger,
    http: http.client,
    listen: (handler, address) => http.listen(handler, address as { host: string; port: number }),
    q2t: { host: '127.0.0.1', port: 9_100 + index },
    p2p: { host: '127.0.0.1', port: 9_000 + index },
    thirdParty: { host: '127.0.0.1', port: 9_080 + index },
    peers: settings.peers,
    ...settings.options,
  });
  const keys = privateKeys.map(enclavePublicKey);
  return { name, running, key: keys[0] as EnclaveKey, keys, enclave, logger, privateKeys };
}

/** Several managers that know each other. Stop them with `stopAll`. */
export async function startTestManagers(
  count: number,
  options: Partial<ManagerOptions> = {},
): Promise<{ readonly managers: readonly TestManager[]; readonly http: MemoryHttp; stopAll(): Promise<void> }> {
  const http = createMemoryHttp();
  const managers: TestManager[] = [];
  for (let index = 1; index <= count; index++) {
    const privateKeys = [new Uint8Array(32).fill(index)];
    const peers = index === 1 ? [] : ['http://127.0.0.1:9001/'];
    managers.push(await startTestManager({ name: `manager${index}`, index, privateKeys, peers, http, options }));
  }
  await untilKnown(managers);
  return {
    managers,
    http,
    stopAll: async () => void (await Promise.all(managers.map(({ running }) => running.stop()))),
  };
}

/** Waits until every manager knows a place for every key. */
export async function untilKnown(managers: readonly TestManager[]): Promise<void> {
  const isKnown = (): boolean =>
    managers.every((manager) =>
      managers.every(
        (other) => other === manager || other.keys.every((key) => manager.running.directory.get(key) !== undefined),
      ),
    );
  for (let tries = 0; tries < 500 && !isKnown(); tries++) await new Promise((resolve) => setTimeout(resolve, 10));
  if (!isKnown()) throw new Error('the managers did not find each other within 5 s');
}
