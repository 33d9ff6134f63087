import { nodeKeyToPeerId } from '@isoquorum/primitives/node-key';
import { createNodeHost, type NodeHost, type NodeHostOptions } from '../libp2p/node/host.ts';
import { createTestAdmission, type TestAdmission } from './admission.ts';
import { testChain, testClock, testLogger, testRandom } from './chain.ts';
import type { TestHost, TestHostOptions, TestNet } from './host-suite.ts';

/** A random node key. */
export function randomNodeKey(): Uint8Array {
  return testRandom.bytes(32);
}

/** The first address of a host that listens by TCP or WebSocket. */
export function addressOf(host: NodeHost, transport: 'tcp' | 'ws' = 'tcp'): string {
  const address = host.multiaddrs().find((candidate) => candidate.includes('/ws/') === (transport === 'ws'));
  if (address === undefined) throw new Error(`no ${transport} address`);
  return address;
}

/** A started node host on free ports of the loopback. */
export async function startTestNode(
  options: Partial<NodeHostOptions> & { readonly admission: NodeHostOptions['admission'] },
): Promise<NodeHost> {
  const host = await createNodeHost({
    nodeKey: randomNodeKey(),
    listen: { tcp: { host: '127.0.0.1', port: 0 }, ws: { host: '127.0.0.1', port: 0 } },
    chain: testChain(),
    clock: testClock,
    random: testRandom,
    logger: testLogger('node'),
    ...options,
  });
  await host.start();
  return host;
}

/** Node hosts over libp2p that dial each other by one transport. */
export async function createNodeNet(transport: 'tcp' | 'ws'): Promise<TestNet> {
  const members: { readonly peerId: string; readonly admission: TestAdmission; readonly stranger: boolean }[] = [];
  const hosts: NodeHost[] = [];
  return {
    createHost: async ({
      chain = testChain(),
      limits = {},
      stranger = false,
    }: TestHostOptions = {}): Promise<TestHost> => {
      const nodeKey = randomNodeKey();
      const peerId = nodeKeyToPeerId(nodeKey);
      const admission = createTestAdmission();
      for (const member of members) {
        if (!stranger) member.admission.admit(peerId);
        if (!member.stranger) admission.admit(member.peerId);
      }
      members.push({ peerId, admission, stranger });
      const host = await startTestNode({ nodeKey, chain, limits, admission, logger: testLogger(peerId.slice(-4)) });
      hosts.push(host);
      return {
        host,
        address: () => addressOf(host, transport),
        remove: async (id) => admission.dismiss(id),
      };
    },
    stop: async () => {
      await Promise.all(hosts.map((host) => host.stop()));
    },
  };
}
