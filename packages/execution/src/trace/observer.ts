import type { Address } from '@isoquorum/primitives/bytes';
import type { EvmResult } from '../evm/port.ts';
import type { State } from '../state/state.ts';

/** One step as geth's tracers see it: priced, with its memory already grown, and with the error when it cannot be made. */
export interface TraceStep {
  readonly pc: number;
  readonly opcode: number;
  /** Geth's mnemonic. */
  readonly name: string;
  readonly gas: bigint;
  /** Everything that the step takes, for a call with the gas it hands on. */
  readonly cost: bigint;
  /** 1 for the outermost frame. */
  readonly depth: number;
  readonly address: Address;
  readonly refund: bigint;
  /** Geth's text when the step fails before it is made (out of gas, stack, write protection, no such opcode). */
  readonly error: string | undefined;
  /** Bottom first. */
  readonly stack: readonly bigint[];
  readonly memory: () => Uint8Array;
  /** The state that the running contract belongs to, as it is now. */
  readonly state: State;
}

/** The outermost message of what is traced. */
export interface TraceStart {
  readonly isCreation: boolean;
  readonly from: Address;
  /** Undefined for a creation. */
  readonly to: Address | undefined;
  readonly input: Uint8Array;
  readonly gas: bigint;
  readonly value: bigint;
  readonly gasPrice: bigint;
  /** The state that geth's named tracers look into all along: the private one of a private transaction, also inside public contracts. */
  readonly state: State;
}

/** What a tracer is told, in the order of geth's interpreter. Nothing at all when no code was to run (at no party). */
export interface TraceObserver {
  start?(start: TraceStart): void;
  step?(step: TraceStep): void;
  /** A step that was announced failed in the making. */
  fault?(step: TraceStep, error: string): void;
  /**
   * The outermost message ended. Of a privacy marker a party traces two runs: the marker's own, which is the first to end and gives the
   * result, and then that of the transaction inside, which gives all else.
   */
  end?(result: EvmResult, isFirst: boolean): void;
}
