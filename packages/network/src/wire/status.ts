import type { Hash32 } from '@isoquorum/primitives/bytes';

/** What a peer says about itself before anything else travels (decision 15). */
export interface StatusMessage {
  /** Major version of this handshake; 1. */
  readonly version: number;
  readonly networkId: bigint;
  readonly genesisHash: Hash32;
  /** Fork id of EIP-2124: 4-byte checksum and the number of the next fork (0: none). */
  readonly forkHash: Uint8Array;
  readonly forkNext: bigint;
  readonly role: 'node' | 'browser';
  readonly headNumber: number;
  readonly headHash: Hash32;
  /** Program and version, for people; at most 128 bytes. */
  readonly client: string;
}
