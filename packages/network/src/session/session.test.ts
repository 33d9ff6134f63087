import { createVirtualClock } from '@isoquorum/platform/memory/clock';
import { createSeededRandom } from '@isoquorum/platform/memory/random';
import { describe, expect, it } from 'vitest';
import type { MemoryHost } from '../memory/host.ts';
import { createMemoryNetwork, type MemoryNetworkOptions } from '../memory/network.ts';
import { testChain } from '../testing/chain.ts';
import { Conduct } from './conduct.ts';
import { defaultLimits } from './limits.ts';
import { Reconnector } from './reconnector.ts';

const protocol = '/isoquorum/consensus/1';

describe('conduct', () => {
  it('bans at the limit, forgives with time', async () => {
    const clock = createVirtualClock(0);
    const conduct = new Conduct(clock, { ...defaultLimits, faultLimit: 10, banMs: 1000 });
    for (let count = 0; count < 9; count++) expect(conduct.note('a', 'BAD', 'bad', 1)).toBe(false);
    await clock.advance(60_000);
    for (let count = 0; count < 9; count++) expect(conduct.note('a', 'BAD', 'bad', 1)).toBe(false);
    expect(conduct.note('a', 'BAD', 'bad', 1)).toBe(true);
    expect(conduct.bannedUntilMs('a')).toBe(61_000);
    expect(conduct.bannedUntilMs('b')).toBeUndefined();
    await clock.advance(1000);
    expect(conduct.bannedUntilMs('a')).toBeUndefined();
    expect(conduct.notes()).toHaveLength(19);
  });

  it('remembers a bounded number of peers and notes, bans before all', () => {
    const clock = createVirtualClock(0);
    const conduct = new Conduct(clock, defaultLimits);
    conduct.note('banned', 'BAD', 'bad', 1000);
    for (let count = 0; count < 2000; count++) conduct.note(`peer${count}`, 'BAD', 'bad', 1);
    expect(conduct.notes().length).toBeLessThanOrEqual(256);
    expect(conduct.bannedUntilMs('banned')).toBeDefined();
  });
});

describe('reconnector', () => {
  it('waits longer each time, up to a limit, and begins anew after a connection', async () => {
    const clock = createVirtualClock(0);
    const dials: number[] = [];
    let connected = false;
    let reachable = false;
    const reconnector = new Reconnector({
      selfId: 'a',
      clock,
      random: createSeededRandom(1),
      firstDelayMs: 100,
      maxDelayMs: 800,
      staticPeers: () => [{ peerId: 'b', multiaddrs: ['/memory/b'] }],
      isConnected: () => connected,
      dial: async () => {
        dials.push(clock.nowMs());
        if (!reachable) throw new Error('nobody there');
        connected = true;
        reconnector.peerConnected('b');
      },
      failed: () => {},
    });
    reconnector.start();
    for (let step = 0; step < 60; step++) await clock.advance(50);
    const gaps = dials.slice(1).map((time, index) => time - (dials[index] as number));
    expect(dials[0]).toBe(0);
    for (const [index, gap] of gaps.entries()) {
      const expected = Math.min(100 * 2 ** index, 800);
      expect(gap).toBeGreaterThanOrEqual(expected * 0.7);
      expect(gap).toBeLessThanOrEqual(expected * 1.3 + 50);
    }
    reachable = true;
    for (let step = 0; step < 40 && !connected; step++) await clock.advance(50);
    expect(connected).toBe(true);
    connected = false;
    reconnector.peerGone('b');
    await clock.advance(10);
    expect(connected).toBe(true);
    reconnector.stop();
  });
});

describe('hosts on a virtual clock', () => {
  async function createPair(options: Partial<MemoryNetworkOptions> = {}): Promise<{
    clock: ReturnType<typeof createVirtualClock>;
    network: ReturnType<typeof createMemoryNetwork>;
    a: MemoryHost;
    b: MemoryHost;
    run: (ms: number) => Promise<void>;
  }> {
    const clock = createVirtualClock(0);
    const network = createMemoryNetwork({ clock, latencyMs: () => 10, ...options });
    const identify = () => ({ role: 'node' as const, name: undefined, address: undefined });
    const create = (peerId: string, staticPeers: readonly string[]): MemoryHost =>
      network.createHost({ peerId, chain: testChain(), identify, staticPeers });
    const [a, b] = [create('a', ['b']), create('b', ['a'])];
    await Promise.all([a.start(), b.start()]);
    const run = async (ms: number): Promise<void> => {
      for (let step = 0; step < ms; step += 5) await clock.advance(5);
    };
    return { clock, network, a, b, run };
  }

  it('take as long as the network lets them', async () => {
    const { clock, a, b, run } = await createPair();
    const arrivals: number[] = [];
    b.onFrame(protocol, () => void arrivals.push(clock.nowMs()));
    await run(200);
    expect(a.peers()).toHaveLength(1);
    const sentMs = clock.nowMs();
    await a.send('b', protocol, new Uint8Array(1));
    await run(100);
    await a.send('b', protocol, new Uint8Array(1));
    await run(100);
    // The first frame opens the stream, the second one only travels.
    expect(arrivals).toEqual([sentMs + 20, sentMs + 110]);
  });

  it('lose the frames that the network drops, and no others', async () => {
    let count = 0;
    const { a, b, run } = await createPair({ drop: (_, __, name) => name === protocol && count++ % 3 === 1 });
    const seen: number[] = [];
    b.onFrame(protocol, (_, frame) => void seen.push(frame[0] as number));
    await run(200);
    for (let index = 0; index < 9; index++) await a.send('b', protocol, Uint8Array.of(index));
    await run(200);
    expect(seen).toEqual([0, 2, 3, 5, 6, 8]);
  });

  it('find each other again when a cut is healed', async () => {
    const { network, a, b, run } = await createPair();
    await run(200);
    network.cut('a', 'b');
    await run(100);
    expect([a.peers(), b.peers()]).toEqual([[], []]);
    await run(3000);
    network.heal('a', 'b');
    await run(20_000);
    expect(a.peers()).toHaveLength(1);
    expect(b.peers()).toHaveLength(1);
  });
});
