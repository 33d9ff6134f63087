import type { Connection, Stream } from '@libp2p/interface';
import type { Peer } from '../host.ts';
import { networkError } from '../session/errors.ts';
import type { ByteStream, ByteStreamReader, Link } from '../session/link.ts';

/** What may lie unread in a paused stream before libp2p resets it; more than a yamux window may hold. */
const maxReadBufferLength = 16 * 1024 * 1024;

/** How the bytes of a libp2p connection travel, by its multiaddr. */
export function transportOf(multiaddr: string): Peer['transport'] {
  if (multiaddr.includes('/webrtc')) return 'webrtc';
  if (multiaddr.includes('/p2p-circuit')) return 'relay';
  return /\/(ws|wss)(\/|$)/.test(multiaddr) ? 'ws' : 'tcp';
}

/** A libp2p connection as sessions see it. */
export function createLibp2pLink(connection: Connection, openTimeoutMs: number): Link {
  const peerId = connection.remotePeer.toString();
  const multiaddr = connection.remoteAddr.toString();
  return {
    peerId,
    initiator: connection.direction === 'outbound',
    transport: transportOf(multiaddr),
    multiaddr,
    openStream: async (protocol) => {
      try {
        const signal = AbortSignal.timeout(openTimeoutMs);
        return createLibp2pStream(await connection.newStream(protocol, { signal, runOnLimitedConnection: true }));
      } catch (cause) {
        const isUnsupported = cause instanceof Error && cause.name === 'UnsupportedProtocolError';
        if (isUnsupported)
          throw networkError(
            'PROTOCOL_UNSUPPORTED',
            `${protocol} is not served there`,
            { peerId, protocol },
            'RETRY',
            cause,
          );
        throw networkError('PEER_GONE', 'stream could not be opened', { peerId, protocol }, 'RETRY', cause);
      }
    },
    close: () => {
      connection.close().catch((error: unknown) => connection.abort(error as Error));
    },
  };
}

/** A libp2p stream as sessions see it. */
export function createLibp2pStream(stream: Stream): ByteStream {
  stream.maxReadBufferLength = maxReadBufferLength;
  const { protocol } = stream;
  return {
    protocol,
    write: (bytes) => stream.send(bytes),
    drained: () => drained(stream),
    read: (reader) => read(stream, reader),
    pause: () => {
      if (stream.readStatus === 'readable') stream.pause();
    },
    resume: () => {
      if (stream.readStatus === 'paused') stream.resume();
    },
    close: () => {
      stream.close().catch((error: unknown) => stream.abort(error as Error));
    },
    abort: (error) => stream.abort(error),
  };
}

/** The next `drain` event. `Stream.onDrain` is of no use: once resolved, it stays so. */
function drained(stream: Stream): Promise<void> {
  return new Promise((resolve, reject) => {
    if (!stream.writableNeedsDrain) {
      resolve();
      return;
    }
    const settle = (): void => {
      stream.removeEventListener('drain', settle);
      stream.removeEventListener('close', settle);
      if (stream.writeStatus === 'writable' || stream.writeStatus === 'closing') resolve();
      else reject(networkError('PEER_GONE', 'stream is closed', { protocol: stream.protocol }));
    };
    stream.addEventListener('drain', settle);
    stream.addEventListener('close', settle);
  });
}

function read(stream: Stream, reader: ByteStreamReader): void {
  let ended = false;
  const end = (error: Error | undefined): void => {
    if (ended) return;
    ended = true;
    reader.end(error);
  };
  stream.addEventListener('message', ({ data }) => {
    if (!ended) reader.data(data instanceof Uint8Array ? data : data.subarray());
  });
  stream.addEventListener('end', () => {
    if (stream.status !== 'aborted' && stream.status !== 'reset') end(undefined);
  });
  stream.addEventListener('close', (event) => end(event.error));
  if (stream.readableEnded || stream.status === 'closed') queueMicrotask(() => end(undefined));
  else if (stream.status !== 'open' && stream.status !== 'closing')
    queueMicrotask(() => end(networkError('PEER_GONE', 'stream was reset', { protocol: stream.protocol })));
}
