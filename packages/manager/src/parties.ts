import { isSameParty, normalizePartyUrl } from '@isoquorum/privacy/codec/party-info';

export interface Party {
  /** Normalised. */
  readonly url: string;
  readonly isConfigured: boolean;
  /** Answered our last party info. */
  isOnline: boolean;
  /** Rounds until its statements are asked for again. */
  statementsIn: number;
}

const maxParties = 1_000;

/** Managers that are talked to: configured ones for ever, discovered ones while they answer. */
export class Parties {
  readonly ownUrl: string;
  private readonly parties = new Map<string, Party>();
  private readonly versions = new Map<string, readonly string[]>();

  /** @throws PARTY_URL_INVALID */
  constructor(ownUrl: string, configured: readonly string[]) {
    this.ownUrl = normalizePartyUrl(ownUrl);
    for (const url of configured) this.put(normalizePartyUrl(url), true);
  }

  private put(url: string, isConfigured: boolean): Party {
    const party: Party = { url, isConfigured, isOnline: false, statementsIn: 0 };
    this.parties.set(url.toLowerCase(), party);
    return party;
  }

  isOwn(url: string): boolean {
    return isSameParty(url, this.ownUrl);
  }

  get(url: string): Party | undefined {
    return this.parties.get(url.toLowerCase());
  }

  /** API versions that the manager at `url` named on its last party info; `undefined`: not heard of. */
  versionsOf(url: string): readonly string[] | undefined {
    return this.versions.get(url.toLowerCase());
  }

  /** Remembers the versions of a manager that announced itself; false when there are too many. */
  hear(url: string, versions: readonly string[]): boolean {
    const name = url.toLowerCase();
    if (!this.versions.has(name) && this.versions.size >= maxParties) return false;
    this.versions.set(name, versions);
    return true;
  }

  /** All parties but this manager. */
  others(): Party[] {
    return [...this.parties.values()].filter((party) => !this.isOwn(party.url));
  }

  /** A party that somebody named; `undefined` when there are too many. @param url normalised */
  discover(url: string): Party | undefined {
    return this.get(url) ?? (this.parties.size >= maxParties ? undefined : this.put(url, false));
  }

  /** A discovered party that does not answer is forgotten. */
  lose(url: string): void {
    const party = this.get(url);
    if (party === undefined) return;
    party.isOnline = false;
    this.versions.delete(url.toLowerCase());
    if (!party.isConfigured) this.parties.delete(url.toLowerCase());
  }
}
