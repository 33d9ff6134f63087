const lockName = 'isoquorum-leader';

/**
 * One tab of a browser is the participant: two would use one identity and one store at once. Resolves when this tab is the one.
 * @param onWaiting called when another tab is it; this one takes over when that one closes
 */
export async function becomeLeader(onWaiting: () => void): Promise<void> {
  const forever = new Promise<void>(() => undefined);
  const isFree = await new Promise<boolean>((resolve, reject) => {
    navigator.locks
      .request(lockName, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock === null ? undefined : forever;
      })
      .catch(reject);
  });
  if (isFree) return;
  onWaiting();
  await new Promise<void>((resolve, reject) => {
    navigator.locks
      .request(lockName, () => {
        resolve();
        return forever;
      })
      .catch(reject);
  });
}
