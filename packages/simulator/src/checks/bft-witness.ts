import type { Address } from '@isoquorum/primitives/bytes';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import type { Report, Witness } from '../machines/replica.ts';
import type { BftView, SignedClaim } from './bft-view.ts';

/** How one block is decided. */
export interface HeightRules {
  /** In the order in which they propose. */
  readonly validators: readonly Address[];
  /** The same as keys. */
  readonly known: ReadonlySet<string>;
  readonly quorum: number;
  /** Whether ROUND-CHANGEs and proposals after round 0 carry certificates (QBFT). */
  readonly isJustified: boolean;
}

/** The rules that the checker goes by, stated once more and apart from the product. */
export interface BftWitnessRules {
  /** Of the nodes, by index. */
  readonly addresses: readonly Address[];
  /** The first block that is decided by these protocols. */
  readonly firstBlock: number;
  /** Of a height; undefined while the block before it has not been seen. */
  rulesAt(height: number): HeightRules | undefined;
  /** The message in a frame; undefined for garbage. */
  read(frame: Uint8Array): BftView | undefined;
  /** Takes note of a block before the first. */
  learn(number: number, block: Uint8Array): void;
  /** Checks a block that became a correct node's head: seals of a quorum, by the rules; knows it from then on. @throws what is wrong */
  verifyBlock(number: number, block: Uint8Array): void;
  /** Who made a block, and who sealed it. */
  authorOf(block: Uint8Array): Address;
  sealersOf(block: Uint8Array): readonly Address[];
}

type Counts = Map<string, Set<string>>;

function count(counts: Counts, key: string, signer: string): number {
  const signers = counts.get(key) ?? new Set();
  counts.set(key, signers);
  signers.add(signer);
  return signers.size;
}

/** How many heights below the highest are kept. */
const heightsKept = 4;

/** Hears every message of a BFT network and says when a correct node breaks a rule of the protocol. */
export class BftWitness implements Witness {
  private readonly rules: BftWitnessRules;
  private readonly report: Report;
  /** What each correct node signed, by node, kind and view. */
  private readonly signed = new Map<number, Map<string, string>>();
  /** Signers of PREPAREs and COMMITs by view and digest; of proposals; of ROUND-CHANGEs. */
  private readonly prepares = new Map<number, Counts>();
  private readonly commits = new Map<number, Counts>();
  private readonly proposals = new Map<number, Set<string>>();
  private readonly changes = new Map<number, Counts>();
  /** The last COMMIT of each correct node, by height. */
  private readonly locks = new Map<
    number,
    Map<number, { readonly round: number; readonly digest: string | undefined }>
  >();
  private readonly sealed = new Map<number, string>();
  private readonly authors = new Map<number, Address>();
  private readonly verified = new Set<string>();
  private readonly seen = new WeakSet<Uint8Array>();
  /** Messages for a height of which nobody can tell yet who decides it. */
  private early: { readonly from: number; readonly view: BftView; readonly isTraitor: boolean }[] = [];
  private highest: number;

  private readonly traitors: ReadonlySet<string>;

  /** @param traitors nodes that are, by index */
  constructor(rules: BftWitnessRules, report: Report, traitors: ReadonlySet<number>) {
    this.rules = rules;
    this.traitors = new Set([...traitors].map((index) => bytesToBareHex(rules.addresses[index] as Address)));
    this.report = report;
    this.highest = rules.firstBlock - 1;
  }

  said(from: number, frame: Uint8Array, isTraitor: boolean): void {
    if (this.seen.has(frame)) return;
    this.seen.add(frame);
    const view = this.rules.read(frame);
    if (view === undefined || view.height > this.highest + 2 || view.height <= this.highest - heightsKept) return;
    this.hear(from, view, isTraitor);
  }

  private hear(from: number, view: BftView, isTraitor: boolean): void {
    const rules = this.rules.rulesAt(view.height);
    if (rules === undefined) {
      this.early.push({ from, view, isTraitor });
      return;
    }
    const signer = view.signer && bytesToBareHex(view.signer);
    if (signer === undefined || !rules.known.has(signer)) return;
    // What a node passes on for others was checked when they said it; what a traitor says is taken note of only.
    const isOwn = !isTraitor && signer === this.keyOf(from);
    if (isOwn) this.checkSignedOnce(from, view);
    this.note(view, signer);
    if (!isOwn) return;
    if (view.type === 'prePrepare') this.checkProposal(from, view);
    else if (view.type === 'prepare') this.checkPrepare(from, view);
    else if (view.type === 'commit') this.checkCommit(from, view);
    else this.checkRoundChange(from, view);
  }

