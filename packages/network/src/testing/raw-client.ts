import { circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { generateKeyPair, privateKeyFromRaw } from '@libp2p/crypto/keys';
import { identify } from '@libp2p/identify';
import type { Connection, Libp2p, Stream } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { STATUS_PROTOCOL } from '../protocols.ts';
import { createStatus } from '../session/chain-identity.ts';
import { encodeFrame, FrameReader } from '../wire/frame.ts';
import { encodeControl } from '../wire/status.ts';
import { testChain } from './chain.ts';

/** A bare libp2p node that speaks no protocol of ours: guests, liars and babblers. */
export async function startRawClient(nodeKey?: Uint8Array): Promise<Libp2p> {
  return createLibp2p({
    privateKey: nodeKey === undefined ? await generateKeyPair('Ed25519') : privateKeyFromRaw(nodeKey),
    transports: [tcp(), webSockets(), circuitRelayTransport()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    services: { identify: identify({ runOnConnectionOpen: false }) },
  });
}

export function dialRaw(client: Libp2p, address: string): Promise<Connection> {
  return client.dial(multiaddr(address), { signal: AbortSignal.timeout(5000) });
}

/** The frames that arrive on a stream, and whether it is over. */
export function collect(stream: Stream): { readonly frames: Uint8Array[]; ended: boolean } {
  const reader = new FrameReader();
  const collected: { readonly frames: Uint8Array[]; ended: boolean } = { frames: [], ended: false };
  stream.addEventListener('message', ({ data }) => {
    reader.push(data instanceof Uint8Array ? data : data.subarray());
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) collected.frames.push(frame.slice());
  });
  stream.addEventListener('close', () => {
    collected.ended = true;
  });
  return collected;
}

/** Runs an honest handshake by hand. */
export async function shakeHands(connection: Connection, role: 'node' | 'browser' = 'node'): Promise<Stream> {
  const chain = testChain({ role });
  const stream = await connection.newStream(STATUS_PROTOCOL);
  const { frames } = collect(stream);
  stream.send(
    encodeFrame([
      encodeControl({ type: 'status', status: createStatus(chain, { number: 0, hash: chain.genesisHash }) }),
    ]),
  );
  while (frames.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  stream.send(encodeFrame([encodeControl({ type: 'ready' })]));
  return stream;
}
