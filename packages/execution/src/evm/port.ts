import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { ForkRules } from '@isoquorum/primitives/fork';
import type { Log } from '@isoquorum/primitives/log';

/** Forks of Ethereum after Berlin, which GoQuorum does not have: for conformance tests of engines. */
export interface LaterForks {
  readonly isLondon?: boolean;
  readonly isParis?: boolean;
  readonly isShanghai?: boolean;
  readonly isCancun?: boolean;
}

/** What the block says to code that runs in it. */
export interface EvmBlock {
  readonly number: number;
  readonly timestamp: bigint;
  readonly gasLimit: bigint;
  readonly difficulty: bigint;
  /** What the COINBASE opcode answers: the author of the block as its engine sees it. */
  readonly coinbase: Address;
  readonly rules: ForkRules & LaterForks;
  /** From London on. */
  readonly baseFee?: bigint;
  /** Price of blob gas, from Cancun on. */
  readonly blobBaseFee?: bigint;
  /** From Paris on, in place of the difficulty. */
  readonly randomness?: Hash32;
  /** Hash of one of the 256 blocks before this one; undefined when it is out of range. */
  blockHash(number: number): Hash32 | undefined;
}

/** What the transaction says to code that runs in it. */
export interface EvmTransaction {
  readonly origin: Address;
  readonly gasPrice: bigint;
  /** Cancun's; no GoQuorum chain has them. */
  readonly blobHashes?: readonly Hash32[];
}

export type CallKind = 'call' | 'callcode' | 'delegatecall' | 'staticcall' | 'create' | 'create2';

/** A message: one call or creation, the outermost one or one that code makes. */
export interface EvmMessage {
  readonly kind: CallKind;
  readonly caller: Address;
  /** Whose code runs. Unused by creations. */
  readonly codeAddress: Address;
  /** Whose storage is used: for `callcode` and `delegatecall` the caller's own frame. Unused by creations. */
  readonly address: Address;
  /** Call data, or for creations the code that builds the contract. May be a view into the engine's memory, good until the message ends. */
  readonly input: Uint8Array;
  readonly gas: bigint;
  readonly value: bigint;
  readonly salt?: bigint;
  /** True when a STATICCALL is among the callers. */
  readonly isStatic: boolean;
  /** 0 for the outermost message. */
  readonly depth: number;
}

/** A frame whose code the engine has to run. Made by {@link EvmHost.enter}, given back with {@link EvmHost.leave}. */
export interface EvmFrame {
  readonly message: EvmMessage;
  readonly address: Address;
  readonly code: Uint8Array;
  /** Key for the engine's caches of analysed code; undefined for code that runs once. */
  readonly codeHash: Hash32 | undefined;
  /** Call data that the code sees (empty for creations). */
  readonly input: Uint8Array;
  /** Set when a precompiled contract has to run instead of `code`: its address as a number (1..9). */
  readonly precompile: number | undefined;
}

export type EvmStatus = 'success' | 'revert' | 'failure';

/** How a frame ended, as the engine says. */
export interface EvmOutcome {
  readonly status: EvmStatus;
  readonly gasLeft: bigint;
  /** Return or revert data; for creations the code to be deposited. */
  readonly output: Uint8Array;
  /** Geth's text for a failure, for instance `out of gas`. */
  readonly error?: string;
}

/** How a message ended, after the host's part (value, code deposit, undo). */
export interface EvmResult extends EvmOutcome {
  readonly createdAddress?: Address;
}

/** What {@link EvmHost.enter} answers: code to run, or a result at once (no code, too deep, not enough balance, …). */
export type EvmEntry = { readonly frame: EvmFrame } | { readonly result: EvmResult };

/**
 * All that code can see and do. The host owns messages (depth, value, undo, creation, deposit of code) and which of the
 * two states each access goes to (decision 5); an engine owns the interpreter's loop, so that it needs no recursion, may
 * run without waiting, and need not know about private state. Addresses given to a host may be views into the
 * engine's memory: the host copies what it keeps.
 */
