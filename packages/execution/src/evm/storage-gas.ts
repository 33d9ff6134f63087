import type { Address } from '@isoquorum/primitives/bytes';
import type { EvmRules } from './evm-rules.ts';
import type { EvmHost } from './port.ts';

/** Prices and refunds of SSTORE; EIP-1283, 2200, 2929 and 3529 differ in numbers only. */
interface NetMetering {
  readonly unchanged: number;
  readonly reset: number;
  readonly clearRefund: bigint;
  readonly setRefund: bigint;
  readonly resetRefund: bigint;
  readonly cold: number;
}

const SET = 20_000;

function netMetering(unchanged: number, reset: number, clearRefund: bigint, cold: number): NetMetering {
  const setRefund = BigInt(SET - unchanged);
  return { unchanged, reset, clearRefund, setRefund, resetRefund: BigInt(reset - unchanged), cold };
}

const EIP_1283 = netMetering(200, 5_000, 15_000n, 0);
const EIP_2200 = netMetering(800, 5_000, 15_000n, 0);
const EIP_2929 = netMetering(100, 2_900, 15_000n, 2_100);
const EIP_3529 = netMetering(100, 2_900, 4_800n, 2_100);

function meteringOf(rules: EvmRules): NetMetering | undefined {
  if (rules.isLondon === true) return EIP_3529;
  if (rules.isBerlin) return EIP_2929;
  if (rules.isIstanbul) return EIP_2200;
  return rules.isConstantinople && !rules.isPetersburg ? EIP_1283 : undefined;
}

/** From Istanbul on SSTORE fails with this much gas left or less (EIP-2200). */
export function storageSentry(rules: EvmRules): number {
  return rules.isIstanbul ? 2_300 : -1;
}

/** SSTORE without its payment: refunds, marks the slot as accessed, writes it, and answers the gas. A frame that cannot pay is undone. */
export function storeSlot(host: EvmHost, rules: EvmRules, address: Address, slot: bigint, value: bigint): number {
  const metering = meteringOf(rules);
  const cost =
    metering === undefined ? legacyGas(host, address, slot, value) : netGas(host, metering, address, slot, value);
  host.setStorage(address, slot, value);
  return cost;
}

function legacyGas(host: EvmHost, address: Address, slot: bigint, value: bigint): number {
  const current = host.storage(address, slot);
  if (current === 0n && value !== 0n) return SET;
  if (current !== 0n && value === 0n) host.addRefund(15_000n);
  return 5_000;
}

function netGas(host: EvmHost, metering: NetMetering, address: Address, slot: bigint, value: bigint): number {
  const cold = metering.cold > 0 && !host.accessSlot(address, slot) ? metering.cold : 0;
  const current = host.storage(address, slot);
  if (current === value) return cold + metering.unchanged;
  const original = host.originalStorage(address, slot);
  if (original === current) {
    if (original === 0n) return cold + SET;
    if (value === 0n) host.addRefund(metering.clearRefund);
    return cold + metering.reset;
  }
  if (original !== 0n) {
    if (current === 0n) host.subRefund(metering.clearRefund);
    else if (value === 0n) host.addRefund(metering.clearRefund);
  }
  if (original === value) host.addRefund(original === 0n ? metering.setRefund : metering.resetRefund);
  return cold + metering.unchanged;
}
