import { evmErrors } from '../texts.ts';
import type { Frame, Halt, RunContext } from './frame.ts';

/** Prices and refunds of SSTORE; EIP-1283, 2200, 2929 and 3529 differ in numbers only. */
interface NetMetering {
  readonly unchanged: number;
  readonly reset: number;
  readonly clearRefund: number;
  /** Smallest gas that may be left; undefined where there is no such rule (EIP-1283). */
  readonly sentry: number | undefined;
  readonly cold: number;
}

const EIP_1283: NetMetering = { unchanged: 200, reset: 5_000, clearRefund: 15_000, sentry: undefined, cold: 0 };
const EIP_2200: NetMetering = { unchanged: 800, reset: 5_000, clearRefund: 15_000, sentry: 2_300, cold: 0 };
const EIP_2929: NetMetering = { unchanged: 100, reset: 2_900, clearRefund: 15_000, sentry: 2_300, cold: 2_100 };
const EIP_3529: NetMetering = { unchanged: 100, reset: 2_900, clearRefund: 4_800, sentry: 2_300, cold: 2_100 };

const SET = 20_000;

function meteringOf(context: RunContext): NetMetering | undefined {
  const { rules } = context;
  if (rules.isLondon === true) return EIP_3529;
  if (rules.isBerlin) return EIP_2929;
  if (rules.isIstanbul) return EIP_2200;
  return rules.isConstantinople && !rules.isPetersburg ? EIP_1283 : undefined;
}

/** SSTORE: pays, refunds and writes. */
export function storeSlot(frame: Frame, context: RunContext): Halt | undefined {
  const { host } = context;
  const { address } = frame.entered;
  const metering = meteringOf(context);
  if (metering?.sentry !== undefined && frame.gas <= metering.sentry) return frame.fail(evmErrors.outOfGas);
  const slot = frame.pop();
  const value = frame.pop();
  const cost =
    metering === undefined ? legacyGas(frame, context, slot, value) : netGas(frame, context, metering, slot, value);
  if (!frame.useGas(cost)) return frame.fail(evmErrors.outOfGas);
  host.setStorage(address, slot, value);
  return undefined;
}

function legacyGas(frame: Frame, context: RunContext, slot: bigint, value: bigint): number {
  const { host } = context;
  const current = host.storage(frame.entered.address, slot);
  if (current === 0n && value !== 0n) return SET;
  if (current !== 0n && value === 0n) host.addRefund(15_000n);
  return 5_000;
}

function netGas(frame: Frame, context: RunContext, metering: NetMetering, slot: bigint, value: bigint): number {
  const { host } = context;
  const { address } = frame.entered;
  const cold = metering.cold > 0 && !host.accessSlot(address, slot) ? metering.cold : 0;
  const current = host.storage(address, slot);
  if (current === value) return cold + metering.unchanged;
  const original = host.originalStorage(address, slot);
  if (original === current) {
    if (original === 0n) return cold + SET;
    if (value === 0n) host.addRefund(BigInt(metering.clearRefund));
    return cold + metering.reset;
  }
  if (original !== 0n) {
    if (current === 0n) host.subRefund(BigInt(metering.clearRefund));
    else if (value === 0n) host.addRefund(BigInt(metering.clearRefund));
  }
  if (original === value) host.addRefund(BigInt((original === 0n ? SET : metering.reset) - metering.unchanged));
  return cold + metering.unchanged;
}
