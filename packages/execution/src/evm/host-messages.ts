import { createContractAddress, createContractAddress2 } from '@isoquorum/primitives/address';
import { type Address, emptyBytes } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { emptyCodeHash } from '@isoquorum/primitives/header';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { keccak256 } from '@isoquorum/primitives/keccak';
import type { State } from '../state/state.ts';
import type { DualHost } from './host.ts';
import type { EvmEntry, EvmFrame, EvmMessage, EvmOutcome, EvmResult } from './port.ts';
import { isPrivacyPrecompile, precompileAt } from './precompile-range.ts';
import { evmErrors } from './texts.ts';

const maxDepth = 1024;
const createDataGas = 200n;

/** What the host remembers of a frame until it ends. */
interface HostFrame extends EvmFrame {
  readonly state: State;
  readonly snapshot: number;
  readonly isPushed: boolean;
  readonly isCreation: boolean;
}

function failed(gasLeft: bigint, error: string): EvmEntry {
  return { result: { status: 'failure', gasLeft, output: emptyBytes, error } };
}

function succeeded(gasLeft: bigint): EvmEntry {
  return { result: { status: 'success', gasLeft, output: emptyBytes } };
}

/** The first half of a message: everything before its code runs (geth 1.10.3 core/vm, with GoQuorum's states). */
export function enterMessage(host: DualHost, message: EvmMessage): EvmEntry {
  if (message.kind === 'create' || message.kind === 'create2') return enterCreation(host, message);
  const { codeAddress } = message;
  const isPushing = message.kind !== 'staticcall';
  const state = host.dual(codeAddress);
  if (isPushing) host.push(state);
  const entry = enterCall(host, message, state);
  if (isPushing && 'result' in entry) host.pop();
  return entry;
}

function enterCall(host: DualHost, message: EvmMessage, state: State): EvmEntry {
  const { rules } = host.block;
  const { kind, caller, codeAddress, gas, value } = message;
  if (message.depth > maxDepth) return failed(gas, evmErrors.depth);
  if ((kind === 'call' || kind === 'callcode') && value !== 0n && state.balance(caller) < value) {
    return failed(gas, evmErrors.insufficientBalance);
  }
  const snapshot = state.snapshot();
  const precompile = precompileAt(codeAddress, rules);
  const isMarker = isPrivacyPrecompile(codeAddress, rules);
  if (kind === 'call') {
    if (!state.exists(codeAddress)) {
      if (precompile === undefined && !isMarker && rules.isEip158 && value === 0n) return succeeded(gas);
      if (!isMarker) state.createAccount(codeAddress);
    }
    if (value !== 0n && host.readOnly) return failed(gas, evmErrors.readOnlyValueTransfer);
    if (!rules.isQuorum || value !== 0n) transfer(state, caller, codeAddress, value);
  } else if (kind === 'staticcall') state.addBalance(codeAddress, 0n);
  // What a marker transaction does in private is carried out apart from its public part (transition/apply-private.ts).
  if (isMarker) return succeeded(gas);
  const code = precompile === undefined ? state.code(codeAddress) : emptyBytes;
  // A plain call to an account without code runs nothing; the other kinds run its empty code, which counts as a call.
  const isRun = precompile === undefined && (code.length > 0 || kind !== 'call');
  if (isRun) host.noteCall(codeAddress);
  if (precompile === undefined && code.length === 0) return succeeded(gas);
  const frame: HostFrame = {
    message,
    address: message.address,
    code,
    codeHash: precompile === undefined ? state.codeHash(codeAddress) : undefined,
    input: message.input,
    precompile,
    state,
    snapshot,
    isPushed: kind !== 'staticcall',
    isCreation: false,
  };
  return { frame };
}

function transfer(state: State, from: Address, to: Address, value: bigint): void {
  state.subBalance(from, value);
  state.addBalance(to, value);
}

function creationAddress(message: EvmMessage, nonce: bigint): Address {
  if (message.salt === undefined) return createContractAddress(message.caller, nonce);
  return createContractAddress2(message.caller, bigintToFixedBytes(message.salt, 32), keccak256(message.input));
}

function enterCreation(host: DualHost, message: EvmMessage): EvmEntry {
  const { rules } = host.block;
  const { caller, gas, value } = message;
  const state = host.current;
  if (message.depth > maxDepth) return failed(gas, evmErrors.depth);
  if (value !== 0n && state.balance(caller) < value) return failed(gas, evmErrors.insufficientBalance);
  if (value !== 0n && host.readOnly) return failed(gas, evmErrors.readOnlyValueTransfer);
  // The outermost creation uses up a nonce of the sender, who is public; a nested one a nonce of its creator.
  const creatorState = message.depth === 0 ? host.publicState : host.privateState;
  const nonce = creatorState.nonce(caller);
  if (nonce + 1n >= 1n << 64n) return failed(gas, 'nonce uint64 overflow');
  const address = creationAddress(message, nonce);
  creatorState.setNonce(caller, nonce + 1n);
  if (rules.isBerlin) state.accessAddress(address);
  const codeHash = state.codeHash(address);
  const hasCode = codeHash !== undefined && !bytesEqual(codeHash, emptyCodeHash);
  if (state.nonce(address) !== 0n || hasCode || state.hasStorage(address)) return failed(0n, evmErrors.collision);
  const snapshot = state.snapshot();
  state.createAccount(address);
  state.markCreated(address);
  host.noteCreation(address);
  if (rules.isEip158) state.setNonce(address, 1n);
  host.options.onCreate?.(state, address);
  if (!rules.isQuorum || value !== 0n) transfer(state, caller, address, value);
  const frame: HostFrame = {
    message,
    address,
    code: message.input,
    codeHash: undefined,
    input: emptyBytes,
    precompile: undefined,
    state,
    snapshot,
    isPushed: false,
    isCreation: true,
  };
  return { frame };
}

/** The second half: deposit of code, undoing, and what of the gas comes back. */
export function leaveMessage(host: DualHost, frame: EvmFrame, outcome: EvmOutcome): EvmResult {
  const hostFrame = frame as HostFrame;
  const result = hostFrame.isCreation ? depositCode(host, hostFrame, outcome) : { ...outcome };
  if (result.status !== 'success') hostFrame.state.revertTo(hostFrame.snapshot);
  if (hostFrame.isPushed) host.pop();
  if (result.status === 'failure') return { ...result, gasLeft: 0n, output: emptyBytes };
  return result;
}

function depositCode(host: DualHost, frame: HostFrame, outcome: EvmOutcome): EvmResult {
  const { rules } = host.block;
  const createdAddress = frame.address;
  if (outcome.status !== 'success') return { ...outcome, createdAddress };
  const { output } = outcome;
  const fail = (error: string): EvmResult => ({
    status: 'failure',
    gasLeft: 0n,
    output: emptyBytes,
    error,
    createdAddress,
  });
  if (rules.isEip158 && output.length > rules.codeSizeLimit) return fail(evmErrors.maxCodeSize);
  if (rules.isLondon && output[0] === 0xef) return fail(evmErrors.invalidCode);
  const cost = createDataGas * BigInt(output.length);
  if (outcome.gasLeft < cost) {
    // Frontier keeps the contract, without its code.
    if (!rules.isHomestead) return { ...outcome, output: emptyBytes, createdAddress };
    return fail(evmErrors.codeStoreOutOfGas);
  }
  frame.state.setCode(createdAddress, output);
  return { ...outcome, gasLeft: outcome.gasLeft - cost, createdAddress };
}
