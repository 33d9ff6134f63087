import type { Common } from '@ethereumjs/common';
import { EVMError } from '@ethereumjs/evm';
import { Address as LibraryAddress } from '@ethereumjs/util';
import { type Address, emptyBytes, type Hash32 } from '@isoquorum/primitives/bytes';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { bigintToBytes, bigintToFixedBytes, bytesToBigint } from '@isoquorum/primitives/integer';
import type { CallKind, EvmFrame, EvmHost, EvmMessage, EvmResult } from '../port.ts';
import { ReferenceMemory } from './memory.ts';
import { ReferenceStack } from './stack.ts';

/** Thrown for failures whose text the library does not have. */
export class FrameFailure extends Error {}

/** Valid jump targets and the values of PUSH instructions of a code. */
export interface CodeAnalysis {
  readonly jumps: Uint8Array;
  readonly pushes: readonly (bigint | undefined)[];
}

/** Runs nested messages; given by the engine. */
export type MessageRunner = (message: EvmMessage) => Promise<EvmResult>;

function minimalBytes(value: bigint): Uint8Array {
  return value === 0n ? emptyBytes : bigintToBytes(value);
}

/**
 * A running frame, with all that the opcode handlers of `@ethereumjs/evm` look for: it is what they call the run state,
 * its interpreter, its journal and its state manager, each of them answered by the host.
 */
export class ReferenceFrame {
  readonly host: EvmHost;
  readonly frame: EvmFrame;
  readonly address: Address;
  readonly code: Uint8Array;
  private readonly runMessage: MessageRunner;

  // Names below are those of the library's run state.
  programCounter = 0;
  opCode = 0;
  readonly memory: ReferenceMemory = new ReferenceMemory();
  memoryWordCount = 0n;
  highestMemCost = 0n;
  readonly stack: ReferenceStack = new ReferenceStack();
  readonly shouldDoJumpAnalysis = false;
  readonly validJumps: Uint8Array;
  readonly cachedPushes: readonly (bigint | undefined)[];
  messageGasLimit: bigint | undefined = undefined;
  gasLeft: bigint;
  returnBytes: Uint8Array = emptyBytes;
  output: Uint8Array = emptyBytes;
  readonly env: {
    readonly isStatic: boolean;
    readonly depth: number;
    readonly eof: undefined;
    readonly blobVersionedHashes: readonly string[];
  };
  readonly interpreter: this = this;
  readonly stateManager: this = this;
  readonly journal: this = this;
  readonly _evm: {
    readonly common: Common;
    readonly getPrecompile: () => undefined;
    readonly allowUnlimitedInitCodeSize: boolean;
  };
  private readonly libraryAddress: LibraryAddress;

  constructor(host: EvmHost, frame: EvmFrame, analysis: CodeAnalysis, common: Common, runMessage: MessageRunner) {
    this.host = host;
    this.frame = frame;
    this.address = frame.address;
    this.code = frame.code;
    this.validJumps = analysis.jumps;
    this.cachedPushes = analysis.pushes;
    this.gasLeft = frame.message.gas;
    this.runMessage = runMessage;
    this.env = {
      isStatic: frame.message.isStatic,
      depth: frame.message.depth,
      eof: undefined,
      blobVersionedHashes: (host.transaction.blobHashes ?? []).map((hash) => bytesToHex(hash)),
    };
    this._evm = { common, getPrecompile: () => undefined, allowUnlimitedInitCodeSize: false };
    this.libraryAddress = new LibraryAddress(frame.address);
  }

  fail(text: string): never {
    throw new FrameFailure(text);
  }

  wordToAddress(word: bigint): Address {
    return bigintToFixedBytes(word, 20);
  }

  // What the handlers call on their interpreter.
  getAddress(): LibraryAddress {
    return this.libraryAddress;
  }
  getCaller(): bigint {
    return bytesToBigint(this.frame.message.caller);
  }
  getCallValue(): bigint {
    return this.frame.message.value;
  }
  getCallData(): Uint8Array {
    return this.frame.input;
  }
  getCallDataSize(): bigint {
    return BigInt(this.frame.input.length);
  }
  getCode(): Uint8Array {
    return this.code;
  }
  getCodeSize(): bigint {
    return BigInt(this.code.length);
  }
  getReturnData(): Uint8Array {
    return this.returnBytes;
  }
  getReturnDataSize(): bigint {
    return BigInt(this.returnBytes.length);
  }
  isStatic(): boolean {
    return this.env.isStatic;
  }
  getGasLeft(): bigint {
    return this.gasLeft;
  }
  addStipend(gas: bigint): void {
    this.gasLeft += gas;
  }
  useGas(gas: bigint): void {
    if (gas > this.gasLeft) throw new EVMError(EVMError.errorMessages.OUT_OF_GAS);
    this.gasLeft -= gas;
  }
  refundGas(gas: bigint): void {
    this.host.addRefund(gas);
  }
  subRefund(gas: bigint): void {
    this.host.subRefund(gas);
  }
  getSelfBalance(): bigint {
    return this.host.selfBalance(this.address);
  }
  getExternalBalance(address: LibraryAddress): bigint {
    return this.host.balance(address.bytes);
  }
  getTxGasPrice(): bigint {
    return this.host.transaction.gasPrice;
  }
  getTxOrigin(): bigint {
    return bytesToBigint(this.host.transaction.origin);
  }
  getBlockNumber(): bigint {
    return BigInt(this.host.block.number);
  }
  getBlockCoinbase(): bigint {
    return bytesToBigint(this.host.block.coinbase);
  }
  getBlockTimestamp(): bigint {
    return this.host.block.timestamp;
  }
  getBlockDifficulty(): bigint {
    return this.host.block.difficulty;
  }
  getBlockPrevRandao(): bigint {
    return bytesToBigint(this.host.block.randomness ?? emptyBytes);
  }
  getBlockGasLimit(): bigint {
    return this.host.block.gasLimit;
  }
  getBlockBaseFee(): bigint {
    return this.host.block.baseFee ?? 0n;
  }
  getBlobBaseFee(): bigint {
    return this.host.block.blobBaseFee ?? 1n;
  }
  getChainId(): bigint {
    return this.host.block.rules.chainId;
  }
  finish(output: Uint8Array): never {
    this.output = output;
    throw new EVMError(EVMError.errorMessages.STOP);
  }
  revert(output: Uint8Array): never {
    this.output = output;
    throw new EVMError(EVMError.errorMessages.REVERT);
  }
  log(data: Uint8Array, _count: number, topics: readonly Uint8Array[]): void {
    this.host.log({ address: this.address.slice(), topics: [...topics], data: data.slice() });
  }
  selfDestruct(beneficiary: LibraryAddress): never {
    const { rules } = this.host.block;
    const isFirst = this.host.selfDestruct(this.address, beneficiary.bytes);
    if (isFirst && !rules.isLondon) this.host.addRefund(24_000n);
    throw new EVMError(EVMError.errorMessages.STOP);
  }
  storageLoad(key: Uint8Array, isOriginal = false): Uint8Array {
    const slot = bytesToBigint(key);
    const { host, address } = this;
    return minimalBytes(isOriginal ? host.originalStorage(address, slot) : host.storage(address, slot));
  }
  transientStorageLoad(key: Uint8Array): Uint8Array {
    return minimalBytes(this.host.transientStorage(this.address, bytesToBigint(key)));
  }
  transientStorageStore(key: Uint8Array, value: Uint8Array): void {
    this.host.setTransientStorage(this.address, bytesToBigint(key), bytesToBigint(value));
  }