export interface EvmHost {
  readonly block: EvmBlock;
  readonly transaction: EvmTransaction;

  enter(message: EvmMessage): EvmEntry;
  leave(frame: EvmFrame, outcome: EvmOutcome): EvmResult;

  /** True while writing is refused because a private contract called a public one; the text of that refusal is in `errors`. */
  readonly readOnly: boolean;

  balance(address: Address): bigint;
  selfBalance(address: Address): bigint;
  code(address: Address): Uint8Array;
  codeSize(address: Address): number;
  /** Undefined when the account does not exist (EXTCODEHASH then pushes 0). */
  codeHash(address: Address): Hash32 | undefined;
  exists(address: Address): boolean;
  /** Empty in the sense of EIP-161; true also for accounts that do not exist. */
  isEmpty(address: Address): boolean;

  storage(address: Address, slot: bigint): bigint;
  /** Value of the slot when the transaction began. */
  originalStorage(address: Address, slot: bigint): bigint;
  setStorage(address: Address, slot: bigint, value: bigint): void;
  transientStorage(address: Address, slot: bigint): bigint;
  setTransientStorage(address: Address, slot: bigint, value: bigint): void;

  /** Marks as accessed (EIP-2929); answers whether it was so before. */
  accessAddress(address: Address): boolean;
  isWarmAddress(address: Address): boolean;
  accessSlot(address: Address, slot: bigint): boolean;
  isWarmSlot(address: Address, slot: bigint): boolean;

  readonly refund: bigint;
  addRefund(gas: bigint): void;
  subRefund(gas: bigint): void;

  log(log: Log): void;
  /** Moves the balance and marks the account; answers whether this is its first time in the transaction. */
  selfDestruct(address: Address, beneficiary: Address): boolean;
  hasSelfDestructed(address: Address): boolean;
  /** True when the account was created by this very transaction (EIP-6780). */
  wasCreatedHere(address: Address): boolean;
}

/** One step of a running program, for tracers. Positions are those before the step. */
export interface EvmStep {
  readonly pc: number;
  readonly opcode: number;
  readonly gasLeft: bigint;
  readonly gasCost: bigint;
  /** 1 for the outermost frame. */
  readonly depth: number;
  readonly address: Address;
  readonly refund: bigint;
  /** Bytes that memory has, before it grows for this step. */
  readonly memorySize: number;
  /** Copies of the stack (bottom first) and the memory. */
  readonly stack: () => readonly bigint[];
  readonly memory: () => Uint8Array;
}

/** Called around messages and before steps when a tracer is on; costs nothing when off. */
export interface EvmTracer {
  /** The host of the run that begins, to look at; a tracer changes nothing. */
  begin?(host: EvmHost): void;
  /** Before each opcode, also one that will fail. */
  step?(step: EvmStep): void;
  enter?(message: EvmMessage): void;
  leave?(message: EvmMessage, result: EvmResult): void;
}

export interface EvmRunOptions {
  readonly tracer?: EvmTracer;
  /** Asked every few thousand steps; it throws when the run has to end (time limit of a call). */
  readonly checkDeadline?: () => void;
  /**
   * Asked after {@link checkDeadline}: a promise that it answers is waited for before the run goes on, so that a long call does not keep
   * the thread from others. An engine that cannot wait does not ask.
   */
  readonly pause?: () => PromiseLike<void> | undefined;
}

/**
 * An interpreter of EVM code (decision 5). `run` executes a message to its end, nested ones included. A synchronous engine
 * answers at once, another one with a promise; the transition takes both. Errors thrown by the host (missing
 * trie nodes) pass through unchanged; the run is then void.
 */
export interface Evm {
  readonly name: string;
  run(host: EvmHost, message: EvmMessage, options?: EvmRunOptions): EvmResult | Promise<EvmResult>;
}
