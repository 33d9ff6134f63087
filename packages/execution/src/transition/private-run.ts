import type { EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { bytesEqual, bytesToBareHex, isZeroBytes } from '@isoquorum/primitives/hex';
import type { Log } from '@isoquorum/primitives/log';
import type { LegacyTransaction, Transaction } from '@isoquorum/primitives/transaction/transaction';
import type { EvmBlock } from '../evm/port.ts';
import { evmErrors } from '../evm/texts.ts';
import { ExtraDataState } from '../state/extra-data-state.ts';
import { State } from '../state/state.ts';
import { createTrieReader } from '../state/trie-reader.ts';
import { TrieUpdater } from '../state/update-tries.ts';
import { createEvmBlock } from './block-environment.ts';
import { intrinsicGas } from './intrinsic-gas.ts';
import { innerTransactionOf } from './marker.ts';
import { type MessageResult, type TransactionMessage, withBlankedDigest } from './message.ts';
import { UnresolvedError } from './needs.ts';
import { payloadHashOf } from './payload-hash.ts';
import { isAsSimulated, mayRun, standardMetadata } from './privacy-checks.ts';
import { applyPrivateMessage } from './private-message.ts';
import { createReceipt, receiptsBloom } from './receipts.ts';
import { decodeSharedState, readStateSharedLog, type SharedAccount, type StateSharedLog } from './shared-state.ts';
import type {
  AppliedPrivate,
  ApplyPrivateInput,
  PayloadResolution,
  PrivateReceipt,
  PrivateTransactionView,
  Steps,
} from './types.ts';

const stranger: PayloadResolution = { type: 'notParty' };

/** What is known of a digest; the all-zero one is nobody's. */
export function resolutionOf(
  { resolutions }: Pick<ApplyPrivateInput, 'resolutions'>,
  digest: EncryptedPayloadHash,
): PayloadResolution | undefined {
  return isZeroBytes(digest) ? stranger : resolutions.get(bytesToBareHex(digest));
}

/** The private transaction behind a marker whose payload is known; `undefined` when there is none that may run. */
export function innerOf(
  input: Pick<ApplyPrivateInput, 'resolutions'>,
  { transaction, sender, digest }: PrivateTransactionView,
): LegacyTransaction | undefined {
  const resolution = resolutionOf(input, digest);
  return resolution?.type === 'payload' ? innerTransactionOf(resolution.payload, transaction, sender) : undefined;
}

/** One block's private work on one private state. */
export class PrivateRun {
  private readonly input: ApplyPrivateInput;
  private readonly block: EvmBlock;
  private readonly state: State;
  private readonly extra: ExtraDataState;
  private readonly updater: TrieUpdater;
  private readonly receipts: PrivateReceipt[] = [];

  constructor(input: ApplyPrivateInput) {
    this.input = input;
    this.block = createEvmBlock(input.config, input.header, input.author, input.blockHash);
    this.state = new State(createTrieReader(input.database, input.parentRoot));
    this.extra = new ExtraDataState(input.database, input.parentExtraRoot ?? emptyTrieRoot, this.state);
    this.updater = new TrieUpdater(input.database, input.parentRoot);
  }

  /** Carries out a private transaction, or the one inside a marker. @throws UnresolvedError, PRIVACY_ENHANCEMENTS_DISABLED, STATE_MISSING */
  *apply(view: PrivateTransactionView): Steps<void> {
    if (view.kind === 'marker') return yield* this.applyMarker(view);
    const publicState = new State(view.publicState);
    const outcome = yield* this.run(view, view.index, view.digest, publicState);
    this.finishTransaction(view, view.index, outcome, view.cumulativeGasUsed, false);
  }

  private *applyMarker(view: PrivateTransactionView): Steps<void> {
    const inner = innerOf(this.input, view);
    if (inner === undefined) return;
    const digest = payloadHashOf(inner);
    const isShared = this.input.isOwn !== undefined;
    // With several private states the inner transaction runs at its parties only.
    if (isShared && this.ownResolution(digest).type === 'notParty') return;
    const publicState = new State(view.publicState);
    publicState.subBalance(view.sender, view.transaction.gasLimit * view.transaction.gasPrice);
    if (!this.canBuyGas(inner, view.sender, publicState)) return;
    const verdict = this.innerVerdict(digest);
    if (verdict === 'skip' || (verdict === 'run' && !this.canStart(inner, view.sender, publicState))) return;
    const snapshot = this.state.snapshot();
    const message = { transaction: inner, sender: view.sender };
    const outcome = yield* this.run(message, view.index, digest, publicState);
    if (outcome.result?.error === evmErrors.insufficientBalance) {
      this.state.revertTo(snapshot);
      return;
    }
    this.finishTransaction(message, view.index, outcome, isShared ? view.cumulativeGasUsed : 0n, true);
  }

  /**
   * The first that GoQuorum asks of an inner transaction; one that is refused leaves no receipt. What the sender pays for it in the original's public
   * state, and does not get back where it is refused later on, is no part of ours (docs/compatibility.json, `INNER_GAS_KEPT`).
   */
  private canBuyGas(inner: Transaction, sender: Uint8Array, publicState: State): boolean {
    if (inner.gasPrice > 0n && !this.block.rules.isGasPriceEnabled) return false;
    return publicState.balance(sender) >= inner.gasLimit * inner.gasPrice;
  }

  /**
   * The second: whether the payload's flag lets an inner transaction run, or makes it fail with a receipt. Before the block of privacy enhancements it
   * is passed over, while a block with such a transaction that is in no marker is refused.
   * @throws UnresolvedError
   */
  private innerVerdict(digest: EncryptedPayloadHash): 'run' | 'fail' | 'skip' {
    const resolution = this.ownResolution(digest);
    if (resolution.type === 'notParty') return 'run';
    try {
      return mayRun(resolution.metadata ?? standardMetadata, digest, this.block.rules) ? 'run' : 'fail';
    } catch (error) {
      if (isIsoquorumError(error, 'PRIVACY_ENHANCEMENTS_DISABLED')) return 'skip';
      throw error;
    }
  }

  /** The last. */
  private canStart(inner: Transaction, sender: Uint8Array, publicState: State): boolean {
    const balance = publicState.balance(sender) - inner.gasLimit * inner.gasPrice;
    return inner.gasLimit >= intrinsicGas(inner, this.block.rules) && balance >= inner.value;
  }

  /** The payload in the eyes of this private state. @throws UnresolvedError */
  private ownResolution(digest: EncryptedPayloadHash): PayloadResolution {
    const resolution = resolutionOf(this.input, digest);
    if (resolution === undefined) throw new UnresolvedError({ type: 'payload', digests: [digest] });
    if (resolution.type === 'notParty' || this.input.isOwn === undefined) return resolution;
    return this.input.isOwn(resolution.metadata?.managedParties ?? []) ? resolution : stranger;
  }

  private *run(
    message: TransactionMessage,
    index: number,
    digest: EncryptedPayloadHash,
    publicState: State,
  ): Steps<MessageResult> {
    const { input, block, state, extra } = this;
    const runOptions = input.optionsOf?.(index);
    const resolution = this.ownResolution(digest);
    if (resolution.type === 'notParty') {
      // With several private states strangers are shown no digest: it shows in the gas of a trace.
      const shown = input.isOwn === undefined ? message : withBlankedDigest(message);
      return yield* applyPrivateMessage(input.evm, publicState, state, block, shown, undefined, runOptions);
    }
    const metadata = resolution.metadata ?? standardMetadata;
    const failed: MessageResult = { gasUsed: 0n, isFailed: true, result: undefined };
    if (!mayRun(metadata, digest, block.rules)) return failed;
    const { privacyFlag } = metadata;
    const onCreate = (created: State, address: Uint8Array): void => {
      if (created !== state) return;
      const managedParties = extra.get(address)?.managedParties ?? [];
      extra.set(address, { metadata: { creationHash: digest, privacyFlag }, managedParties });
    };
    const options = privacyFlag === 0 ? runOptions : { ...runOptions, onCreate };
    const snapshot = state.snapshot();
    const { payload } = resolution;
    const outcome = yield* applyPrivateMessage(input.evm, publicState, state, block, message, payload, options);
    const { host } = outcome;
    if (host === undefined || !block.rules.isPrivacyEnhancementsEnabled) return outcome;
    if (isAsSimulated(input.database, host, extra, metadata)) return outcome;
    state.revertTo(snapshot);
    return failed;
  }

  private finishTransaction(
    message: TransactionMessage,
    index: number,
    outcome: MessageResult,
    cumulativeGasUsed: bigint,
    isInner: boolean,
  ): void {
    const { rules } = this.block;
    const deletesEmpty = rules.isByzantium || rules.isEip158;
    const isUnsettled = this.input.isUnsettled === true && !isInner;
    const logs = isUnsettled ? this.state.goOnUnsettled() : this.state.finalise(deletesEmpty);
    const postState = rules.isByzantium || isUnsettled ? undefined : this.updater.update(this.state);
    const receipt = createReceipt(message, outcome, cumulativeGasUsed, logs, postState);
    this.receipts.push({ index, isInner, receipt });
    if (this.takeSharedStates(logs) && !isUnsettled) this.state.finalise(deletesEmpty);
  }

  /** Contract extension: carries out what the logs of a transaction share (goquorum.md 7). @throws UnresolvedError */
  private takeSharedStates(logs: readonly Log[]): boolean {
    let isMetadataUpdated = false;
    let isAny = false;
    for (const log of logs) {
      const shared = readStateSharedLog(log);
      if (shared === undefined) continue;
      if (!this.state.hasCode(shared.contract)) {
        isAny = this.takeSharedState(shared) || isAny;
      } else if (!isMetadataUpdated) {
        this.renewMetadata(shared);
        isMetadataUpdated = true;
      }
    }
    return isAny;
  }

  /** The parties of a contract are others now: its metadata names the digest under which its state was shared. */
  private renewMetadata({ contract, stateHash }: StateSharedLog): void {
    const data = this.extra.get(contract);
    if (data?.metadata === undefined || stateHash === undefined) return;
    const metadata = { creationHash: stateHash, privacyFlag: data.metadata.privacyFlag };
    this.extra.set(contract, { ...data, metadata });
  }

  private takeSharedState({ contract, management, stateHash, uuid }: StateSharedLog): boolean {
    if (uuid === undefined || isZeroBytes(uuid) || stateHash === undefined) return false;
    const proofs = this.input.extensionProofs;
    const key = bytesToBareHex(uuid);
    if (proofs === undefined) return false;
    if (!proofs.has(key)) throw new UnresolvedError({ type: 'extension', uuids: [uuid] });
    const proof = proofs.get(key);
    if (proof === undefined || !bytesEqual(proof, management)) return false;
    const resolution = resolutionOf(this.input, stateHash);
    if (resolution === undefined) throw new UnresolvedError({ type: 'payload', digests: [stateHash] });
    if (resolution.type === 'notParty') return false;
    let account: SharedAccount;
    try {
      account = decodeSharedState(resolution.payload, contract);
    } catch (error) {
      if (isIsoquorumError(error, 'SHARED_STATE_INVALID')) return false;
      throw error;
    }
    const { state, extra } = this;
    state.createAccount(contract);
    state.setBalance(contract, account.balance);
    state.setNonce(contract, account.nonce);
    state.setCode(contract, account.code);
    for (const [slot, value] of account.storage) state.setStorage(contract, slot, value);
    const privacyFlag = resolution.metadata?.privacyFlag ?? 0;
    if (privacyFlag !== 0)
      extra.set(contract, { metadata: { creationHash: stateHash, privacyFlag }, managedParties: [] });
    return true;
  }

  /** @throws STATE_MISSING */
  finish(): AppliedPrivate {
    const { root, operations } = this.updater.commit(this.state);
    const extra = this.extra.commit(this.updater.deleted);
    return {
      psi: this.input.psi,
      stateRoot: root,
      extraRoot: extra.root,
      receipts: this.receipts,
      logsBloom: receiptsBloom(this.receipts.map(({ receipt }) => receipt)),
      operations: extra.operations.length === 0 ? operations : [...operations, ...extra.operations],
    };
  }
}

/** Digests inside the payloads of markers that are not resolved yet. */
export function unresolvedInside(input: ApplyPrivateInput): EncryptedPayloadHash[] {
  return input.privateTransactions.flatMap((view) => {
    const inner = view.kind === 'marker' ? innerOf(input, view) : undefined;
    if (inner === undefined) return [];
    const digest = payloadHashOf(inner);
    return resolutionOf(input, digest) === undefined ? [digest] : [];
  });
}
