import { createHttpServer } from '@isoquorum/platform/node/http-server';
import { createNodeHttpClient } from '@isoquorum/platform/node/http-client';
import { createClock } from '@isoquorum/platform/node/clock';
import { createRandom } from '@isoquorum/platform/node/random';
import { createMemoryKeyAgreement, enclavePublicKey } from '@isoquorum/platform/memory/key-agreement';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import { createEnclave } from '@isoquorum/privacy/enclave/create-enclave';
import { createManager, type Listen, type RunningManager } from '@isoquorum/manager/create-manager';
import { freePort, startTestNetwork, type TestNetwork } from './start-test-network.ts';
import { testKey } from './genesis.ts';

/** Nodes with a transaction manager each, all with real ports: what a client library talks to. */
export interface ClientNetwork {
  readonly network: TestNetwork;
  /** Base64 public keys of the managers. */
  readonly parties: readonly string[];
  /** URLs of the managers' third-party servers. */
  readonly thirdParty: readonly string[];
  /** Funded accounts that no node needs: `0x…` private keys, a new one for each call. */
  nextKey(): `0x${string}`;
  stop(): Promise<void>;
}

const listenOnSockets: Listen = async (handler, address, limits) => {
  const server = await createHttpServer({ handler, address, maxBodyBytes: limits.maxBodyBytes });
  return { url: server.url, close: () => server.close() };
};

async function startManagers(
  count: number,
): Promise<{ readonly managers: readonly RunningManager[]; readonly parties: readonly string[] }> {
  const ports = await Promise.all(Array.from({ length: count }, () => freePort()));
  const managers: RunningManager[] = [];
  const parties: string[] = [];
  for (const [index, port] of ports.entries()) {
    const privateKey = testKey(`enclave ${index + 1}`);
    parties.push(bytesToBase64(enclavePublicKey(privateKey)));
    const random = createRandom();
    managers.push(
      await createManager({
        enclave: createEnclave({ keyAgreement: createMemoryKeyAgreement([privateKey]), random }),
        store: createMemoryStore(),
        clock: createClock(),
        random,
        logger: silentLogger,
        http: createNodeHttpClient(),
        listen: listenOnSockets,
        q2t: { host: '127.0.0.1', port: await freePort() },
        p2p: { host: '127.0.0.1', port },
        thirdParty: { host: '127.0.0.1', port: await freePort() },
        peers: ports.filter((other) => other !== port).map((other) => `http://127.0.0.1:${other}/`),
        partyInfoIntervalMs: 200,
      }),
    );
  }
  return { managers, parties };
}

/** Three validators with managers; ready when the managers know each other. */
export async function startClientNetwork(accounts = 12): Promise<ClientNetwork> {
  const { managers, parties } = await startManagers(3);
  const keys = Array.from({ length: accounts }, (_, index) => testKey(`client ${index + 1}`));
  const allocation = Object.fromEntries(
    keys.map((key) => [bytesToHex(privateKeyToAddress(key)), { balance: '0xd3c21bcecceda1000000' }]),
  );
  const network = await startTestNetwork({
    validators: 3,
    genesis: (json) => ({ ...json, alloc: { ...(json['alloc'] as object), ...allocation } }),
    manager: (index) => {
      const running = managers[index];
      return running === undefined ? undefined : { url: running.urls.q2t };
    },
  });
  let used = 0;
  return {
    network,
    parties,
    thirdParty: managers.map(({ urls }) => urls.thirdParty ?? ''),
    nextKey() {
      const key = keys[used];
      if (key === undefined) throw new Error(`only ${accounts} accounts`);
      used += 1;
      return bytesToHex(key);
    },
    async stop() {
      await network.stop();
      await Promise.all(managers.map((manager) => manager.stop()));
    },
  };
}
