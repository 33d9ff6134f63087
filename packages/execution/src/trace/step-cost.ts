import { evmErrors, invalidOpcode } from '../evm/texts.ts';
import type { DualHost } from '../evm/host.ts';
import type { EvmMessage, EvmStep } from '../evm/port.ts';
import { gasTableOf, STACK_BOUNDS } from '../evm/gas-table.ts';
import { memoryEnd } from '../evm/memory-range.ts';
import { wordToAddress } from '../evm/words.ts';

/** What geth's interpreter knows of a step before it makes it. */
export interface StepPrice {
  readonly cost: bigint;
  /** Memory after it has grown for the step. */
  readonly memorySize: number;
  readonly error: string | undefined;
}

const WRITES: ReadonlySet<number> = new Set([0x55, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xf0, 0xf5, 0xff]);
const CALL = 0xf1;
const UINT64 = 1n << 64n;
const MEMORY_MAX = 0x1fffffffe0n;

function words(bytes: bigint): bigint {
  return (bytes + 31n) / 32n;
}

function memoryFee(bytes: bigint): bigint {
  const count = words(bytes);
  return count * 3n + (count * count) / 512n;
}

/** Everything that the price of one step depends on; looks at the host and changes nothing. */
class Pricing {
  private readonly host: DualHost;
  private readonly step: EvmStep;
  private readonly stack: readonly bigint[];
  private readonly memorySize: bigint;

  constructor(host: DualHost, step: EvmStep, stack: readonly bigint[], memorySize: number) {
    this.host = host;
    this.step = step;
    this.stack = stack;
    this.memorySize = BigInt(memorySize);
  }

  private back(position: number): bigint {
    return this.stack[this.stack.length - 1 - position] ?? 0n;
  }

  /** How far memory has to reach; undefined beyond 64 bits. */
  memoryEnd(): bigint | undefined {
    return memoryEnd(this.step.opcode, (position) => this.back(position));
  }

  memoryGas(end: bigint): bigint | undefined {
    const size = words(end) * 32n;
    if (size <= this.memorySize) return 0n;
    return size > MEMORY_MAX ? undefined : memoryFee(size) - memoryFee(this.memorySize);
  }

  /** What comes on top of the constant part; undefined when no gas suffices. */
  dynamicGas(memory: bigint): bigint | undefined {
    const { opcode } = this.step;
    const { rules } = this.host.block;
    switch (opcode) {
      case 0x0a: {
        const digits = this.back(1).toString(16).length;
        return this.back(1) === 0n ? 0n : BigInt((rules.isEip158 ? 50 : 10) * ((digits + 1) >> 1));
      }
      case 0x20:
        return memory + 6n * words(this.back(1));
      case 0x37:
      case 0x39:
      case 0x3e:
        return memory + 3n * words(this.back(2));
      case 0x3c:
        return memory + 3n * words(this.back(3)) + this.coldAccount(this.back(0), 2_500n);
      case 0x31:
      case 0x3b:
      case 0x3f:
        return this.coldAccount(this.back(0), 2_500n);
      case 0x54:
        return rules.isBerlin && !this.host.isWarmSlot(this.step.address, this.back(0)) ? 2_000n : 0n;
      case 0x55:
        return this.storeGas();
      case 0xa0:
      case 0xa1:
      case 0xa2:
      case 0xa3:
      case 0xa4:
        return memory + 8n * this.back(1);
      case 0xf5:
        return memory + 6n * words(this.back(2));
      case 0xf1:
      case 0xf2:
      case 0xf4:
      case 0xfa:
        return this.callGas(memory);
      case 0xff:
        return this.selfDestructGas();
      default:
        return memory;
    }
  }

  private coldAccount(word: bigint, surcharge: bigint): bigint {
    if (!this.host.block.rules.isBerlin) return 0n;
    return this.host.isWarmAddress(wordToAddress(word)) ? 0n : surcharge;
  }

  private selfDestructGas(): bigint {
    const { rules } = this.host.block;
    const beneficiary = wordToAddress(this.back(0));
    const cold = this.coldAccount(this.back(0), 2_600n);
    if (rules.isEip158) {
      const isNew = this.host.isEmpty(beneficiary) && this.host.balance(this.step.address) !== 0n;
      return cold + (isNew ? 25_000n : 0n);
    }
    return cold + (rules.isEip150 && !this.host.exists(beneficiary) ? 25_000n : 0n);
  }

