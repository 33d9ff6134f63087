import type { Store } from '@isoquorum/platform/store';
import { IsoquorumError, isIsoquorumError } from '@isoquorum/primitives/errors';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';
import type { Q2tClient } from '@isoquorum/rpc/rest/q2t';
import { privateGroupsKey } from '../chain/keys.ts';
import { createPrivateGroups, type PrivateGroups, type ResidentGroup } from './private-groups.ts';

/** `MANAGER_WITHOUT_PRIVATE_STATES`: the chain has several private states, the manager's version knows of none. */
export type OpenPrivateGroupsErrorCode = 'MANAGER_WITHOUT_PRIVATE_STATES';

async function askManager(manager: Q2tClient): Promise<readonly ResidentGroup[]> {
  if (!(await manager.features()).multiplePrivateStates) {
    const text =
      'cannot instantiate MultiplePrivateStateManager while the transaction manager does not support multiple private states';
    throw new IsoquorumError('MANAGER_WITHOUT_PRIVATE_STATES', text, {}, 'STOP');
  }
  return manager.residentGroups();
}

/**
 * The groups of parties of a chain with several private states: as the manager lists them, or while it cannot be asked as it listed them when
 * the node was started last. Undefined on other chains.
 * @throws PRIVATE_GROUPS_CLASH, MANAGER_WITHOUT_PRIVATE_STATES, MANAGER_UNREACHABLE at the first start
 */
export async function openPrivateGroups(
  config: ChainConfig,
  store: Store,
  manager: Q2tClient | undefined,
): Promise<PrivateGroups | undefined> {
  if (!config.isMps) return undefined;
  if (manager === undefined) return createPrivateGroups([]);
  try {
    const groups = createPrivateGroups(await askManager(manager));
    const listed = groups.names.map((psi) => ({ name: psi, psi, members: groups.members(psi) }));
    const value = utf8ToBytes(JSON.stringify(listed.slice(0, -1)));
    await store.batch([{ type: 'put', key: privateGroupsKey, value }]);
    return groups;
  } catch (error) {
    const kept = await store.get(privateGroupsKey);
    if (kept === undefined || !isIsoquorumError(error, 'MANAGER_UNREACHABLE')) throw error;
    return createPrivateGroups(JSON.parse(bytesToUtf8(kept)) as readonly ResidentGroup[]);
  }
}
