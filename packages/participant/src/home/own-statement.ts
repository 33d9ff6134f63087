import type { Clock } from '@isoquorum/platform/clock';
import type { EnclaveKey, Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import type { StatementSigner } from '@isoquorum/privacy/statement/signer';
import {
  decodeStatement,
  encodeStatement,
  type PartyStatement,
  signStatement,
} from '@isoquorum/privacy/statement/statement';
import type { Settings } from '../settings.ts';

const settingName = 'statement';

export interface OwnStatementOptions {
  readonly settings: Settings;
  readonly signer: StatementSigner;
  readonly enclaveKey: EnclaveKey;
  readonly genesisHash: Hash32;
  readonly clock: Clock;
}

/** The page's own party statement: the stored one while it still says what is so, else a new one with the next number. */
export async function makeOwnStatement(options: OwnStatementOptions, home: string): Promise<PartyStatement> {
  const { settings, signer, enclaveKey, genesisHash, clock } = options;
  const stored = await loadStatement(settings);
  const isOwn =
    stored !== undefined &&
    bytesEqual(stored.signingKey.publicKey, signer.publicKey) &&
    bytesEqual(stored.enclaveKey, enclaveKey);
  if (isOwn && bytesEqual(stored.genesisHash, genesisHash) && stored.homes.length === 1 && stored.homes[0] === home)
    return stored;
  // The clock keeps the number growing even when the store was cleared while the keys stayed.
  const sequence = Math.max((isOwn ? stored.sequence : 0) + 1, isOwn ? 0 : Math.floor(clock.nowMs() / 1000));
  const statement = await signStatement(
    { genesisHash, enclaveKey, role: 'page', homes: [home], sequence, validFromMs: clock.nowMs(), revokes: [] },
    signer,
  );
  await settings.set(settingName, encodeStatement(statement));
  return statement;
}

async function loadStatement(settings: Settings): Promise<PartyStatement | undefined> {
  const bytes = await settings.get(settingName);
  if (bytes === undefined) return undefined;
  try {
    return decodeStatement(bytes);
  } catch (error) {
    if (isIsoquorumError(error)) return undefined;
    throw error;
  }
}
