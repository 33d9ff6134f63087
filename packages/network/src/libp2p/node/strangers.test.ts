import { nodeKeyToPeerId } from '@isoquorum/primitives/node-key';
import type { Libp2p } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { afterEach, describe, expect, it } from 'vitest';
import { ADMISSION_PROTOCOL, CONSENSUS_PROTOCOL, STATUS_PROTOCOL, SYNC_PROTOCOL } from '../../protocols.ts';
import { createStatus } from '../../session/chain-identity.ts';
import { createTestAdmission, type TestAdmission } from '../../testing/admission.ts';
import { testChain } from '../../testing/chain.ts';
import { until } from '../../testing/host-suite.ts';
import { addressOf, randomNodeKey, startTestNode } from '../../testing/node-net.ts';
import { collect, dialRaw, shakeHands, startRawClient } from '../../testing/raw-client.ts';
import { decodeAdmission, encodeAdmission } from '../../wire/admission.ts';
import { encodeFrame } from '../../wire/frame.ts';
import { decodeControl, encodeControl } from '../../wire/status.ts';
import type { NodeHost, NodeHostOptions } from './host.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function startNode(
  options: Partial<NodeHostOptions> = {},
): Promise<{ node: NodeHost; admission: TestAdmission }> {
  const admission = createTestAdmission();
  const node = await startTestNode({ admission, ...options });
  node.onFrame(CONSENSUS_PROTOCOL, () => {});
  node.onRequest(SYNC_PROTOCOL, async () => new Uint8Array(1));
  stops.push(() => node.stop());
  return { node, admission };
}

async function startClient(nodeKey?: Uint8Array): Promise<Libp2p> {
  const client = await startRawClient(nodeKey);
  stops.push(() => client.stop());
  return client;
}

/** A connection is gone, or the other end resets what is opened on it. */
async function refusesStream(client: Libp2p, address: string, protocol: string): Promise<boolean> {
  try {
    const connection = await dialRaw(client, address);
    const stream = await connection.newStream(protocol);
    const collected = collect(stream);
    stream.send(encodeFrame([Uint8Array.of(1, 0, 0, 0, 1)]));
    await until(() => collected.ended, 'end of the stream');
    return collected.frames.length === 0;
  } catch {
    return true;
  }
}

describe('guests', () => {
  it('may open the admission protocol and nothing else', async () => {
    const { node } = await startNode();
    const guest = await startClient();
    const address = addressOf(node, 'ws');
    for (const protocol of [
      '/ipfs/id/1.0.0',
      '/ipfs/ping/1.0.0',
      '/libp2p/circuit/relay/0.2.0/hop',
      SYNC_PROTOCOL,
      CONSENSUS_PROTOCOL,
    ])
      expect([protocol, await refusesStream(guest, address, protocol)]).toEqual([protocol, true]);
    const stream = await (await dialRaw(guest, address)).newStream(ADMISSION_PROTOCOL);
    const { frames } = collect(stream);
    stream.send(encodeFrame([encodeAdmission({ type: 'redeem', invitation: Uint8Array.of(1, 2) })]));
    await until(() => frames.length === 1, 'answer');
    expect(decodeAdmission(frames[0]!)).toMatchObject({ type: 'refused', refusal: { code: 'NOT_ADMITTED' } });
    expect(node.peers()).toEqual([]);
  });

  it('hear NOT_ADMITTED when they say their status', async () => {
    const { node } = await startNode();
    const guest = await startClient();
    const chain = testChain({ role: 'browser' });
    const stream = await (await dialRaw(guest, addressOf(node, 'ws'))).newStream(STATUS_PROTOCOL);
    const { frames } = collect(stream);
    stream.send(
      encodeFrame([
        encodeControl({ type: 'status', status: createStatus(chain, { number: 0, hash: chain.genesisHash }) }),
      ]),
    );
    await until(() => frames.length === 1, 'answer');
    expect(decodeControl(frames[0]!)).toMatchObject({ type: 'refuse', refusal: { code: 'NOT_ADMITTED' } });
  });

  it('are few, and must go in time', async () => {
    const { node } = await startNode({ guests: { maxGuests: 1, stayMs: 300 } });
    const [first, second] = [await startClient(), await startClient()];
    const connection = await dialRaw(first, addressOf(node, 'ws'));
    await (await connection.newStream(ADMISSION_PROTOCOL)).close();
    expect(await refusesStream(second, addressOf(node, 'ws'), ADMISSION_PROTOCOL)).toBe(true);
    await until(() => connection.status !== 'open', 'end of the stay');
    await (await (await dialRaw(second, addressOf(node, 'ws'))).newStream(ADMISSION_PROTOCOL)).close();
  });

  it('are browsers: a node that is on no list is not even a guest', async () => {
    const { node } = await startNode();
    const stranger = await startClient(randomNodeKey());
    expect(await refusesStream(stranger, addressOf(node), ADMISSION_PROTOCOL)).toBe(true);
  });
});

