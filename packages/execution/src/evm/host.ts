import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { Log } from '@isoquorum/primitives/log';
import { bytesToMapKey } from '../state/node-source.ts';
import type { State } from '../state/state.ts';
import { enterMessage, leaveMessage } from './host-messages.ts';
import { isPrivacyPrecompile, precompileAt } from './precompile-range.ts';
import type {
  EvmBlock,
  EvmEntry,
  EvmFrame,
  EvmHost,
  EvmMessage,
  EvmOutcome,
  EvmResult,
  EvmTransaction,
} from './port.ts';

/** How a message was concerned with an account (privacy enhancements look at it). */
export type AffectedReason = 'creation' | 'messageCall';

export interface HostOptions {
  /** Told the address of each contract that is created, in the state where it lives (metadata of privacy enhancements). */
  readonly onCreate?: (state: State, address: Address) => void;
  /** Notes affected contracts although both states are the same (the sender's simulation). */
  readonly tracksContracts?: boolean;
}

/**
 * The host of one transaction over a public and a private state (goquorum.md 3.2); for a public transaction both are the
 * same object. Which state an access goes to: the private one if the account exists there, else the public one if it
 * exists there, else the current one. The current state is that of the contract called last; while a private contract has
 * called into public state, nothing can be written.
 */
export class DualHost implements EvmHost {
  readonly block: EvmBlock;
  readonly transaction: EvmTransaction;
  readonly publicState: State;
  readonly privateState: State;
  readonly options: HostOptions;
  /** The state of the contract called last. */
  current: State;
  readOnly = false;
  private readOnlyDepth = 0;
  private readonly states: State[] = [];
  private readonly isDual: boolean;
  private readonly isTracking: boolean;
  private readonly affected = new Map<string, { address: Address; reason: AffectedReason }>();

  constructor(
    block: EvmBlock,
    transaction: EvmTransaction,
    publicState: State,
    privateState: State,
    options: HostOptions = {},
  ) {
    this.block = block;
    this.transaction = transaction;
    this.publicState = publicState;
    this.privateState = privateState;
    this.options = options;
    this.isDual = publicState !== privateState;
    this.isTracking = this.isDual || options.tracksContracts === true;
    this.current = privateState;
    this.states.push(privateState);
  }

  /** The state that an account belongs to. */
  dual(address: Address): State {
    if (!this.isDual || this.privateState.exists(address)) return this.privateState;
    return this.publicState.exists(address) ? this.publicState : this.current;
  }

  /** Makes a state the current one for a call; private to public turns writing off until the matching pop. */
  push(state: State): void {
    if (!this.readOnly && state !== this.privateState) {
      this.readOnly = true;
      this.readOnlyDepth = this.states.length;
    }
    this.states.push(state);
    this.current = state;
  }

  pop(): void {
    this.states.pop();
    if (this.readOnly && this.states.length === this.readOnlyDepth) this.readOnly = false;
    this.current = this.states[this.states.length - 1] as State;
  }

  /** Notes that code at an address ran; a contract created in this transaction stays a creation. */
  noteCall(address: Address): void {
    if (!this.isTracking) return;
    const key = bytesToMapKey(address);
    if (!this.affected.has(key)) this.affected.set(key, { address: address.slice(), reason: 'messageCall' });
  }

  noteCreation(address: Address): void {
    if (this.isTracking) this.affected.set(bytesToMapKey(address), { address: address.slice(), reason: 'creation' });
  }

  /** Contracts whose code a transaction over two states called, or that it created; both without a reason. */
  affectedContracts(reason?: AffectedReason): Address[] {
    const entries = [...this.affected.values()];
    return entries.filter((entry) => reason === undefined || entry.reason === reason).map((entry) => entry.address);
  }

  enter(message: EvmMessage): EvmEntry {
    return enterMessage(this, message);
  }

  leave(frame: EvmFrame, outcome: EvmOutcome): EvmResult {
    return leaveMessage(this, frame, outcome);
  }

  balance(address: Address): bigint {
    return this.dual(address).balance(address);
  }

  selfBalance(address: Address): bigint {
    return this.current.balance(address);
  }

  code(address: Address): Uint8Array {
    return this.dual(address).code(address);
  }

  codeSize(address: Address): number {
    return this.code(address).length;
  }

  codeHash(address: Address): Hash32 | undefined {
    return this.dual(address).codeHash(address);
  }

  exists(address: Address): boolean {
    return this.dual(address).exists(address);
  }

  isEmpty(address: Address): boolean {
    return this.dual(address).isEmpty(address);
  }

  storage(address: Address, slot: bigint): bigint {
    return this.dual(address).storage(address, slot);
  }

  originalStorage(address: Address, slot: bigint): bigint {
    return this.dual(address).originalStorage(address, slot);
  }

  setStorage(address: Address, slot: bigint, value: bigint): void {
    this.dual(address).setStorage(address, slot, value);
  }

  transientStorage(address: Address, slot: bigint): bigint {
    return this.current.transientStorage(address, slot);
  }

  setTransientStorage(address: Address, slot: bigint, value: bigint): void {
    this.current.setTransientStorage(address, slot, value);
  }

  /** Precompiled contracts count as accessed from the start. */
  private isAlwaysWarm(address: Address): boolean {
    const { rules } = this.block;
    return precompileAt(address, rules) !== undefined || isPrivacyPrecompile(address, rules);
  }

  accessAddress(address: Address): boolean {
    return this.isAlwaysWarm(address) || this.current.accessAddress(address);
  }

  isWarmAddress(address: Address): boolean {
    return this.isAlwaysWarm(address) || this.current.isWarmAddress(address);
  }

  accessSlot(address: Address, slot: bigint): boolean {
    return this.current.accessSlot(address, slot);
  }

  isWarmSlot(address: Address, slot: bigint): boolean {
    return this.current.isWarmSlot(address, slot);
  }

  get refund(): bigint {
    return this.current.refund;
  }

  addRefund(gas: bigint): void {
    this.current.addRefund(gas);
  }

  subRefund(gas: bigint): void {
    this.current.addRefund(-gas);
  }

  log(log: Log): void {
    this.current.addLog(log);
  }

  selfDestruct(address: Address, beneficiary: Address): boolean {
    const state = this.dual(address);
    const isFirst = !state.hasSelfDestructed(address);
    const balance = state.balance(address);
    if (this.block.rules.isCancun && !state.wasCreatedHere(address)) {
      state.subBalance(address, balance);
      state.addBalance(beneficiary, balance);
      return false;
    }
    state.addBalance(beneficiary, balance);
    state.selfDestruct(address);
    return isFirst;
  }

  hasSelfDestructed(address: Address): boolean {
    return this.current.hasSelfDestructed(address);
  }

  wasCreatedHere(address: Address): boolean {
    return this.dual(address).wasCreatedHere(address);
  }
}
