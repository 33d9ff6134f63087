import { describeHost, type TestHost } from '../testing/host-suite.ts';
import { testChain, testClock } from '../testing/chain.ts';
import { createMemoryNetwork } from './network.ts';

for (const latencyMs of [0, 3]) {
  describeHost(`memory host, latency ${latencyMs} ms`, async () => {
    const network = createMemoryNetwork({ clock: testClock, latencyMs: () => latencyMs });
    const hosts: TestHost[] = [];
    const strangers = new Set<string>();
    return {
      createHost: async ({ chain = testChain(), limits = {}, stranger = false } = {}) => {
        const peerId = `peer${hosts.length}`;
        const removed = new Set<string>();
        if (stranger) strangers.add(peerId);
        const identify = (id: string) =>
          removed.has(id) || strangers.has(id) ? undefined : { role: 'node' as const, name: id, address: undefined };
        const host = network.createHost({ peerId, chain, limits, identify });
        const testHost: TestHost = {
          host,
          address: () => network.multiaddr(peerId),
          remove: async (id) => {
            removed.add(id);
            host.recheck();
          },
        };
        hosts.push(testHost);
        await host.start();
        return testHost;
      },
      stop: async () => {
        await Promise.all(hosts.map(({ host }) => host.stop()));
      },
    };
  });
}
