import { isZeroBytes } from '@isoquorum/primitives/hex';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { Clock } from '@isoquorum/platform/clock';
import { createHomeClient, type HomeTransport } from '../home/home-client.ts';
import type { HomeInfo } from '../home/messages.ts';
import { checkStatementChain, decodeStatement, type PartyStatement, signStatement } from './statement.ts';
import { type StatementSigner, signingKeyToPeerId } from './signer.ts';
import { bytesEqual } from '@isoquorum/primitives/hex';

export interface RegisterNodeOptions {
  /** Asks the node's own manager, in the name of the node's own PeerId. */
  readonly transport: HomeTransport;
  /** The node's key: `createNodeKeySigner(nodeKey)`. */
  readonly signer: StatementSigner;
  readonly genesisHash: Hash32;
  readonly clock: Clock;
}

export type RegisterErrorCode = 'MANAGER_OF_OTHER_CHAIN';

function isCurrent(statement: PartyStatement, url: string, signer: StatementSigner): boolean {
  return (
    statement.homes.length === 1 &&
    statement.homes[0] === url &&
    bytesEqual(statement.signingKey.publicKey, signer.publicKey)
  );
}

async function knownStatement(
  client: ReturnType<typeof createHomeClient>,
  key: Uint8Array,
): Promise<PartyStatement | undefined> {
  const parties = await client.directory();
  const found = parties.find((party) => bytesEqual(party.key, key) && party.statement.length > 0);
  return found === undefined ? undefined : decodeStatement(found.statement);
}

/**
 * Publishes the party statements of a node's manager: one for each of its enclave keys, signed by the node key. Does nothing for keys whose
 * statement is current. Call it at start and again when the manager came back; it is idempotent.
 * @throws MANAGER_OF_OTHER_CHAIN, HOME_REFUSED, and what the transport throws
 */
export async function registerNodeStatements(options: RegisterNodeOptions): Promise<HomeInfo> {
  const { signer, genesisHash, clock } = options;
  const client = createHomeClient(options.transport);
  const info = await client.info();
  if (!isZeroBytes(info.genesisHash) && !bytesEqual(info.genesisHash, genesisHash)) {
    throw new IsoquorumError(
      'MANAGER_OF_OTHER_CHAIN',
      'the transaction manager belongs to another chain',
      { peerId: signingKeyToPeerId(signer) },
      'STOP',
    );
  }
  for (const enclaveKey of info.keys) {
    const known = await knownStatement(client, enclaveKey);
    if (known !== undefined) {
      checkStatementChain(known, genesisHash);
      if (isCurrent(known, info.url, signer)) continue;
    }
    const statement = await signStatement(
      {
        genesisHash,
        enclaveKey,
        role: 'manager',
        homes: [info.url],
        sequence: (known?.sequence ?? 0) + 1,
        validFromMs: clock.nowMs(),
        revokes: [],
      },
      signer,
    );
    await client.register(statement, new Uint8Array(0));
  }
  return info;
}
