import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { EnclaveKey, Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual, concatBytes } from '@isoquorum/primitives/hex';
import { booleanToRlp, encodeRlp, numberToRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';
import type { Clock } from '@isoquorum/platform/clock';
import type { Store, StoreOperation } from '@isoquorum/platform/store';
import { isSameParty } from '../codec/party-info.ts';
import { managerError, recipientUnknown } from '../manager/manager-error.ts';
import {
  checkStatementChain,
  decodeStatement,
  encodeStatement,
  isSameSigner,
  type PartyStatement,
} from './statement.ts';

/** What is known about one enclave key. */
export interface PartyEntry {
  readonly key: EnclaveKey;
  /** P2P URLs that take payloads for it. */
  readonly urls: readonly string[];
  /** `unsigned`: Tessera's party info, taken on first use. */
  readonly source: 'unsigned' | 'statement';
  readonly statement: PartyStatement | undefined;
  /** Possession of the enclave key was proven to us. */
  readonly isProven: boolean;
  /** A person said that this statement is the right one. */
  readonly isPinned: boolean;
  /** Two signing keys claim the enclave key with equal right: nothing is sent to it. */
  readonly isConflicting: boolean;
  readonly isRevoked: boolean;
  readonly firstSeenMs: number;
}

/** Something a person should look at. */
export interface PartyAlarm {
  readonly type: 'statementConflict' | 'equivocation' | 'urlConflict' | 'revokedKeyUsed';
  readonly key: EnclaveKey;
  readonly detail: string;
}

export type AdmitResult = 'new' | 'known' | 'stale' | 'conflict';

const entryPrefix = utf8ToBytes('party/e/');
const entryEnd = utf8ToBytes('party/e0');
const genesisKey = utf8ToBytes('party/genesis');
/** Bounds the memory that strangers can make us use. */
const maxEntries = 100_000;

function encodeEntry(entry: PartyEntry): Uint8Array {
  return encodeRlp([
    entry.urls.map(utf8ToBytes),
    entry.statement === undefined ? new Uint8Array(0) : encodeStatement(entry.statement),
    booleanToRlp(entry.isProven),
    booleanToRlp(entry.isPinned),
    booleanToRlp(entry.isConflicting),
    booleanToRlp(entry.isRevoked),
    numberToRlp(entry.firstSeenMs),
  ]);
}

function decodeEntry(key: EnclaveKey, bytes: Uint8Array): PartyEntry {
  const reader = new RlpReader(bytes).readList('party');
  const urls = reader.readListOf('urls', (list) => bytesToUtf8(list.readBytes('url'), 'url'));
  const statement = reader.readBytes('statement');
  const [isProven, isPinned, isConflicting, isRevoked] = ['proven', 'pinned', 'conflicting', 'revoked'].map(
    (field) => reader.readNumber(field) === 1,
  );
  return {
    key,
    urls,
    source: statement.length === 0 ? 'unsigned' : 'statement',
    statement: statement.length === 0 ? undefined : decodeStatement(statement),
    isProven: isProven === true,
    isPinned: isPinned === true,
    isConflicting: isConflicting === true,
    isRevoked: isRevoked === true,
    firstSeenMs: reader.readNumber('firstSeen'),
  };
}

/**
 * Who has which enclave key, and where payloads for it go. Signed statements win over Tessera's unsigned entries; a pinned one wins over all; of
 * two signers the proven one wins, and when both or neither are proven nothing is sent. Survives restarts in the store (`party/`).
 */
export class PartyDirectory {
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly onAlarm: (alarm: PartyAlarm) => void;
  private readonly parties = new Map<string, PartyEntry>();
  private readonly offline = new Set<string>();
  private readonly listeners = new Set<(entry: PartyEntry) => void>();
  private genesis: Hash32 | undefined;

  private constructor(store: Store, clock: Clock, onAlarm: (alarm: PartyAlarm) => void, genesis: Hash32 | undefined) {
    this.store = store;
    this.clock = clock;
    this.onAlarm = onAlarm;
    this.genesis = genesis;
  }

  /** @param genesisHash absent: that of the store, else of the first statement this manager's own node makes */
  static async open(options: {
    readonly store: Store;
    readonly clock: Clock;
    readonly genesisHash?: Hash32 | undefined;
    readonly onAlarm?: (alarm: PartyAlarm) => void;
  }): Promise<PartyDirectory> {
    const { store, clock } = options;
    const genesis = options.genesisHash ?? (await store.get(genesisKey));
    const directory = new PartyDirectory(store, clock, options.onAlarm ?? (() => {}), genesis);
    for await (const [key, value] of store.iterate({ gte: entryPrefix, lt: entryEnd })) {
      const entry = decodeEntry(key.slice(entryPrefix.length), value);
      directory.parties.set(bytesToBase64(entry.key), entry);
    }
    return directory;
  }

  get genesisHash(): Hash32 | undefined {
    return this.genesis;
  }

  /** Takes the chain from this manager's own node, once. */
  async learnGenesis(genesisHash: Hash32): Promise<void> {
    if (this.genesis !== undefined) return;
    this.genesis = genesisHash;
    await this.store.batch([{ type: 'put', key: genesisKey, value: genesisHash }]);
  }

  get(key: EnclaveKey): PartyEntry | undefined {
    return this.parties.get(bytesToBase64(key));
  }

  entries(): readonly PartyEntry[] {
    return [...this.parties.values()];
  }

  /** Where payloads for a key go. @throws RECIPIENT_UNKNOWN, PARTY_CONFLICT */
  resolve(key: EnclaveKey): PartyEntry {
    const entry = this.get(key);
    if (entry === undefined || entry.urls.length === 0) throw recipientUnknown(key);
    const name = bytesToBase64(key);
    if (entry.isRevoked) {
      this.onAlarm({ type: 'revokedKeyUsed', key, detail: 'its owner revoked the key' });
      throw managerError('PARTY_CONFLICT', `Recipient key was revoked by its owner: ${name}`, { recipient: name });
    }
    if (entry.isConflicting)
      throw managerError('PARTY_CONFLICT', `Recipient key is claimed by two parties: ${name}`, { recipient: name });
    return entry;
  }

  private async save(entries: readonly PartyEntry[]): Promise<void> {
    const operations = entries.map(
      (entry): StoreOperation => ({ type: 'put', key: concatBytes(entryPrefix, entry.key), value: encodeEntry(entry) }),
    );
    for (const entry of entries) this.parties.set(bytesToBase64(entry.key), entry);
    if (operations.length > 0) await this.store.batch(operations);
  }

  private async remove(entries: readonly PartyEntry[]): Promise<void> {
    if (entries.length === 0) return;
    for (const entry of entries) this.parties.delete(bytesToBase64(entry.key));
    await this.store.batch(entries.map((entry) => ({ type: 'delete', key: concatBytes(entryPrefix, entry.key) })));
  }

  /** The manager at `url` did not answer: its unsigned keys may be claimed by another URL (Tessera drops them). */
  markOffline(url: string): void {
    this.offline.add(url.toLowerCase());
  }

  /** The manager at `url` answered. */
  markOnline(url: string): void {
    this.offline.delete(url.toLowerCase());
  }

  /**
   * Tessera's party info: the manager at `url` says that it has exactly these keys. First use is trusted.
   * @param url normalised
   * @returns whether something changed
   */
  async observe(url: string, keys: readonly EnclaveKey[]): Promise<boolean> {
    this.markOnline(url);
    const changed: PartyEntry[] = [];
    for (const key of keys) {
      const known = this.get(key);
      const isHere = known?.urls.some((other) => isSameParty(other, url)) === true;
      if (isHere) continue;
      const isFree =
        known === undefined ||
        (known.source === 'unsigned' && known.urls.every((other) => this.offline.has(other.toLowerCase())));
      if (isFree) {
        if (this.parties.size >= maxEntries) continue;
        changed.push({
          key,
          urls: [url],
          source: 'unsigned',
          statement: undefined,
          isProven: false,
          isPinned: false,
          isConflicting: false,
          isRevoked: false,
          firstSeenMs: this.clock.nowMs(),
        });
      } else {
        this.onAlarm({ type: 'urlConflict', key, detail: `${url} claims a key of ${known.urls.join(' ')}` });
      }
    }
    const gone = [...this.parties.values()].filter(
      (entry) =>
        entry.source === 'unsigned' &&
        entry.urls.some((other) => isSameParty(other, url)) &&
        !keys.some((key) => bytesEqual(key, entry.key)),
    );
    await this.remove(gone);
    await this.save(changed);
    return gone.length + changed.length > 0;
  }

  /**
   * Takes a verified statement. @param isProven possession was proven to us
   * @throws STATEMENT_GENESIS_MISMATCH
   */
  async admit(statement: PartyStatement, isProven: boolean): Promise<AdmitResult> {
    if (this.genesis !== undefined) checkStatementChain(statement, this.genesis);
    const known = this.get(statement.enclaveKey);
    const current = known?.statement;
    if (known === undefined || current === undefined) {
      if (known === undefined && this.parties.size >= maxEntries) return 'stale';
      const isElsewhere = known?.urls.every((url) => !statement.homes.some((home) => isSameParty(home, url))) === true;
      if (
        known !== undefined &&
        isElsewhere &&
        !isProven &&
        !known.urls.every((url) => this.offline.has(url.toLowerCase()))
      ) {
        this.onAlarm({
          type: 'statementConflict',
          key: known.key,
          detail: 'an unproven statement claims a key seen elsewhere first',
        });
        return 'conflict';
      }
      await this.replace(statement, { isProven, isPinned: false, isConflicting: false });
      return 'new';
    }
    if (isSameSigner(current, statement)) return this.renew(known, current, statement, isProven);
    return this.contend(known, statement, isProven);
  }

  private async renew(
    known: PartyEntry,
    current: PartyStatement,
    statement: PartyStatement,
    isProven: boolean,
  ): Promise<AdmitResult> {
    if (statement.sequence < current.sequence) return 'stale';
    if (statement.sequence === current.sequence) {
      if (bytesEqual(encodeStatement(current), encodeStatement(statement)) || known.isConflicting) {
        if (isProven && !known.isProven) await this.save([{ ...known, isProven: true }]);
        return 'known';
      }
      // secp256k1 and Ed25519 signers are deterministic, so two statements of one number are two different claims.
      this.onAlarm({ type: 'equivocation', key: known.key, detail: `two statements numbered ${statement.sequence}` });
      return 'conflict';
    }
    const { isPinned, isConflicting } = known;
    await this.replace(statement, { isProven: isProven || known.isProven, isPinned, isConflicting });
    return 'new';
  }

  private async contend(known: PartyEntry, statement: PartyStatement, isProven: boolean): Promise<AdmitResult> {
    this.onAlarm({
      type: 'statementConflict',
      key: known.key,
      detail: `another signing key claims the enclave key (proven: ${isProven})`,
    });
    if (known.isPinned) return 'conflict';
    if (isProven && !known.isProven) {
      await this.replace(statement, { isProven, isPinned: false, isConflicting: false });
      return 'new';
    }
    if (isProven === known.isProven && !known.isConflicting) await this.save([{ ...known, isConflicting: true }]);
    return 'conflict';
  }

  private async replace(
    statement: PartyStatement,
    flags: Pick<PartyEntry, 'isProven' | 'isPinned' | 'isConflicting'>,
  ): Promise<void> {
    const known = this.get(statement.enclaveKey);
    const entry: PartyEntry = {
      key: statement.enclaveKey,
      urls: statement.homes,
      source: 'statement',
      statement,
      ...flags,
      isRevoked: known?.isRevoked === true && known.statement !== undefined && isSameSigner(known.statement, statement),
      firstSeenMs: known?.firstSeenMs ?? this.clock.nowMs(),
    };
    const revoked = statement.revokes.flatMap((key) => {
      const other = this.get(key);
      return other?.statement !== undefined && isSameSigner(other.statement, statement)
        ? [{ ...other, isRevoked: true }]
        : [];
    });
    await this.save([entry, ...revoked]);
    for (const listener of this.listeners) listener(entry);
  }

  /** Called with each new statement's entry; returns a function that removes the listener. */
  onStatement(listener: (entry: PartyEntry) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** A person decided: this statement is the right one, whatever others claim. @throws STATEMENT_GENESIS_MISMATCH */
  async pin(statement: PartyStatement): Promise<void> {
    if (this.genesis !== undefined) checkStatementChain(statement, this.genesis);
    const isProven = this.get(statement.enclaveKey)?.isProven ?? false;
    await this.replace(statement, { isProven, isPinned: true, isConflicting: false });
  }

  /** Forgets a party, e.g. a manager that moved and left only unsigned entries. */
  async forget(key: EnclaveKey): Promise<void> {
    const entry = this.get(key);
    if (entry !== undefined) await this.remove([entry]);
  }
}
