/** A probability as a fraction of whole numbers: printed exactly, and the same on every machine. */
export interface Ratio {
  readonly numerator: number;
  readonly denominator: number;
}

/** `1/20`. */
export function describeRatio({ numerator, denominator }: Ratio): string {
  return `${numerator}/${denominator}`;
}

/** The simulator's only source of chance: equal seeds and labels give equal draws, in whole numbers throughout. */
export interface Chance {
  /** Whole number in [0, limit). */
  below(limit: number): number;
  /** Whole number in [least, most]. */
  between(least: number, most: number): number;
  hits(ratio: Ratio): boolean;
  pick<T>(items: readonly [T, ...T[]] | readonly T[]): T;
  /** Each item with the given probability, in order. */
  some<T>(items: readonly T[], ratio: Ratio): T[];
  bytes(length: number): Uint8Array;
  /** An own stream that depends on seed and label alone, so that one consumer's draws never move another's. */
  fork(label: string): Chance;
}

/** 32-bit FNV-1a over UTF-16 units. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** The sfc32 generator (Chris Doty-Humphrey, PractRand): 32-bit whole numbers only. */
function createStream(seeds: readonly [number, number, number]): () => number {
  let [a, b, c] = seeds;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  for (let warmUp = 0; warmUp < 12; warmUp++) next();
  return next;
}

function createLabelled(seed: number, label: string): Chance {
  const next = createStream([hashText(label) | 0, seed | 0, Math.floor(seed / 0x1_0000_0000) | 0]);
  const below = (limit: number): number => next() % limit;
  return {
    below,
    between: (least, most) => least + below(most - least + 1),
    hits: ({ numerator, denominator }) => below(denominator) < numerator,
    pick: (items) => items[below(items.length)] as never,
    some: (items, { numerator, denominator }) => items.filter(() => below(denominator) < numerator),
    bytes: (length) => Uint8Array.from({ length }, () => next() & 0xff),
    fork: (name) => createLabelled(seed, `${label}/${name}`),
  };
}

/** @param seed whole number from 0 to 2^53 - 1 */
export function createChance(seed: number): Chance {
  return createLabelled(seed, 'seed');
}