  // What they call on the journal.
  isWarmedAddress(address: Uint8Array): boolean {
    return this.host.isWarmAddress(address);
  }
  addWarmedAddress(address: Uint8Array): void {
    this.host.accessAddress(address);
  }
  isWarmedStorage(address: Uint8Array, slot: Uint8Array): boolean {
    return this.host.isWarmSlot(address, bytesToBigint(slot));
  }
  addWarmedStorage(address: Uint8Array, slot: Uint8Array): void {
    this.host.accessSlot(address, bytesToBigint(slot));
  }

  // What they call on the state manager: existence and emptiness only.
  getAccount(address: LibraryAddress): { isEmpty: () => boolean; codeHash: Hash32 | undefined } | undefined {
    const { host } = this;
    if (!host.exists(address.bytes)) return undefined;
    return { isEmpty: () => host.isEmpty(address.bytes), codeHash: host.codeHash(address.bytes) };
  }

  // Nested messages.
  call(gas: bigint, to: LibraryAddress, value: bigint, data: Uint8Array): Promise<bigint> {
    return this.nested('call', gas, to.bytes, to.bytes, value, data, this.address, this.env.isStatic);
  }
  callCode(gas: bigint, to: LibraryAddress, value: bigint, data: Uint8Array): Promise<bigint> {
    return this.nested('callcode', gas, to.bytes, this.address, value, data, this.address, this.env.isStatic);
  }
  callDelegate(gas: bigint, to: LibraryAddress, value: bigint, data: Uint8Array): Promise<bigint> {
    return this.nested(
      'delegatecall',
      gas,
      to.bytes,
      this.address,
      value,
      data,
      this.frame.message.caller,
      this.env.isStatic,
    );
  }
  callStatic(gas: bigint, to: LibraryAddress, value: bigint, data: Uint8Array): Promise<bigint> {
    return this.nested('staticcall', gas, to.bytes, to.bytes, value, data, this.address, true);
  }

  private async nested(
    kind: CallKind,
    gas: bigint,
    codeAddress: Address,
    address: Address,
    value: bigint,
    data: Uint8Array,
    caller: Address,
    isStatic: boolean,
  ): Promise<bigint> {
    const depth = this.env.depth + 1;
    this.gasLeft -= gas;
    const message: EvmMessage = {
      kind,
      caller,
      codeAddress,
      address,
      input: data.slice(),
      gas,
      value,
      isStatic,
      depth,
    };
    const result = await this.runMessage(message);
    this.gasLeft += result.gasLeft;
    this.returnBytes = result.output;
    return result.status === 'success' ? 1n : 0n;
  }

  async createContract(
    common: Common,
    value: bigint,
    offset: bigint,
    length: bigint,
    salt: bigint | undefined,
  ): Promise<bigint> {
    if (common.isActivatedEIP(3860) && length > common.param('maxInitCodeSize')) {
      throw new EVMError(EVMError.errorMessages.INITCODE_SIZE_VIOLATION);
    }
    const gas = this.messageGasLimit ?? 0n;
    this.messageGasLimit = undefined;
    const input = length === 0n ? emptyBytes : this.memory.read(Number(offset), Number(length));
    this.gasLeft -= gas;
    const { address } = this;
    const base = {
      caller: address,
      codeAddress: address,
      address,
      input,
      gas,
      value,
      isStatic: false,
      depth: this.env.depth + 1,
    };
    const message: EvmMessage = salt === undefined ? { ...base, kind: 'create' } : { ...base, kind: 'create2', salt };
    const result = await this.runMessage(message);
    this.gasLeft += result.gasLeft;
    this.returnBytes = result.status === 'revert' ? result.output : emptyBytes;
    return result.status === 'success' && result.createdAddress !== undefined
      ? bytesToBigint(result.createdAddress)
      : 0n;
  }
}
