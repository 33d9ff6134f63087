/** @throws Error saying what is not as it should be */
export function expectThat(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** Whether two lists hold the same texts, in whatever order. */
export function sameSet(left: readonly string[], right: readonly string[]): boolean {
  return left.toSorted().join() === right.toSorted().join();
}