  head(node: number, number: number, hash: string, block: Uint8Array, isTraitor: boolean): void {
    if (isTraitor || this.verified.has(hash)) return;
    this.verified.add(hash);
    if (number < this.rules.firstBlock) {
      this.rules.learn(number, block);
      return;
    }
    const rules = this.rules.rulesAt(number);
    if (rules === undefined) {
      this.report(`node ${node} has block ${number}, and nobody the one before it`);
      return;
    }
    try {
      this.rules.verifyBlock(number, block);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.report(`node ${node} has an invalid block ${number}: ${reason}`);
    }
    if (!this.isDecided(rules, number, hash, block))
      this.report(`node ${node} has block ${number} without a quorum of COMMITs in one round`);
    if (!this.authors.has(number)) this.authors.set(number, this.rules.authorOf(block));
    if (number <= this.highest) return;
    this.highest = number;
    const old = number - heightsKept;
    for (const map of [this.prepares, this.commits, this.proposals, this.changes, this.locks, this.signed])
      map.delete(old);
    const { early } = this;
    this.early = [];
    for (const { from, view, isTraitor } of early) this.hear(from, view, isTraitor);
  }

  /** What is heard is of heights that are known. */
  private at(height: number): HeightRules {
    return this.rules.rulesAt(height) as HeightRules;
  }

  private keyOf(node: number): string {
    return bytesToBareHex(this.rules.addresses[node] as Address);
  }

  private note(view: BftView, signer: string): void {
    const { height, round, digest } = view;
    if (view.type === 'roundChange') {
      const counts: Counts = this.changes.get(height) ?? new Map();
      this.changes.set(height, counts);
      count(counts, `${round}`, signer);
    } else if (view.type === 'prePrepare') {
      const proposals = this.proposals.get(height) ?? new Set();
      this.proposals.set(height, proposals);
      // In IBFT nobody can see whether a proposer had the ROUND-CHANGEs that it needs.
      if (!this.at(height).isJustified || this.flawOf(view) === undefined)
        proposals.add(`${round} ${digest} ${signer}`);
    } else if (view.type === 'prepare') this.countVote(this.prepares, view, signer);
    else if (view.type === 'commit' && this.countVote(this.commits, view, signer) >= this.at(height).quorum)
      this.checkSealedOnce(height, digest ?? '');
  }

  private countVote(votes: Map<number, Counts>, { height, round, digest }: SignedClaim, signer: string): number {
    const counts: Counts = votes.get(height) ?? new Map();
    votes.set(height, counts);
    return count(counts, `${round} ${digest}`, signer);
  }

  /** Correct validators whose seals a block carries all committed to it in one round. What a traitor says to itself nobody hears. */
  private isDecided({ known }: HeightRules, height: number, digest: string, block: Uint8Array): boolean {
    const sealers = this.rules.sealersOf(block).map(bytesToBareHex);
    const correct = sealers.filter((sealer) => !this.traitors.has(sealer));
    // A validator alone says nothing to anybody.
    if (known.size === 1) return true;
    const commits = [...(this.commits.get(height) ?? [])].filter(([key]) => key.endsWith(` ${digest}`));
    return commits.some(([, signers]) => correct.every((sealer) => signers.has(sealer)));
  }

  /** No two different blocks with enough seals at one height, whether or not anybody has put them together. */
  private checkSealedOnce(height: number, digest: string): void {
    const other = this.sealed.get(height);
    if (other === undefined) this.sealed.set(height, digest);
    else if (other !== digest) this.report(`two different blocks with enough seals at height ${height}`);
  }

  private checkSignedOnce(node: number, view: BftView): void {
    const { type, height, round, digest, preparedRound } = view;
    const key = `${node} ${type} ${round}`;
    const what = type === 'roundChange' ? `${preparedRound} ${digest}` : `${digest}`;
    const signed = this.signed.get(height) ?? new Map<string, string>();
    this.signed.set(height, signed);
    const before = signed.get(key);
    if (before !== undefined && before !== what)
      this.report(`node ${node} signed two different ${type}s at height ${height}, round ${round}`);
    signed.set(key, what);
  }

  private proposerAt(height: number, round: number): string | undefined {
    const { validators } = this.at(height);
    if (height === 1) return bytesToBareHex(validators[round % validators.length] as Address);
    const author = this.authors.get(height - 1);
    if (author === undefined) return undefined;
    const last = bytesToBareHex(author);
    const index = validators.findIndex((validator) => bytesToBareHex(validator) === last);
    return bytesToBareHex(validators[(Math.max(index, 0) + round + 1) % validators.length] as Address);
  }

  private checkProposal(node: number, view: BftView): void {
    const { height, round } = view;
    const proposer = this.proposerAt(height, round);
    if (proposer !== undefined && proposer !== this.keyOf(node))
      this.report(`node ${node} proposed out of turn at height ${height}, round ${round}`);
    const flaw = this.flawOf(view);
    if (flaw !== undefined) this.report(`node ${node} proposed at height ${height}, round ${round} ${flaw}`);
  }

