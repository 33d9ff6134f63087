import { evmErrors } from '../texts.ts';
import type { Frame, Halt, RunContext } from './frame.ts';
import { writeRefusal } from './operations-guard.ts';
import { wordToAddress } from './words.ts';

const REFUND = 24_000n;
const NEW_ACCOUNT = 25_000;
const COLD_ACCOUNT = 2_600;

/** SELFDESTRUCT: pays for a new beneficiary (EIP-150, 161) and a cold one (EIP-2929), refunds until London, and ends the frame. */
export function selfDestruct(frame: Frame, context: RunContext): Halt {
  const refusal = writeRefusal(frame, context);
  if (refusal !== undefined) return frame.fail(refusal);
  const { host, rules } = context;
  const { address } = frame.entered;
  const beneficiary = wordToAddress(frame.pop());
  let cost = 0;
  if (context.gasTable.hasAccessLists && !host.accessAddress(beneficiary)) cost += COLD_ACCOUNT;
  if (rules.isEip158) {
    if (host.isEmpty(beneficiary) && host.balance(address) !== 0n) cost += NEW_ACCOUNT;
  } else if (rules.isEip150 && !host.exists(beneficiary)) cost += NEW_ACCOUNT;
  if (!host.hasSelfDestructed(address) && rules.isLondon !== true) host.addRefund(REFUND);
  if (!frame.useGas(cost)) return frame.fail(evmErrors.outOfGas);
  host.selfDestruct(address, beneficiary);
  return 'stop';
}
