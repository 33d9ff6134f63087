/** Waits until `check` holds, asking again after each turn of the event loop; gives up after `turns`. */
export async function waitFor(check: () => boolean, what: string, turns = 4000): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    if (check()) return;
    await new Promise((resolve) => setTimeout(resolve, turn < 50 ? 0 : 2));
  }
  throw new Error(`waited in vain for: ${what}`);
}
