import { IsoquorumError } from '@isoquorum/primitives/errors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NetworkHost, Peer, PeerEvent } from '../host.ts';
import type { NetworkLimits } from '../session/limits.ts';
import type { ChainIdentity } from '../session/chain-identity.ts';
import { testChain } from './chain.ts';

/** One host of a kind under test. */
export interface TestHost {
  readonly host: NetworkHost;
  /** An address at which the others can dial it. */
  address(): string;
  /** Takes a peer off this host's list while it runs. */
  remove(peerId: string): Promise<void>;
}

export interface TestHostOptions {
  readonly chain?: ChainIdentity;
  readonly limits?: Partial<NetworkLimits>;
  /** Hosts that do not know this one refuse it. */
  readonly stranger?: boolean;
}

/** A set of hosts that can reach each other. */
export interface TestNet {
  /** A started host that the others admit, unless it is a stranger. */
  createHost(options?: TestHostOptions): Promise<TestHost>;
  stop(): Promise<void>;
}

const protocol = '/isoquorum/consensus/1';
const other = '/isoquorum/sync/1';

/** Resolves when `condition` holds; fails after some seconds. */
export async function until(condition: () => boolean, what = 'condition'): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${what} did not come true`);
}

/** What every {@link NetworkHost} must do, whatever carries its bytes. */
export function describeHost(name: string, createNet: () => Promise<TestNet>): void {
  describe(name, () => {
    let net: TestNet;
    beforeEach(async () => {
      net = await createNet();
    });
    afterEach(() => net.stop());

    async function createPair(
      options: TestHostOptions = {},
    ): Promise<{ a: NetworkHost; b: NetworkHost; bAtA: Peer; hosts: TestHost[] }> {
      const hosts = [await net.createHost(options), await net.createHost(options)];
      const [a, b] = hosts as [TestHost, TestHost];
      b.host.onFrame(protocol, () => {});
      const bAtA = await a.host.dial(b.address());
      return { a: a.host, b: b.host, bAtA, hosts };
    }

    it('connects, tells both ends, and knows the status of the other', async () => {
      const first = await net.createHost();
      const second = await net.createHost();
      const events: PeerEvent[] = [];
      second.host.onPeer((event) => events.push(event));
      second.host.setStatus({ number: 5, hash: new Uint8Array(32).fill(5) });
      await new Promise((resolve) => setTimeout(resolve, 5));
      const peer = await first.host.dial(second.address());
      expect(peer.id).toBe(second.host.peerId);
      expect(peer.direction).toBe('outbound');
      expect(peer.status.headNumber).toBe(5);
      expect(first.host.peers().map(({ id }) => id)).toEqual([second.host.peerId]);
      await until(() => events.length === 1, 'connected');
      expect(events[0]?.type).toBe('connected');
      expect(events[0]?.peer).toMatchObject({ id: first.host.peerId, direction: 'inbound' });
    });

    it('gives the peer that is there when it is dialled again', async () => {
      const { a, bAtA, hosts } = await createPair();
      expect((await a.dial(hosts[1]!.address())).id).toBe(bAtA.id);
      expect(a.peers()).toHaveLength(1);
    });

    it('keeps the order of frames, however they are handled', async () => {
      const { a, b } = await createPair();
      const seen: number[] = [];
      b.onFrame(protocol, async (_, frame) => {
        if (frame[0]! % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        seen.push(frame[0]!);
      });
      for (let index = 0; index < 60; index++) await a.send(b.peerId, protocol, Uint8Array.of(index));
      await until(() => seen.length === 60, 'all frames');
      expect(seen).toEqual(Array.from({ length: 60 }, (_, index) => index));
    });

    it('carries large frames whole', async () => {
      const { a, b } = await createPair();
      const sizes: number[] = [];
      let sum = 0;
      b.onFrame(protocol, (_, frame) => {
        sizes.push(frame.length);
        sum += frame.at(-1)!;
      });
      for (const size of [1, 40_000, 3_000_000]) await a.send(b.peerId, protocol, new Uint8Array(size).fill(9));
      await until(() => sizes.length === 3, 'all frames');
      expect(sizes).toEqual([1, 40_000, 3_000_000]);
      expect(sum).toBe(27);
    });

    it('refuses to send what is larger than the limit', async () => {
      const { a, b } = await createPair({ limits: { maxFrameSize: 1000 } });
      await expect(a.send(b.peerId, protocol, new Uint8Array(1001))).rejects.toMatchObject({ code: 'FRAME_TOO_LARGE' });
      await expect(a.request(b.peerId, protocol, new Uint8Array(1001))).rejects.toMatchObject({
        code: 'FRAME_TOO_LARGE',
      });
    });

    it('answers requests in any order, each its own', async () => {
      const { a, b } = await createPair();
      b.onRequest(other, async (peer, request) => {
        expect(peer.id).toBe(a.peerId);
        await new Promise((resolve) => setTimeout(resolve, 20 - 2 * request[0]!));
        return Uint8Array.of(request[0]! + 100);
      });
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) => a.request(b.peerId, other, Uint8Array.of(index))),
      );
      expect(answers.map((answer) => answer[0])).toEqual(Array.from({ length: 10 }, (_, index) => index + 100));
    });

    it('hands a coded error of a handler to the requester', async () => {
      const { a, b } = await createPair();
      b.onRequest(other, async () => {
        throw new IsoquorumError('NO_SUCH_THING', 'not here', {}, 'IGNORE');
      });
      await expect(a.request(b.peerId, other, new Uint8Array(1))).rejects.toMatchObject({
        code: 'NO_SUCH_THING',
        message: 'not here',
        reaction: 'IGNORE',
      });
    });

    it('tells nothing of an error without a code', async () => {
      const { a, b } = await createPair();
      b.onRequest(other, async () => {
        throw new Error('secret');
      });
      await expect(a.request(b.peerId, other, new Uint8Array(1))).rejects.toMatchObject({
        code: 'INTERNAL',
        message: 'internal error',
      });
    });

    it('refuses a protocol that nobody serves', async () => {
      const { a, b } = await createPair();
      await expect(a.request(b.peerId, '/isoquorum/nothing/1', new Uint8Array(1))).rejects.toMatchObject({
        code: 'PROTOCOL_UNSUPPORTED',
      });
    });

    it('gives up a request in time, and the handler hears of it', async () => {
      const { a, b } = await createPair();
      let aborted = false;
      b.onRequest(other, (_, __, signal) => {
        return new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            resolve(new Uint8Array(0));
          });
        });
      });
      await expect(a.request(b.peerId, other, new Uint8Array(1), { timeoutMs: 50 })).rejects.toMatchObject({
        code: 'REQUEST_TIMEOUT',
      });
      await until(() => aborted, 'abort');
    });

    it('gives up a request when the caller says so', async () => {
      const { a, b } = await createPair();
      b.onRequest(other, () => new Promise(() => {}));
      const controller = new AbortController();
      const pending = a.request(b.peerId, other, new Uint8Array(1), { signal: controller.signal });
      controller.abort();
      await expect(pending).rejects.toMatchObject({ code: 'REQUEST_ABORTED' });
    });

    it('bounds the requests in flight', async () => {
      const { a, b } = await createPair({ limits: { maxRequestsInFlight: 2 } });
      b.onRequest(other, () => new Promise(() => {}));
      void a.request(b.peerId, other, new Uint8Array(1)).catch(() => {});
      void a.request(b.peerId, other, new Uint8Array(1)).catch(() => {});
      await expect(a.request(b.peerId, other, new Uint8Array(1))).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    });

    it('bounds the frames that wait for a peer that does not read', async () => {
      const { a, b } = await createPair({ limits: { maxQueuedFrames: 8, maxReceivedBytes: 10_000 } });
      b.onFrame(protocol, () => new Promise(() => {}));
      const sendMany = async (): Promise<void> => {
        for (let index = 0; index < 2000; index++) {
          await a.send(b.peerId, protocol, new Uint8Array(50_000));
          if (index % 8 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        }
      };
      await expect(sendMany()).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    });

    it('drops a peer that takes nothing for too long', async () => {
      const { a, b } = await createPair({ limits: { maxReceivedBytes: 10_000, stallTimeoutMs: 100 } });
      b.onFrame(protocol, () => new Promise(() => {}));
      const sendMany = async (): Promise<void> => {
        for (let index = 0; index < 500; index++) await a.send(b.peerId, protocol, new Uint8Array(200_000));
      };
      await sendMany().catch(() => {});
      await until(() => a.peers().length === 0, 'drop');
    });

    it('fails what is under way when the peer goes', async () => {
      const { a, b } = await createPair();
      b.onRequest(other, () => new Promise(() => {}));
      const pending = a.request(b.peerId, other, new Uint8Array(1)).catch((error: unknown) => error);
      const events: PeerEvent[] = [];
      a.onPeer((event) => events.push(event));
      await b.stop();
      expect(await pending).toMatchObject({ code: 'PEER_GONE' });
      await until(() => events.length === 1, 'disconnected');
      expect(events[0]).toMatchObject({ type: 'disconnected', peer: { id: b.peerId } });
      await expect(a.send(b.peerId, protocol, new Uint8Array(1))).rejects.toMatchObject({ code: 'PEER_GONE' });
    });

    it('keeps a peer away that is blamed for a grave fault', async () => {
      const { a, b, hosts } = await createPair();
      await until(() => b.peers().length === 1, 'connected');
      const fault = { code: 'CONSENSUS_UNSIGNED', message: 'garbage' };
      await a.blame(b.peerId, { ...fault, isGrave: false });
      expect(a.peers()).toHaveLength(1);
      await a.blame(b.peerId, { ...fault, isGrave: true });
      await a.blame(b.peerId, { ...fault, isGrave: true });
      await until(() => a.peers().length === 0 && b.peers().length === 0, 'both gone');
      await expect(b.dial(hosts[0]!.address())).rejects.toMatchObject({ name: 'IsoquorumError' });
      expect(a.peers()).toEqual([]);
    });

    it('refuses a stranger, whoever dials', async () => {
      const known = await net.createHost();
      const stranger = await net.createHost({ stranger: true });
      await expect(stranger.host.dial(known.address())).rejects.toMatchObject({ name: 'IsoquorumError' });
      await expect(known.host.dial(stranger.address())).rejects.toMatchObject({ name: 'IsoquorumError' });
      expect(known.host.peers()).toEqual([]);
    });

    it.each([
      ['genesis', testChain({ genesis: 2 }), 'GENESIS_MISMATCH'],
      ['network id', testChain({ networkId: 5n }), 'NETWORK_MISMATCH'],
      ['fork id', testChain({ fork: 9 }), 'FORK_MISMATCH'],
      ['role', testChain({ role: 'browser' }), 'ROLE_MISMATCH'],
    ])('refuses a peer with another %s and says so', async (_, chain, code) => {
      const ours = await net.createHost();
      const theirs = await net.createHost({ chain });
      await expect(theirs.host.dial(ours.address())).rejects.toMatchObject({ code });
      await until(() => ours.host.peers().length === 0, 'no peer');
      expect(theirs.host.peers()).toEqual([]);
    });

    it('closes the connection of a peer that is taken off the list', async () => {
      const { a, b, hosts } = await createPair();
      await until(() => b.peers().length === 1, 'connected');
      await hosts[1]!.remove(a.peerId);
      await until(() => a.peers().length === 0 && b.peers().length === 0, 'both gone');
      await expect(a.dial(hosts[1]!.address())).rejects.toMatchObject({ name: 'IsoquorumError' });
    });

    it('makes one peer of two connections that cross', async () => {
      const first = await net.createHost({ limits: { replacedGraceMs: 50 } });
      const second = await net.createHost({ limits: { replacedGraceMs: 50 } });
      const seen: number[] = [];
      second.host.onFrame(protocol, (_, frame) => void seen.push(frame[0]!));
      await Promise.all([first.host.dial(second.address()), second.host.dial(first.address())]);
      for (let index = 0; index < 30; index++) {
        await first.host.send(second.host.peerId, protocol, Uint8Array.of(index));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await until(() => seen.length === 30, 'all frames');
      expect(new Set(seen).size).toBe(30);
      expect(first.host.peers()).toHaveLength(1);
      expect(second.host.peers()).toHaveLength(1);
    });

    it('bans a peer whose frames are refused again and again', async () => {
      const { a, b } = await createPair({ limits: { faultLimit: 5 } });
      b.onFrame(protocol, () => {
        throw new IsoquorumError('BAD_FRAME', 'no', {}, 'REJECT');
      });
      for (let index = 0; index < 10; index++) await a.send(b.peerId, protocol, Uint8Array.of(index)).catch(() => {});
      await until(() => a.peers().length === 0 && b.peers().length === 0, 'both gone');
    });

    it('joins four hosts, each with each', async () => {
      const hosts = await Promise.all([0, 1, 2, 3].map(() => net.createHost()));
      for (const [index, from] of hosts.entries()) {
        from.host.onRequest(other, async () => Uint8Array.of(index));
        for (const to of hosts.slice(0, index)) await from.host.dial(to.address());
      }
      await until(() => hosts.every(({ host }) => host.peers().length === 3), 'full mesh');
      for (const from of hosts)
        for (const [index, to] of hosts.entries())
          if (from !== to) expect((await from.host.request(to.host.peerId, other, new Uint8Array(0)))[0]).toBe(index);
    });
  });
}
