import { createManager, type RunningManager } from '@isoquorum/manager/create-manager';
import type { Clock } from '@isoquorum/platform/clock';
import type { MemoryHttp } from '@isoquorum/platform/memory/http';
import { createMemoryKeyAgreement } from '@isoquorum/platform/memory/key-agreement';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { createSeededRandom } from '@isoquorum/platform/memory/random';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { createEnclave } from '@isoquorum/privacy/enclave/create-enclave';
import { simulatedKey } from './node-genesis.ts';

export interface SimulatedManagerOptions {
  readonly seed: number;
  readonly index: number;
  readonly http: MemoryHttp;
  readonly clock: Clock;
  readonly genesisHash: Hash32;
}

/** The transaction manager of a node, over HTTP without sockets. It does not die with its node. */
export function createSimulatedManager(options: SimulatedManagerOptions): Promise<RunningManager> {
  const { seed, index, http, clock, genesisHash } = options;
  const name = `${seed} manager ${index}`;
  return createManager({
    enclave: createEnclave({
      keyAgreement: createMemoryKeyAgreement([simulatedKey(`manager ${index}`)]),
      random: createSeededRandom(`${name} enclave`),
    }),
    store: createMemoryStore(),
    clock,
    random: createSeededRandom(name),
    logger: silentLogger,
    http: http.client,
    listen: (handler, address) => http.listen(handler, address as { readonly host: string; readonly port: number }),
    q2t: { host: '127.0.0.1', port: 9_100 + index },
    p2p: { host: '127.0.0.1', port: 9_000 + index },
    peers: index === 0 ? [] : ['http://127.0.0.1:9000/'],
    genesisHash,
  });
}
