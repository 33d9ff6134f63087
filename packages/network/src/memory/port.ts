import type { ByteStream, Link } from '../session/link.ts';

/** What a host plugs into the network. */
export interface MemoryPort {
  readonly peerId: string;
  linkOpened(link: Link): void;
  acceptStream(link: Link, stream: ByteStream): void;
  serves(protocol: string): boolean;
  linkClosed(link: Link, error: Error): void;
}