  private storeGas(): bigint | undefined {
    const { host, step } = this;
    const { rules } = host.block;
    const [slot, value] = [this.back(0), this.back(1)];
    const current = host.storage(step.address, slot);
    const isNet = rules.isIstanbul || (rules.isConstantinople && !rules.isPetersburg);
    if (!isNet) return current === 0n && value !== 0n ? 20_000n : 5_000n;
    if (rules.isIstanbul && step.gasLeft <= 2_300n) return undefined;
    const [unchanged, reset] = rules.isBerlin ? [100n, 2_900n] : [rules.isIstanbul ? 800n : 200n, 5_000n];
    const cold = rules.isBerlin && !host.isWarmSlot(step.address, slot) ? 2_100n : 0n;
    if (current === value || host.originalStorage(step.address, slot) !== current) return cold + unchanged;
    return cold + (current === 0n ? 20_000n : reset);
  }

  private callGas(memory: bigint): bigint | undefined {
    const { host, step } = this;
    const { rules } = host.block;
    const target = wordToAddress(this.back(1));
    const hasValue = (step.opcode === 0xf1 || step.opcode === 0xf2) && this.back(2) !== 0n;
    const constant = BigInt(gasTableOf(rules).constant[step.opcode] ?? 0);
    const cold = this.coldAccount(this.back(1), 2_500n);
    let base = memory + (hasValue ? 9_000n : 0n);
    if (step.opcode === CALL) {
      const isNew = rules.isEip158 ? hasValue && host.isEmpty(target) : !host.exists(target);
      if (isNew) base += 25_000n;
    }
    const asked = this.back(0);
    if (!rules.isEip150) return asked < UINT64 ? cold + base + asked : undefined;
    const available = BigInt.asUintN(64, step.gasLeft - constant - cold - base);
    const most = available - available / 64n;
    return cold + base + (asked < most ? asked : most);
  }
}

/** Why geth refuses a step before it looks at its price. */
function refusal(host: DualHost, message: EvmMessage, opcode: number, stack: readonly bigint[]): string | undefined {
  const { rules } = host.block;
  if ((gasTableOf(rules).constant[opcode] ?? -1) < 0) return invalidOpcode(opcode);
  const least = STACK_BOUNDS.least[opcode] ?? 0;
  const most = STACK_BOUNDS.most[opcode] ?? 0;
  if (stack.length < least) return `stack underflow (${stack.length} <=> ${least})`;
  if (stack.length > most) return `stack limit reached ${stack.length} (${most})`;
  const isValueCall = opcode === CALL && (stack.at(-3) ?? 0n) !== 0n;
  if (message.isStatic && (WRITES.has(opcode) || isValueCall)) return evmErrors.writeProtection;
  return host.readOnly && WRITES.has(opcode) ? evmErrors.readOnlyMutation : undefined;
}

/**
 * Price of a step as geth 1.10.3 computes it before the step is made: its tracers show it, and memory already grown.
 * @param costBefore price of the step before in the same frame, which geth shows when it refuses one without pricing it
 */
export function priceStep(
  host: DualHost,
  message: EvmMessage,
  step: EvmStep,
  stack: readonly bigint[],
  memorySize: number,
  costBefore: bigint,
): StepPrice {
  const refused = refusal(host, message, step.opcode, stack);
  if (refused !== undefined) return { cost: costBefore, memorySize, error: refused };
  const constant = BigInt(gasTableOf(host.block.rules).constant[step.opcode] ?? 0);
  if (step.gasLeft < constant) return { cost: constant, memorySize, error: evmErrors.outOfGas };
  const pricing = new Pricing(host, step, stack, memorySize);
  const end = pricing.memoryEnd();
  if (end === undefined) return { cost: constant, memorySize, error: evmErrors.gasOverflow };
  const memory = pricing.memoryGas(end);
  const dynamic = memory === undefined ? undefined : pricing.dynamicGas(memory);
  if (dynamic === undefined) return { cost: constant, memorySize, error: evmErrors.outOfGas };
  const cost = constant + dynamic;
  if (step.gasLeft < cost) return { cost, memorySize, error: evmErrors.outOfGas };
  const size = Number(words(end) * 32n);
  return { cost, memorySize: Math.max(size, memorySize), error: undefined };
}