describe('admitted peers that break the rules', () => {
  async function startPeer(): Promise<{ node: NodeHost; client: Libp2p; peerId: string }> {
    const { node, admission } = await startNode();
    const nodeKey = randomNodeKey();
    const peerId = nodeKeyToPeerId(nodeKey);
    admission.admit(peerId);
    return { node, client: await startClient(nodeKey), peerId };
  }

  it('are dropped and noted for bytes that are no frame', async () => {
    const { node, client, peerId } = await startPeer();
    const connection = await dialRaw(client, addressOf(node));
    await shakeHands(connection);
    await until(() => node.peers().length === 1, 'peer');
    const stream = await connection.newStream(CONSENSUS_PROTOCOL);
    stream.send(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff));
    await until(() => node.peers().length === 0 && connection.status !== 'open', 'drop');
    expect(node.notes()).toContainEqual(expect.objectContaining({ peerId, code: 'FRAME_LENGTH_INVALID' }));
    expect(await refusesStream(client, addressOf(node), STATUS_PROTOCOL)).toBe(true);
  });

  it('are dropped for a frame above the limit, before they have sent it', async () => {
    const { node, client, peerId } = await startPeer();
    const connection = await dialRaw(client, addressOf(node));
    await shakeHands(connection);
    const stream = await connection.newStream(CONSENSUS_PROTOCOL);
    stream.send(Uint8Array.of(0xff, 0xff, 0xff, 0x7f));
    await until(() => node.notes().length > 0, 'note');
    expect(node.notes()).toContainEqual(expect.objectContaining({ peerId, code: 'FRAME_TOO_LARGE' }));
  });

  it('are dropped for an answer that nobody asked for', async () => {
    const { node, client } = await startPeer();
    const connection = await dialRaw(client, addressOf(node));
    await shakeHands(connection);
    const stream = await connection.newStream(SYNC_PROTOCOL);
    stream.send(encodeFrame([Uint8Array.of(2, 0, 0, 0, 1)]));
    await until(() => node.notes().some(({ code }) => code === 'PROTOCOL_VIOLATION'), 'note');
  });

  it('get nothing done before the handshake', async () => {
    const { node, client } = await startPeer();
    let served = 0;
    node.onFrame(CONSENSUS_PROTOCOL, () => {
      served++;
    });
    const connection = await dialRaw(client, addressOf(node));
    const stream = await connection.newStream(CONSENSUS_PROTOCOL);
    stream.send(encodeFrame([Uint8Array.of(0, 5)]));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(served).toBe(0);
    await shakeHands(connection);
    await until(() => served === 1, 'frame after the handshake');
  });

  it('are refused with garbage for a status', async () => {
    const { node, client, peerId } = await startPeer();
    const stream = await (await dialRaw(client, addressOf(node))).newStream(STATUS_PROTOCOL);
    const collected = collect(stream);
    stream.send(encodeFrame([Uint8Array.of(0, 0xc1, 0x80)]));
    await until(() => collected.ended, 'end');
    expect(node.peers()).toEqual([]);
    expect(node.notes()).toContainEqual(expect.objectContaining({ peerId }));
  });
});

