import type { Logger } from '@isoquorum/platform/logger';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import { IsoquorumError, isIsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual } from '@isoquorum/primitives/hex';
import type { Enclave } from '@isoquorum/privacy/enclave/enclave';
import type { DirectoryParty } from '@isoquorum/privacy/home/messages';
import type { PayloadPublisher } from '@isoquorum/privacy/manager/transaction-manager';
import type { PartyDirectory, PartyEntry } from '@isoquorum/privacy/statement/directory';
import { isStatementProven } from '@isoquorum/privacy/statement/proof';
import { signingKeyToPeerId } from '@isoquorum/privacy/statement/signer';
import { decodeStatement } from '@isoquorum/privacy/statement/statement';
import type { DirectoryEntryView } from '../participant-view.ts';
import type { HomeLink } from './home-link.ts';
import type { Pages } from './pages.ts';

export interface PartiesOptions {
  readonly directory: PartyDirectory;
  readonly enclave: Enclave;
  readonly enclaveKey: EnclaveKey;
  readonly pages: Pages;
  /** The home link, which in turn tells this of the directory. */
  readonly home: () => HomeLink;
  /** Names of node parties by enclave key (base64), where somebody gave them. */
  readonly labels: ReadonlyMap<string, string>;
  readonly logger: Logger;
  readonly onChange: () => void;
}

/** Who can be named in `privateFor`, how far that is checked, and the way to each. */
export interface Parties {
  list(): readonly DirectoryEntryView[];
  /** Takes what a home says; statements are checked here. */
  learn(parties: readonly DirectoryParty[]): Promise<void>;
  /** The enclave key behind a peer whose statement was checked. */
  keyOfPeer(peerId: string): string | undefined;
  readonly publisher: PayloadPublisher;
}

export function createParties(options: PartiesOptions): Parties {
  const { directory, enclave, enclaveKey, pages, labels, logger } = options;

  async function learnOne(party: DirectoryParty): Promise<void> {
    if (bytesEqual(party.key, enclaveKey)) return;
    if (party.statement.length === 0) {
      for (const url of party.urls) await directory.observe(url, [...knownAt(url), party.key]);
      return;
    }
    const statement = decodeStatement(party.statement);
    const isProven =
      party.proof.length === 32 && (await isStatementProven(enclave, statement, enclaveKey, party.proof));
    await directory.admit(statement, isProven);
  }

  /** Keys that are already listed unsigned at a URL: an observation replaces the list. */
  const knownAt = (url: string): EnclaveKey[] =>
    directory
      .entries()
      .filter(({ source, urls }) => source === 'unsigned' && urls.includes(url))
      .map(({ key }) => key);

  const peerIdOf = (entry: PartyEntry): string | undefined => {
    try {
      return entry.statement === undefined ? undefined : signingKeyToPeerId(entry.statement.signingKey);
    } catch {
      return undefined;
    }
  };

  function viewOf(entry: PartyEntry): DirectoryEntryView {
    const key = bytesToBase64(entry.key);
    const isPage = entry.statement?.role === 'page';
    const peerId = peerIdOf(entry);
    const isRefused = entry.isConflicting || entry.isRevoked;
    const isDirect = isPage && peerId !== undefined && pages.isConnected(peerId);
    const hasHome = options.home().view()?.state === 'registered';
    return {
      enclaveKey: key,
      name: labels.get(key) ?? (isPage ? `page ${(peerId ?? key).slice(-6)}` : `party ${key.slice(0, 6)}`),
      kind: isPage ? 'page' : 'node',
      trust: isRefused ? 'conflict' : entry.source === 'statement' ? 'verified' : 'unsigned',
      detail: detailOf(entry),
      route: isDirect ? 'direct' : hasHome ? 'home' : 'none',
      peerId,
    };
  }

  async function publish(recipient: EnclaveKey, payload: Parameters<PayloadPublisher['publish']>[1]): Promise<void> {
    const entry = directory.resolve(recipient);
    const peerId = peerIdOf(entry);
    if (entry.statement?.role === 'page' && peerId !== undefined && pages.isConnected(peerId)) {
      try {
        await pages.push(peerId, entry.statement, payload);
        return;
      } catch (error) {
        logger.log('info', 'a payload goes through homes, as its page did not take it', {
          peerId,
          error: String(error),
        });
      }
    }
    try {
      await options.home().client().relay(recipient, payload);
    } catch (error) {
      const remote = isIsoquorumError(error, 'HOME_REFUSED') ? error.fields['remoteCode'] : undefined;
      if (typeof remote !== 'string' || !(error instanceof IsoquorumError)) throw error;
      throw new IsoquorumError(remote, error.message, error.fields, error.reaction, { cause: error });
    }
  }

  return {
    list: () => directory.entries().map(viewOf),
    async learn(parties) {
      for (const party of parties) {
        try {
          await learnOne(party);
        } catch (error) {
          if (!isIsoquorumError(error)) throw error;
          logger.log('warn', 'a party statement was refused', { code: error.code });
        }
      }
      const wanted = directory
        .entries()
        .filter(({ statement }) => statement?.role === 'page')
        .map(peerIdOf);
      pages.want(wanted.filter((peerId) => peerId !== undefined));
      options.onChange();
    },
    keyOfPeer(peerId) {
      const entry = directory.entries().find((candidate) => peerIdOf(candidate) === peerId);
      return entry === undefined ? undefined : bytesToBase64(entry.key);
    },
    publisher: {
      async check(recipient) {
        // Somebody may have joined a moment ago: ask once more before saying that nobody has this key.
        if (directory.get(recipient) === undefined)
          await options
            .home()
            .refreshDirectory()
            .catch(() => undefined);
        directory.resolve(recipient);
      },
      publish,
    },
  };
}

function detailOf(entry: PartyEntry): string {
  if (entry.isRevoked) return 'Its owner revoked this key.';
  if (entry.isConflicting) return 'Two identities claim this key.';
  if (entry.statement === undefined) return `Only a manager says so (${entry.urls.join(', ')}).`;
  const { sequence, signingKey, homes } = entry.statement;
  const proof = entry.isProven
    ? 'possession of the key was proven to this page'
    : 'possession was not proven to this page';
  return `Statement ${sequence}, ${signingKey.type} signature checked here; ${proof}. Home: ${homes.join(', ')}`;
}
