import { MessageChannel } from 'node:worker_threads';
import { expect, it } from 'vitest';
import type { BridgePort } from './messages.ts';
import { describeHost, type TestHost, until } from '../testing/host-suite.ts';
import { testChain, testClock } from '../testing/chain.ts';
import { createMemoryNetwork } from '../memory/network.ts';
import { connectHost } from './connect.ts';
import { serveHost } from './serve.ts';

function createChannel(): readonly [BridgePort, BridgePort] {
  const { port1, port2 } = new MessageChannel();
  return [port1 as unknown as BridgePort, port2 as unknown as BridgePort];
}

describeHost('memory host behind a bridge', async () => {
  const network = createMemoryNetwork({ clock: testClock });
  const hosts: TestHost[] = [];
  const strangers = new Set<string>();
  const stops: (() => void)[] = [];
  let created = 0;
  return {
    createHost: async ({ chain = testChain(), limits = {}, stranger = false } = {}) => {
      const peerId = `peer${created++}`;
      const removed = new Set<string>();
      if (stranger) strangers.add(peerId);
      const identify = (id: string) =>
        removed.has(id) || strangers.has(id) ? undefined : { role: 'node' as const, name: id, address: undefined };
      const inner = network.createHost({ peerId, chain, limits, identify });
      const [windowPort, workerPort] = createChannel();
      stops.push(serveHost(inner, windowPort));
      const host = await connectHost(workerPort);
      await host.start();
      const testHost: TestHost = {
        host,
        address: () => network.multiaddr(peerId),
        remove: async (id) => {
          removed.add(id);
          inner.recheck();
        },
      };
      hosts.push(testHost);
      return testHost;
    },
    stop: async () => {
      await Promise.all(hosts.map(({ host }) => host.stop()));
      for (const stop of stops) stop();
    },
  };
});

it('does not detach the bytes that a caller sends', async () => {
  const network = createMemoryNetwork({ clock: testClock });
  const identify = () => ({ role: 'node' as const, name: undefined, address: undefined });
  const inner = network.createHost({ peerId: 'a', chain: testChain(), identify });
  const other = network.createHost({ peerId: 'b', chain: testChain(), identify });
  const [windowPort, workerPort] = createChannel();
  const stop = serveHost(inner, windowPort);
  const host = await connectHost(workerPort);
  await Promise.all([host.start(), other.start()]);
  await host.dial(network.multiaddr('b'));
  const received: Uint8Array[] = [];
  other.onFrame('/isoquorum/blocks/1', (_, frame) => void received.push(frame));
  const large = new Uint8Array(1000).fill(3);
  await host.send('b', '/isoquorum/blocks/1', large.subarray(10, 20));
  await until(() => received.length === 1);
  expect(received[0]).toEqual(new Uint8Array(10).fill(3));
  expect(large).toHaveLength(1000);
  stop();
  await Promise.all([inner.stop(), other.stop()]);
});

it('rejects what is under way when the page closes the bridge', async () => {
  const network = createMemoryNetwork({ clock: testClock });
  const identify = () => ({ role: 'node' as const, name: undefined, address: undefined });
  const inner = network.createHost({ peerId: 'a', chain: testChain(), identify });
  const other = network.createHost({ peerId: 'b', chain: testChain(), identify });
  const [windowPort, workerPort] = createChannel();
  const stop = serveHost(inner, windowPort);
  const host = await connectHost(workerPort);
  host.onRequest('/isoquorum/payload/1', () => new Promise(() => {}));
  await Promise.all([host.start(), other.start()]);
  await other.dial(network.multiaddr('a'));
  const pending = other.request('a', '/isoquorum/payload/1', new Uint8Array(1));
  await new Promise((resolve) => setTimeout(resolve, 20));
  stop();
  await expect(pending).rejects.toMatchObject({ code: 'HOST_STOPPED' });
  await Promise.all([inner.stop(), other.stop()]);
});
