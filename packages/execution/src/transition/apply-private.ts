import type { EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { withNeeds } from './needs.ts';
import { PrivateRun, resolutionOf, unresolvedInside } from './private-run.ts';
import type { AppliedPrivate, ApplyPrivateInput, Steps, TransitionOutcome } from './types.ts';

function* applyAll(input: ApplyPrivateInput): Steps<AppliedPrivate> {
  const run = new PrivateRun(input);
  for (const view of input.privateTransactions) yield* run.apply(view);
  return run.finish();
}

/** Digests without a resolution, each once: those of the block, and where these are known, those inside markers. */
function unresolvedDigests(input: ApplyPrivateInput): EncryptedPayloadHash[] {
  const digests = new Map<string, EncryptedPayloadHash>();
  for (const { digest } of input.privateTransactions) {
    if (resolutionOf(input, digest) === undefined) digests.set(bytesToBareHex(digest), digest);
  }
  for (const digest of unresolvedInside(input)) digests.set(bytesToBareHex(digest), digest);
  return [...digests.values()];
}

function* applyResolved(input: ApplyPrivateInput): Steps<TransitionOutcome<AppliedPrivate>> {
  const digests = unresolvedDigests(input);
  if (digests.length > 0) return { status: 'needs', needs: [{ type: 'payload', digests }] };
  return yield* withNeeds(applyAll(input));
}

/**
 * Executes the private transactions of a block for one private state, each on the public state as the transactions before
 * it left it (decision 2), those inside markers among them. Every payload has to be resolved; otherwise the outcome names the digests that
 * are not, some of which are found only while running (decision 3).
 * @throws PRIVACY_ENHANCEMENTS_DISABLED when a payload with a flag comes before its block, in no marker
 */
export function applyPrivate(input: ApplyPrivateInput): Steps<TransitionOutcome<AppliedPrivate>> {
  return applyResolved(input);
}
