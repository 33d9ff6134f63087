import { createGenesisState } from '@isoquorum/execution/state/genesis-state';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { createGenesisHeader, type Genesis, parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { type Header, headerHash } from '@isoquorum/primitives/header';
import { bytesEqual, bytesToHex } from '@isoquorum/primitives/hex';
import { participantError } from './errors.ts';

export interface OpenedGenesis {
  readonly genesis: Genesis;
  readonly header: Header;
  readonly hash: Hash32;
}

/**
 * Reads a genesis file that anybody may have served, and hashes it.
 * @param expected what the invitation names
 * @throws GENESIS_MISMATCH and the codes of `parseGenesis`
 */
export function openGenesis(json: unknown, expected: Hash32): OpenedGenesis {
  const genesis = parseGenesis(json);
  const header = createGenesisHeader(genesis, createGenesisState(genesis.alloc).root);
  const hash = headerHash(header);
  if (!bytesEqual(hash, expected))
    throw participantError(
      'GENESIS_MISMATCH',
      'The genesis that was served is not that of the invitation.',
      { served: bytesToHex(hash), expected: bytesToHex(expected) },
      'STOP',
    );
  return { genesis, header, hash };
}
