import type { DirectoryEntryView } from '@isoquorum/participant/participant-view';

/** For whom a transaction is: everyone, or this page and the chosen parties. */
export type Audience = { readonly kind: 'public' } | { readonly kind: 'private'; readonly parties: readonly string[] };

export interface PartyOption {
  readonly entry: DirectoryEntryView;
  readonly badge: string;
  readonly tone: 'good' | 'stale' | 'bad';
  readonly route: string;
  /** Why this party cannot be chosen now. */
  readonly blocked: string | undefined;
}

const ROUTES: Readonly<Record<DirectoryEntryView['route'], string>> = {
  direct: 'straight to its page, by WebRTC',
  home: 'sealed, through homes and managers',
  none: 'no way to reach it now',
};

/** The parties that can be named, nodes first, own key left out. */
export function partyOptions(
  directory: readonly DirectoryEntryView[],
  ownKey: string | undefined,
): readonly PartyOption[] {
  return directory
    .filter((entry) => entry.enclaveKey !== ownKey)
    .toSorted((left, right) =>
      left.kind === right.kind ? left.name.localeCompare(right.name) : left.kind === 'node' ? -1 : 1,
    )
    .map((entry) => ({
      entry,
      badge: entry.trust === 'verified' ? 'statement verified' : entry.trust === 'unsigned' ? 'unsigned' : 'conflict',
      tone: entry.trust === 'verified' ? 'good' : entry.trust === 'unsigned' ? 'stale' : 'bad',
      route: ROUTES[entry.route],
      blocked:
        entry.trust === 'conflict'
          ? 'Two signed statements disagree about this key. Nothing is sent to it until that is settled.'
          : undefined,
    }));
}

/** The part of a transaction object that says for whom it is. */
export function audienceArguments(
  audience: Audience,
  ownKey: string | undefined,
): { privateFor?: readonly string[]; privateFrom?: string } {
  if (audience.kind === 'public') return {};
  return { privateFor: audience.parties, ...(ownKey === undefined ? {} : { privateFrom: ownKey }) };
}

/** Who will be able to read it, as one sentence. */
export function audienceText(audience: Audience, nameOf: (key: string) => string): string {
  if (audience.kind === 'public') return 'Everyone on the network will be able to read this.';
  if (audience.parties.length === 0) return 'Only this page will be able to read this.';
  return `Only this page and ${audience.parties.map(nameOf).join(', ')} will be able to read this.`;
}
