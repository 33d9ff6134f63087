import { existsSync, readFileSync } from 'node:fs';

/** One difference from GoQuorum, Tessera or Ethereum that we make on purpose. */
export interface CompatibilityEntry {
  readonly code: string;
  /** The suites that it concerns. */
  readonly suites: readonly string[];
  /** Why, in a sentence. */
  readonly reason: string;
  /** JSON-RPC method or test family that the entry matches, when it is about one. */
  readonly method?: string;
  /** Regular expression over the JSON of the parameters. */
  readonly params?: string;
  /** Codes of our refusal that the entry explains. */
  readonly errorCodes?: readonly string[];
  /** Regular expression over our answer. */
  readonly pattern?: string;
  /** Regular expression over the text of the error that was recorded, or the JSON of the result: where ours answers and the original fails. */
  readonly recorded?: string;
  /** The rules under which the entry holds; under both unless told. */
  readonly rules?: 'strict' | 'goquorum';
  /** Both are results, and equal but for these members, at any depth. */
  readonly differsIn?: readonly string[];
  /** Our result has to hold all that was recorded; it may hold more. */
  readonly isSuperset?: boolean;
}

const file = new URL('../../docs/compatibility.json', import.meta.url);
let entries: readonly CompatibilityEntry[] | undefined;

/** All differences by design (docs/compatibility.json). */
export function compatibilityEntries(): readonly CompatibilityEntry[] {
  entries ??= existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as { readonly differences: readonly CompatibilityEntry[] }).differences
    : [];
  return entries;
}

/** @throws when docs/compatibility.json has no such entry: a suite may not call a difference one by design by itself */
export function compatibilityOf(code: string): CompatibilityEntry {
  const found = compatibilityEntries().find((entry) => entry.code === code);
  if (found === undefined) throw new Error(`docs/compatibility.json has no entry ${code}`);
  return found;
}
