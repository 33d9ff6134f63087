import type { Logger } from '@isoquorum/platform/logger';
import type { Store, StoreOperation } from '@isoquorum/platform/store';
import { EMPTY_PRIVATE_STATE } from '../private/private-groups.ts';
import { keptFromKey, keyToNumber, numberToKey, privateBranchKey, privateHeadKey } from './keys.ts';
import type { WriteQueue } from './write-queue.ts';

/**
 * A private state that is new here begins at the genesis and is executed from there, where the states of all blocks are kept. Where old ones are
 * pruned it begins as a copy of that of nobody at its head, as in GoQuorum always (goquorum.md 5.1): what blocks before hold for its
 * parties is left out.
 */
export async function branchPrivateStates(
  store: Store,
  writes: WriteQueue,
  logger: Logger,
  privateStates: readonly string[],
): Promise<void> {
  const keptFrom = store.getSync(keptFromKey);
  const nobodys = store.getSync(privateHeadKey(EMPTY_PRIVATE_STATE));
  if (keptFrom === undefined || keyToNumber(keptFrom) <= 1 || nobodys === undefined) return;
  const number = keyToNumber(nobodys);
  const operations: StoreOperation[] = [];
  for (const psi of privateStates) {
    if (psi === EMPTY_PRIVATE_STATE || store.getSync(privateHeadKey(psi)) !== undefined) continue;
    operations.push({ type: 'put', key: privateHeadKey(psi), value: nobodys });
    operations.push({ type: 'put', key: privateBranchKey(psi), value: numberToKey(number) });
    logger.log('warn', 'A private state is new, and old states are pruned: it begins as that of nobody', {
      psi,
      number,
    });
  }
  if (operations.length > 0) await writes.write(operations);
}
