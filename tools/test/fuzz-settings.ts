/** Seed of `npm test`, so that it comes to the same end each time. */
const fixedSeed = 1;

/** How the cases of properties (fast-check) are drawn. */
export interface FuzzSettings {
  /** What all of them are drawn from: 32 bits with sign. */
  readonly seed: number;
  /** Cases of each property of the project `fuzz`; undefined where each takes its own few. */
  readonly runs: number | undefined;
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || value < least || value > most)
    throw new Error(`${name}: expected a whole number from ${least} to ${most}, found ${JSON.stringify(text)}`);
  return value;
}

/**
 * Reads `FUZZ_SEED` and `FUZZ_RUNS`.
 * @param otherwise what is taken where the environment says nothing
 * @throws Error where it says what is no such number
 */
export function readFuzzSettings(
  environment: Readonly<Record<string, string | undefined>>,
  otherwise: FuzzSettings = { seed: fixedSeed, runs: undefined },
): FuzzSettings {
  const { FUZZ_SEED: seed, FUZZ_RUNS: runs } = environment;
  return {
    seed: seed === undefined ? otherwise.seed : wholeNumber('FUZZ_SEED', seed, -(2 ** 31), 2 ** 31 - 1),
    runs: runs === undefined ? otherwise.runs : wholeNumber('FUZZ_RUNS', runs, 1, 2 ** 31 - 1),
  };
}

/** The variables that {@link readFuzzSettings} reads the same settings from. */
export function fuzzEnvironment({ seed, runs }: FuzzSettings): Readonly<Record<string, string>> {
  return { FUZZ_SEED: String(seed), ...(runs === undefined ? {} : { FUZZ_RUNS: String(runs) }) };
}

/** The same as a shell takes them, before a command. */
export function fuzzAssignments(settings: FuzzSettings): string {
  return Object.entries(fuzzEnvironment(settings))
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

/** Milliseconds that a test of properties may take: against one that hangs, never against a slow machine. */
export function fuzzTimeoutMs({ runs }: FuzzSettings): number {
  return 600_000 + (runs ?? 0) * 100;
}
