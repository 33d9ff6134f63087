import type { Chance, Ratio } from '../core/chance.ts';
import { type Fault, type FaultKind, RULE_CHANGES, type RuleChange, type Span, TREASONS } from './fault.ts';

export interface DrawOptions {
  readonly kinds: readonly FaultKind[];
  readonly nodes: number;
  /** How many may be Byzantine at most: F. */
  readonly traitorsMax: number;
  /** How long things may go wrong. */
  readonly durationMs: number;
  readonly blockPeriodMs: number;
}

/** Light participants of a network at most. */
export const PAGES_MAX = 2;

const ratio = (numerator: number, denominator: number): Ratio => ({ numerator, denominator });
const half = ratio(1, 2);

function drawSpan(chance: Chance, durationMs: number, longestMs: number): Span {
  const lengthMs = chance.between(500, Math.max(500, Math.min(longestMs, durationMs)));
  const fromMs = chance.below(Math.max(1, durationMs - lengthMs));
  return { fromMs, untilMs: fromMs + lengthMs };
}

/** Some nodes, but neither none nor all. */
function drawSide(chance: Chance, nodes: number): readonly number[] {
  const all = Array.from({ length: nodes }, (_, index) => index);
  const side = chance.some(all, half);
  return side.length === 0 || side.length === nodes ? [chance.below(nodes)] : side;
}

const oneOrAll = (chance: Chance, nodes: number): number | undefined =>
  chance.hits(half) ? undefined : chance.below(nodes);

function drawKind(kind: FaultKind, chance: Chance, options: DrawOptions): Fault[] {
  const { nodes, durationMs } = options;
  const times = (most: number, make: () => Fault): Fault[] => Array.from({ length: chance.between(1, most) }, make);
  const frequent = Math.max(2, Math.round(durationMs / 6_000));
  switch (kind) {
    case 'loss':
      return times(3, () => ({
        kind,
        ...drawSpan(chance, durationMs, durationMs),
        node: oneOrAll(chance, nodes),
        ratio: chance.pick([ratio(1, 50), ratio(1, 20), ratio(1, 10), ratio(1, 5), ratio(1, 3)]),
      }));
    case 'delay':
      return times(3, () => ({
        kind,
        ...drawSpan(chance, durationMs, durationMs / 2),
        node: oneOrAll(chance, nodes),
        extraMsMax: chance.pick([50, 200, 800, 2_500]),
      }));
    case 'reorder':
      return times(2, () => ({
        kind,
        ...drawSpan(chance, durationMs, durationMs),
        ratio: chance.pick([ratio(1, 20), ratio(1, 5), ratio(1, 2)]),
        extraMsMax: chance.pick([20, 200, 1_500]),
      }));
    case 'duplicate':
      return times(2, () => ({
        kind,
        ...drawSpan(chance, durationMs, durationMs),
        ratio: chance.pick([ratio(1, 20), ratio(1, 5), ratio(1, 2)]),
      }));
    case 'partition':
      return times(frequent, () => ({
        kind,
        ...drawSpan(chance, durationMs, 12_000),
        side: drawSide(chance, nodes),
        isSilent: chance.hits(half),
      }));
    case 'oneway':
      return times(frequent, () => ({
        kind,
        ...drawSpan(chance, durationMs, 8_000),
        side: drawSide(chance, nodes),
      }));
    case 'crash':
    case 'torn':
      return times(frequent * 2, () => ({
        kind,
        node: chance.below(nodes),
        atMs: chance.below(durationMs),
        downMs: chance.between(100, chance.pick([500, 3_000, 10_000])),
        isAtWrite: chance.hits(ratio(2, 3)),
        cut: kind === 'torn' ? ('torn' as const) : chance.pick(['lost', 'kept'] as const),
      }));
    case 'slowdisk':
      return times(3, () => ({
        kind,
        ...drawSpan(chance, durationMs, durationMs / 2),
        node: chance.below(nodes),
        writeMs: chance.pick([20, 100, 400, 1_500]),
      }));
    case 'skew':
      return Array.from({ length: nodes }, (_, node) => ({ kind, node, skewMs: chance.between(-400, 400) }));
    case 'byzantine':
      return drawTraitors(chance, options);
    case 'pagecrash':
      return times(3, () => ({
        kind,
        page: chance.below(PAGES_MAX),
        atMs: chance.below(durationMs),
        downMs: chance.between(100, chance.pick([500, 3_000, 10_000])),
        cut: chance.pick(['lost', 'kept', 'torn'] as const),
      }));
    case 'pagecut':
      return times(3, () => ({ kind, ...drawSpan(chance, durationMs, 8_000), page: chance.below(PAGES_MAX) }));
    case 'membership':
      return drawMembership(chance, options);
    case 'transition':
      return drawTransitions(chance, options);
  }
}

/** The newcomer comes in, somebody goes, comes back, and so on: there are never fewer than at first, so that F stays what it was. */
function drawMembership(chance: Chance, { nodes, durationMs }: DrawOptions): Fault[] {
  const faults: Fault[] = [];
  let atMs = 0;
  let inside: readonly (number | undefined)[] = Array.from({ length: nodes }, (_, node) => node);
  let outside: number | undefined;
  for (let left = chance.between(1, 4); left > 0; left--) {
    atMs += chance.below(Math.max(1, Math.floor(durationMs / 3)));
    const isAdd = inside.length === nodes;
    const node = isAdd ? outside : chance.pick(inside);
    if (isAdd) inside = [...inside, node];
    else {
      inside = inside.filter((other) => other !== node);
      outside = node;
    }
    faults.push({ kind: 'membership', atMs, node, isAdd });
  }
  return faults;
}

function drawTransitions(chance: Chance, { durationMs, blockPeriodMs }: DrawOptions): Fault[] {
  const blocks = Math.max(1, Math.floor(durationMs / blockPeriodMs) - 2);
  return chance
    .some<RuleChange>(RULE_CHANGES, half)
    .map((change) => ({ kind: 'transition', block: 2 + chance.below(blocks), change }));
}

function drawTraitors(chance: Chance, { nodes, traitorsMax }: DrawOptions): Fault[] {
  const left = Array.from({ length: nodes }, (_, index) => index);
  return Array.from({ length: traitorsMax }, () => {
    const [node = 0] = left.splice(chance.below(left.length), 1);
    const treasons = chance.some(TREASONS, half);
    return { kind: 'byzantine', node, treasons: treasons.length === 0 ? ['equivocate'] : treasons };
  });
}

/** What goes wrong in one run: each kind asked for is there with a probability of 3/4, in a strength of its own. */
export function drawFaults(chance: Chance, options: DrawOptions): readonly Fault[] {
  const present = options.kinds.length === 1 ? ratio(1, 1) : ratio(3, 4);
  return options.kinds.flatMap((kind) => {
    const own = chance.fork(kind);
    return own.hits(present) ? drawKind(kind, own, options) : [];
  });
}
