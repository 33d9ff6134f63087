import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { DEFAULT_PRIVATE_STATE } from '../chain/chain.ts';
import { unknownPrivateState } from '../chain/errors.ts';

/** Name of the private state of nobody, on nodes with several: the state as a stranger to everything has it. */
export const EMPTY_PRIVATE_STATE = 'empty';

/** A group of parties that share a private state, as a manager lists it (`/groups/resident`). */
export interface ResidentGroup {
  readonly name: string;
  /** Private state identifier. */
  readonly psi: string;
  /** Base64 keys. */
  readonly members: readonly string[];
}

/** `PRIVATE_GROUPS_CLASH`: two groups have one identifier, or one member; the text is GoQuorum's. */
export type PrivateGroupsErrorCode = 'PRIVATE_GROUPS_CLASH';

/** Which private state a party belongs to, on a node with several (goquorum.md 5.1). */
export interface PrivateGroups {
  /** As the manager lists them. */
  readonly groups: readonly ResidentGroup[];
  /** All private states, that of nobody last. */
  readonly names: readonly string[];
  /** Private state of a party; undefined for a key of no group. */
  psiOf(key: string): string | undefined;
  /** Base64 keys of a private state; none for that of nobody. */
  members(psi: string): readonly string[];
  /** Whether one of these parties belongs to the private state. */
  includes(psi: string, keys: readonly string[]): boolean;
}

function clash(text: string, fields: Readonly<Record<string, unknown>>): IsoquorumError {
  return new IsoquorumError('PRIVATE_GROUPS_CLASH', text, fields, 'STOP');
}

/** @throws PRIVATE_GROUPS_CLASH */
export function createPrivateGroups(groups: readonly ResidentGroup[]): PrivateGroups {
  const byPsi = new Map<string, ResidentGroup>();
  const byKey = new Map<string, ResidentGroup>();
  for (const group of groups) {
    const same = byPsi.get(group.psi);
    if (same !== undefined || group.psi === EMPTY_PRIVATE_STATE) {
      const existing = same?.name ?? EMPTY_PRIVATE_STATE;
      const text = `privacy groups id clash id=${group.psi} existing.Name=${existing} duplicate.Name=${group.name}`;
      throw clash(text, { psi: group.psi });
    }
    byPsi.set(group.psi, group);
    for (const member of group.members) {
      const other = byKey.get(member);
      if (other !== undefined) {
        const text = `same address is part of two different groups: address=${member} existing.Name=${other.name} duplicate.Name=${group.name}`;
        throw clash(text, { member });
      }
      byKey.set(member, group);
    }
  }
  return {
    groups,
    names: [...byPsi.keys(), EMPTY_PRIVATE_STATE],
    psiOf: (key) => byKey.get(key)?.psi,
    members: (psi) => byPsi.get(psi)?.members ?? [],
    includes: (psi, keys) => keys.some((key) => byKey.get(key)?.psi === psi),
  };
}

/**
 * The private states that a node keeps. Without groups there is one, that everything is for which the manager has a payload.
 * @param psi the only one that is wanted
 * @throws UNKNOWN_PRIVATE_STATE
 */
export function privateStatesOf(
  config: ChainConfig,
  groups: PrivateGroups | undefined,
  psi: string | undefined,
): readonly string[] {
  if (psi === undefined) return groups?.names ?? [DEFAULT_PRIVATE_STATE];
  const isKnown = groups === undefined ? config.isMps || psi === DEFAULT_PRIVATE_STATE : groups.names.includes(psi);
  if (!isKnown) throw unknownPrivateState(psi, config.isMps);
  return [psi];
}
