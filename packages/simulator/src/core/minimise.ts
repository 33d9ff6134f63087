/**
 * The smallest part of a list that still fails, by delta debugging (Zeller, Hildebrandt 2002): halves, then quarters … are left out as long as
 * the rest fails.
 * @param fails asked at most `attemptsMax` times
 */
export async function minimise<T>(
  items: readonly T[],
  fails: (rest: readonly T[]) => boolean | Promise<boolean>,
  attemptsMax = 200,
): Promise<readonly T[]> {
  let current = items;
  let parts = 2;
  let attempts = 0;
  while (current.length > 0) {
    const size = Math.ceil(current.length / parts);
    let reduced: readonly T[] | undefined;
    for (let start = 0; start < current.length && attempts < attemptsMax; start += size) {
      const rest = [...current.slice(0, start), ...current.slice(start + size)];
      attempts++;
      if (!(await fails(rest))) continue;
      reduced = rest;
      break;
    }
    if (reduced !== undefined) {
      current = reduced;
      parts = Math.max(parts - 1, 2);
    } else if (size <= 1 || attempts >= attemptsMax) break;
    else parts = Math.min(parts * 2, current.length);
  }
  return current;
}
