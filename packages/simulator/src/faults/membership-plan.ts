import type { Fault } from './fault.ts';

/** One change of those who decide, by the index of the node. */
export interface MembershipWish {
  readonly node: number;
  readonly isAdd: boolean;
}

/** The changes of those who decide, which the people behind the nodes want one after the other. */
export class MembershipPlan {
  private readonly wishes: readonly (MembershipWish & { readonly atMs: number })[];
  private granted = 0;

  /** @param validators how many decide at first: the newcomer comes behind them */
  constructor(faults: readonly Fault[], validators: number) {
    this.wishes = faults.flatMap((fault) =>
      fault.kind === 'membership' ? [{ atMs: fault.atMs, isAdd: fault.isAdd, node: fault.node ?? validators }] : [],
    );
  }

  /** What is wanted now, if anything. */
  due(elapsedMs: number): MembershipWish | undefined {
    const wish = this.wishes[this.granted];
    return wish !== undefined && wish.atMs <= elapsedMs ? wish : undefined;
  }

  /** What was due has come about, or cannot. */
  grant(): void {
    this.granted++;
  }
}

/** Whether a network has a node that is none of the first validators. */
export function hasNewcomer(faults: readonly Fault[]): boolean {
  return faults.some(({ kind }) => kind === 'membership');
}
