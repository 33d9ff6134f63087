import type { Report } from '../machines/replica.ts';

/** Private states are equal among the parties to the same transactions at the same block. */
export class PrivateCheck {
  private readonly report: Report;
  /** Root and who had it first, by group and block. */
  private readonly roots = new Map<string, { readonly root: string; readonly who: string }>();
  private readonly heads = new Map<number, number>();

  constructor(report: Report) {
    this.report = report;
  }

  /** @param group nodes that are parties to the same */
  head(node: number, group: string, number: number, hash: string, root: string): void {
    const before = this.heads.get(node);
    if (before !== undefined && number > before + 1)
      this.report(`the private head of node ${node} went from block ${before} to ${number}`);
    this.heads.set(node, number);
    this.compare(`node ${node}`, group, number, hash, root);
  }

  /** @param who shows this root after a block */
  compare(who: string, group: string, number: number, hash: string, root: string): void {
    const key = `${group} ${hash}`;
    const known = this.roots.get(key);
    if (known === undefined) this.roots.set(key, { root, who });
    else if (known.root !== root)
      this.report(`${known.who} and ${who} have different private states after block ${number}`);
  }

  /** A late payload, a reorganisation or a restart: the head is lower now. */
  rewind(node: number, number: number): void {
    this.heads.set(node, Math.min(number, this.heads.get(node) ?? number));
  }

  /** @param isFinal blocks are: what was executed once is not lost */
  restart(node: number, number: number, isFinal: boolean): void {
    const before = this.heads.get(node) ?? 0;
    if (isFinal && number < before)
      this.report(`node ${node} lost private blocks ${number + 1} to ${before} at a restart`);
    this.heads.set(node, number);
  }
}
