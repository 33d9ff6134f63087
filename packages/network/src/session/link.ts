import type { Peer } from '../host.ts';

/** What a {@link ByteStream} delivers to its one reader. */
export interface ByteStreamReader {
  data(bytes: Uint8Array): void;
  /** Called once: the other end will send no more (`error` undefined), or the stream broke. */
  end(error: Error | undefined): void;
}

/** A stream of one protocol between two hosts, as a transport gives it. */
export interface ByteStream {
  readonly protocol: string;
  /** Hands over bytes; false when the caller should wait for {@link drained} before it writes more. @throws when closed */
  write(bytes: Uint8Array): boolean;
  /** Resolves when the stream takes bytes again; rejects when it closes. */
  drained(): Promise<void>;
  /** Begins to deliver; bytes that came before are delivered first. */
  read(reader: ByteStreamReader): void;
  pause(): void;
  resume(): void;
  /** Sends what was written, then closes. */
  close(): void;
  abort(error: Error): void;
}

/** One authenticated connection to another host. */
export interface Link {
  readonly peerId: string;
  /** True when this host opened it. */
  readonly initiator: boolean;
  readonly transport: Peer['transport'];
  readonly multiaddr: string;
  /** @throws PROTOCOL_UNSUPPORTED, PEER_GONE */
  openStream(protocol: string): Promise<ByteStream>;
  /** Closes all its streams too. The transport reports the end to `Sessions.linkClosed`. */
  close(): void;
}
