import type { EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToBareHex, isZeroBytes } from '@isoquorum/primitives/hex';
import type { Receipt } from '@isoquorum/primitives/receipt';
import type { EvmBlock, EvmRunOptions } from '../evm/port.ts';
import { State } from '../state/state.ts';
import { createTrieReader } from '../state/trie-reader.ts';
import { TrieUpdater } from '../state/update-tries.ts';
import { createEvmBlock } from './block-environment.ts';
import { withNeeds } from './needs.ts';
import { applyPrivateMessage } from './private-message.ts';
import { createReceipt, receiptsBloom } from './receipts.ts';
import type {
  AppliedPrivate,
  ApplyPrivateInput,
  PayloadResolution,
  PayloadResolutions,
  PrivateTransactionView,
  Steps,
  TransitionOutcome,
} from './types.ts';

/** What is known of a digest; the all-zero one is nobody's. */
function resolutionOf(resolutions: PayloadResolutions, digest: EncryptedPayloadHash): PayloadResolution | undefined {
  return isZeroBytes(digest) ? { type: 'notParty' } : resolutions.get(bytesToBareHex(digest));
}

/** Digests without a resolution, each once. */
export function unresolvedDigests(
  privateTransactions: readonly Pick<PrivateTransactionView, 'digest'>[],
  resolutions: PayloadResolutions,
): EncryptedPayloadHash[] {
  const digests = new Map<string, EncryptedPayloadHash>();
  for (const { digest } of privateTransactions) {
    if (resolutionOf(resolutions, digest) === undefined) digests.set(bytesToBareHex(digest), digest);
  }
  return [...digests.values()];
}

/** Refuses what privacy enhancements would have to check: executing it as a standard transaction would be wrong. */
function checkMetadata(resolution: PayloadResolution, digest: EncryptedPayloadHash, block: EvmBlock): void {
  if (resolution.type !== 'payload' || resolution.metadata === undefined || resolution.metadata.privacyFlag === 0)
    return;
  if (!block.rules.isPrivacyEnhancementsEnabled) {
    throw new IsoquorumError(
      'PRIVACY_ENHANCEMENTS_DISABLED',
      'Privacy enhanced transaction received while privacy enhancements are disabled. Please check your node configuration.',
      { digest: bytesToBareHex(digest), privacyFlag: resolution.metadata.privacyFlag },
      'STOP',
    );
  }
  throw new IsoquorumError(
    'PRIVACY_ENHANCEMENTS_NOT_SUPPORTED',
    `private transactions with privacy flag ${resolution.metadata.privacyFlag} are not supported yet`,
    { digest: bytesToBareHex(digest), privacyFlag: resolution.metadata.privacyFlag },
    'STOP',
  );
}

class PrivateRun {
  private readonly input: ApplyPrivateInput;
  private readonly block: EvmBlock;
  private readonly state: State;
  private readonly updater: TrieUpdater;
  private readonly receipts: Receipt[] = [];

  constructor(input: ApplyPrivateInput) {
    this.input = input;
    this.block = createEvmBlock(input.config, input.header, input.author, input.blockHash);
    this.state = new State(createTrieReader(input.database, input.parentRoot));
    this.updater = new TrieUpdater(input.database, input.parentRoot);
  }

  *apply(view: PrivateTransactionView, resolution: PayloadResolution, options: EvmRunOptions = {}): Steps<void> {
    const { rules } = this.block;
    checkMetadata(resolution, view.digest, this.block);
    const payload = resolution.type === 'payload' ? resolution.payload : undefined;
    const publicState = new State(view.publicState);
    const outcome = yield* applyPrivateMessage(
      this.input.evm,
      publicState,
      this.state,
      this.block,
      view,
      payload,
      options,
    );
    const { isUnsettled = false } = this.input;
    const logs = isUnsettled ? this.state.goOnUnsettled() : this.state.finalise(rules.isByzantium || rules.isEip158);
    const postState = rules.isByzantium || isUnsettled ? undefined : this.updater.update(this.state);
    this.receipts.push(createReceipt(view, outcome, view.cumulativeGasUsed, logs, postState));
  }

  finish(): AppliedPrivate {
    const { root, operations } = this.updater.commit(this.state);
    return {
      psi: this.input.psi,
      stateRoot: root,
      receipts: this.receipts,
      logsBloom: receiptsBloom(this.receipts),
      operations,
    };
  }
}

function* applyAll(input: ApplyPrivateInput): Steps<AppliedPrivate> {
  const run = new PrivateRun(input);
  for (const view of input.privateTransactions) {
    const resolution = resolutionOf(input.resolutions, view.digest) as PayloadResolution;
    yield* run.apply(view, resolution, input.optionsOf?.(view.index));
  }
  return run.finish();
}

function* applyResolved(input: ApplyPrivateInput): Steps<TransitionOutcome<AppliedPrivate>> {
  const digests = unresolvedDigests(input.privateTransactions, input.resolutions);
  if (digests.length > 0) return { status: 'needs', needs: [{ type: 'payload', digests }] };
  return yield* withNeeds(applyAll(input));
}

/**
 * Executes the private transactions of a block for one private state, each on the public state as the transactions before
 * it left it (decision 2). Every payload has to be resolved; otherwise the outcome names the digests that are not.
 */
export function applyPrivate(input: ApplyPrivateInput): Steps<TransitionOutcome<AppliedPrivate>> {
  return applyResolved(input);
}
