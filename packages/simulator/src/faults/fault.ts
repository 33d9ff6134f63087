import { IsoquorumError } from '@isoquorum/primitives/errors';
import { describeRatio, type Ratio } from '../core/chance.ts';
import type { PowerCut } from '../core/disk.ts';

/** What `--faults` takes; `all` and `none` besides. */
export const FAULT_KINDS = [
  'loss',
  'delay',
  'reorder',
  'duplicate',
  'partition',
  'oneway',
  'crash',
  'torn',
  'slowdisk',
  'skew',
  'byzantine',
  'pagecrash',
  'pagecut',
  'membership',
  'transition',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** Ways in which a Byzantine validator breaks the rules. */
export const TREASONS = [
  'equivocate',
  'withhold',
  'stale',
  'echo',
  'forgedCertificate',
  'invalidBlock',
  'forgedValidators',
  'strangerVote',
  'strangers',
  'outOfTurn',
  'badSeal',
  'garbage',
] as const;

export type Treason = (typeof TREASONS)[number];

/** A stretch of time, in milliseconds after the start. */
export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Rules that a chain may change at a block: the period, that of empty blocks, the algorithm, and where validators come from. */
export const RULE_CHANGES = ['period', 'emptyPeriod', 'qbft', 'contract'] as const;

export type RuleChange = (typeof RULE_CHANGES)[number];

/** One thing that goes wrong, or changes while other things do. Faults are independent of each other, so that any of them can be left out when a failure is shrunk. */
export type Fault =
  /** Messages to and from `node` (all, if undefined) are lost. */
  | (Span & { readonly kind: 'loss'; readonly node: number | undefined; readonly ratio: Ratio })
  /** Every message takes up to so much longer. */
  | (Span & { readonly kind: 'delay'; readonly node: number | undefined; readonly extraMsMax: number })
  /** Some messages take up to so much longer, so that others overtake them. */
  | (Span & { readonly kind: 'reorder'; readonly ratio: Ratio; readonly extraMsMax: number })
  | (Span & { readonly kind: 'duplicate'; readonly ratio: Ratio })
  /** Those in `side` and the others do not hear each other; `isSilent`: nobody notices, else connections break and come back. */
  | (Span & { readonly kind: 'partition'; readonly side: readonly number[]; readonly isSilent: boolean })
  /** Those in `side` are not heard by the others, but hear them. */
  | (Span & { readonly kind: 'oneway'; readonly side: readonly number[] })
  /** The node dies at its first write after `atMs` (`isAtWrite`), or then, and is back after `downMs`. */
  | {
      readonly kind: 'crash' | 'torn';
      readonly node: number;
      readonly atMs: number;
      readonly downMs: number;
      readonly isAtWrite: boolean;
      readonly cut: PowerCut;
    }
  | (Span & { readonly kind: 'slowdisk'; readonly node: number; readonly writeMs: number })
  /** The node's clock is ahead (or behind) by so much, always. */
  | { readonly kind: 'skew'; readonly node: number; readonly skewMs: number }
  /** The node is a traitor, from the beginning to the end. */
  | { readonly kind: 'byzantine'; readonly node: number; readonly treasons: readonly Treason[] }
  /** A light participant dies with its page, and is opened again after `downMs`. */
  | {
      readonly kind: 'pagecrash';
      readonly page: number;
      readonly atMs: number;
      readonly downMs: number;
      readonly cut: PowerCut;
    }
  /** A light participant reaches nobody. */
  | (Span & { readonly kind: 'pagecut'; readonly page: number })
  /** From then on all correct nodes want `node` (undefined: the newcomer, which is none of the first) among those who decide, or out. */
  | { readonly kind: 'membership'; readonly atMs: number; readonly node: number | undefined; readonly isAdd: boolean }
  /** The genesis says that a rule changes at a block. */
  | { readonly kind: 'transition'; readonly block: number; readonly change: RuleChange };

/** Reads `loss,crash`, `all`, `none` or nothing. @throws FAULT_UNKNOWN */
export function parseFaultKinds(text: string): readonly FaultKind[] {
  const words = text.split(',').map((word) => word.trim());
  if (words.length === 1 && (words[0] === 'none' || words[0] === '')) return [];
  if (words.includes('all')) return FAULT_KINDS;
  return words.map((word) => {
    const kind = FAULT_KINDS.find((known) => known === word);
    if (kind === undefined) {
      const message = `"${word}" is no fault: all, none, or some of ${FAULT_KINDS.join(', ')}`;
      throw new IsoquorumError('FAULT_UNKNOWN', message, { word });
    }
    return kind;
  });
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const span = ({ fromMs, untilMs }: Span): string => `${seconds(fromMs)} to ${seconds(untilMs)}`;
const whose = (node: number | undefined): string => (node === undefined ? 'all' : `node ${node}`);

/** One line for people. */
export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case 'loss':
      return `loss ${span(fault)}: ${describeRatio(fault.ratio)} of the messages of ${whose(fault.node)}`;
    case 'delay':
      return `delay ${span(fault)}: up to ${fault.extraMsMax} ms for the messages of ${whose(fault.node)}`;
    case 'reorder':
      return `reorder ${span(fault)}: ${describeRatio(fault.ratio)} of all messages up to ${fault.extraMsMax} ms later`;
    case 'duplicate':
      return `duplicate ${span(fault)}: ${describeRatio(fault.ratio)} of all messages`;
    case 'partition':
      return `partition ${span(fault)}: {${fault.side.join(' ')}} apart${fault.isSilent ? ', silently' : ''}`;
    case 'oneway':
      return `oneway ${span(fault)}: {${fault.side.join(' ')}} unheard`;
    case 'crash':
    case 'torn': {
      const when = fault.isAtWrite ? `at its first write after ${seconds(fault.atMs)}` : `at ${seconds(fault.atMs)}`;
      return `${fault.kind}: node ${fault.node} ${when}, back after ${seconds(fault.downMs)}, pending writes ${fault.cut}`;
    }
    case 'slowdisk':
      return `slowdisk ${span(fault)}: node ${fault.node} takes ${fault.writeMs} ms for a write`;
    case 'skew':
      return `skew: the clock of node ${fault.node} is off by ${fault.skewMs} ms`;
    case 'byzantine':
      return `byzantine: node ${fault.node} (${fault.treasons.join(', ')})`;
    case 'pagecrash':
      return `pagecrash: page ${fault.page} at ${seconds(fault.atMs)}, back after ${seconds(fault.downMs)}, pending writes ${fault.cut}`;
    case 'pagecut':
      return `pagecut ${span(fault)}: page ${fault.page} reaches nobody`;
    case 'membership': {
      const who = fault.node === undefined ? 'the newcomer' : `node ${fault.node}`;
      return `membership: from ${seconds(fault.atMs)} on ${who} is wanted ${fault.isAdd ? 'in' : 'out'}`;
    }
    case 'transition':
      return `transition: ${fault.change} at block ${fault.block}`;
  }
}