  /** What is wrong with the justification of a proposal. */
  private flawOf({ height, round, digest, roundChanges, prepares }: BftView): string | undefined {
    if (round === 0) return undefined;
    const { isJustified, quorum } = this.at(height);
    if (!isJustified) {
      const asked = this.changes.get(height)?.get(`${round}`)?.size ?? 0;
      return asked < quorum ? 'without a quorum of ROUND-CHANGEs' : undefined;
    }
    const changes = this.distinct(
      height,
      roundChanges.filter((claim) => claim.height === height && claim.round === round),
    );
    if (changes.length < quorum) return 'without a quorum of ROUND-CHANGEs';
    const [first] = prepares;
    // Claims above the certificate that is shown are not needed for the quorum: their makers may be lying.
    const free = changes.filter(({ preparedRound }) => preparedRound === undefined);
    if (first === undefined) return free.length < quorum ? 'as if nothing were prepared' : undefined;
    const below = changes.filter(({ preparedRound }) => preparedRound === undefined || preparedRound <= first.round);
    if (below.length < quorum || first.round >= round) return 'below what was prepared';
    if (!this.isCertificate(prepares, height, digest)) return 'with a bad certificate';
    const isClaimed = below.some((claim) => claim.preparedRound === first.round && claim.digest === digest);
    return isClaimed ? undefined : 'that nobody claims to have prepared';
  }

  private checkPrepare(node: number, { height, round, digest }: BftView): void {
    this.checkLock(node, height, round, digest);
    const proposer = this.proposerAt(height, round);
    // Its own proposal may not have been heard yet: it leaves when somebody is connected.
    if (proposer === undefined || proposer === this.keyOf(node)) return;
    if (this.proposals.get(height)?.has(`${round} ${digest} ${proposer}`) === true) return;
    this.report(`node ${node} prepared what the proposer did not rightly propose, at height ${height}, round ${round}`);
  }

  /** IBFT: who committed to a block votes for another only after a quorum voted for another in a later round. */
  private checkLock(node: number, height: number, round: number, digest: string | undefined): void {
    const lock = this.locks.get(height)?.get(node);
    const { isJustified, quorum } = this.at(height);
    if (isJustified || lock === undefined || lock.digest === digest || lock.round >= round) return;
    const votes = [...(this.prepares.get(height)?.keys() ?? []), ...(this.commits.get(height)?.keys() ?? [])];
    const isReleased = votes.some((key) => {
      const [voted = '', other = ''] = key.split(' ');
      const isLater = Number(voted) > lock.round && Number(voted) <= round && other !== lock.digest;
      return isLater && this.supportOf(height, Number(voted), other) >= quorum;
    });
    if (!isReleased) this.report(`node ${node} prepared against its lock at height ${height}, round ${round}`);
  }

  private checkCommit(node: number, { height, round, digest }: BftView): void {
    const locks = this.locks.get(height) ?? new Map<number, { round: number; digest: string | undefined }>();
    this.locks.set(height, locks.set(node, { round, digest }));
    const support = this.supportOf(height, round, digest);
    const { isJustified, quorum } = this.at(height);
    // Who is locked on a block in IBFT commits to it at once in a later round.
    const isLocked = (): boolean =>
      !isJustified &&
      Array.from({ length: round }, (_, earlier) => this.supportOf(height, earlier, digest)).some(
        (votes) => votes >= quorum,
      );
    if (support < quorum && !isLocked())
      this.report(`node ${node} committed with ${support} PREPAREs at height ${height}, round ${round}`);
  }

  /** Distinct validators that said PREPARE; in IBFT a COMMIT counts as well. */
  private supportOf(height: number, round: number, digest: string | undefined): number {
    const key = `${round} ${digest}`;
    const prepares = this.prepares.get(height)?.get(key) ?? new Set<string>();
    if (this.at(height).isJustified) return prepares.size;
    return new Set([...prepares, ...(this.commits.get(height)?.get(key) ?? [])]).size;
  }

  private checkRoundChange(node: number, view: BftView): void {
    const { height, round, digest, preparedRound } = view;
    if (preparedRound === undefined || !this.at(height).isJustified) return;
    if (preparedRound < round && this.isCertificate(view.prepares, height, digest)) return;
    this.report(`node ${node} asked for round ${round} at height ${height} with a bad certificate`);
  }

  private distinct(height: number, claims: readonly SignedClaim[]): readonly SignedClaim[] {
    const bySigner = new Map<string, SignedClaim>();
    for (const claim of claims) {
      const signer = claim.signer && bytesToBareHex(claim.signer);
      if (signer !== undefined && this.at(height).known.has(signer)) bySigner.set(signer, claim);
    }
    return [...bySigner.values()];
  }

  private isCertificate(prepares: readonly SignedClaim[], height: number, digest: string | undefined): boolean {
    const [first] = prepares;
    const alike = prepares.filter(
      (claim) => claim.height === height && claim.round === first?.round && claim.digest === digest,
    );
    return this.distinct(height, alike).length >= this.at(height).quorum;
  }
}