describe('the relay', () => {
  const hop = '/libp2p/circuit/relay/0.2.0/hop';
  /** Asks the relay for a reservation as the relay transport of libp2p does. */
  async function reserve(client: Libp2p, address: string): Promise<void> {
    const connection = await dialRaw(client, address);
    await connection.newStream(hop).then((stream) => stream.close());
    const transport = (
      client as unknown as { components: { transportManager: { getTransports(): readonly unknown[] } } }
    ).components.transportManager
      .getTransports()
      .find(
        (candidate): candidate is { reservationStore: { addRelay(peer: unknown, type: string): Promise<unknown> } } =>
          'reservationStore' in (candidate as object),
      );
    await transport!.reservationStore.addRelay(connection.remotePeer, 'configured');
  }

  it('carries connections between admitted browsers only', async () => {
    const { node, admission } = await startNode();
    const [alice, bob, eve] = [await startClient(), await startClient(), await startClient()];
    const address = addressOf(node, 'ws');
    for (const client of [alice, bob, eve]) admission.admit(client.peerId.toString());
    await reserve(alice, address);
    await reserve(eve, address);
    const relayed = `${address}/p2p-circuit/p2p/${String(alice.peerId)}`;
    expect((await dialRaw(bob, relayed)).remotePeer.equals(peerIdFromString(alice.peerId.toString()))).toBe(true);
    await dialRaw(bob, `${address}/p2p-circuit/p2p/${String(eve.peerId)}`);

    // Eve is taken off the list: her connections end, relayed ones too, and she is neither reached nor relayed.
    admission.dismiss(eve.peerId.toString());
    await until(() => eve.getConnections().length === 0 && bob.getConnections(eve.peerId).length === 0, 'end of Eve');
    await expect(dialRaw(bob, `${address}/p2p-circuit/p2p/${String(eve.peerId)}`)).rejects.toThrow();
    await expect(dialRaw(eve, relayed)).rejects.toThrow();

    // Mallory never was on the list: as a guest she gets no reservation and no hop.
    const mallory = await startClient();
    await expect(reserve(mallory, address)).rejects.toThrow();
    await expect(dialRaw(mallory, relayed)).rejects.toThrow();
  });
});

describe('static peers', () => {
  it('are dialled, kept, and dialled again after a restart', async () => {
    const [keyA, keyB] = [randomNodeKey(), randomNodeKey()];
    const [idA, idB] = [nodeKeyToPeerId(keyA), nodeKeyToPeerId(keyB)];
    const { node: a, admission } = await startNode({ nodeKey: keyA, reconnect: { firstDelayMs: 50, maxDelayMs: 200 } });
    admission.admit(idB);
    const start = async (port: number): Promise<NodeHost> => {
      const admissionB = createTestAdmission();
      admissionB.admit(idA);
      return startTestNode({ nodeKey: keyB, admission: admissionB, listen: { tcp: { host: '127.0.0.1', port } } });
    };
    const first = await start(0);
    const address = addressOf(first);
    admission.keep([{ peerId: idB, multiaddrs: [address] }]);
    await until(() => a.peers().length === 1, 'first connection');
    expect(a.peers()[0]).toMatchObject({ id: idB, role: 'node', direction: 'outbound', transport: 'tcp' });
    expect(a.peers()[0]!.address).toHaveLength(20);
    await first.stop();
    await until(() => a.peers().length === 0, 'loss');
    const second = await start(Number(/tcp\/(\d+)/.exec(address)![1]));
    stops.push(() => second.stop());
    await until(() => a.peers().length === 1, 'second connection');
  });

  it('are let go when they are taken off the lists', async () => {
    const keyB = randomNodeKey();
    const idB = nodeKeyToPeerId(keyB);
    const { node: a, admission } = await startNode({ reconnect: { firstDelayMs: 20, maxDelayMs: 50 } });
    const admissionB = createTestAdmission();
    const b = await startTestNode({ nodeKey: keyB, admission: admissionB });
    stops.push(() => b.stop());
    admissionB.admit(a.peerId);
    admission.admit(idB);
    admission.keep([{ peerId: idB, multiaddrs: [addressOf(b)] }]);
    await until(() => a.peers().length === 1 && b.peers().length === 1, 'connection');
    admission.keep([]);
    admission.dismiss(idB);
    await until(() => a.peers().length === 0 && b.peers().length === 0, 'end');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(a.peers()).toEqual([]);
  });
});
