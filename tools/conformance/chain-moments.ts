import { expectEqual } from './check.ts';
import type { RpcAnswer } from './rpc-comparison.ts';

/** Answers that say something about the machine or the moment (vectors/README.md). */
const MOMENTARY = /^(web3_clientVersion|net_peerCount|eth_mining|admin_.*)$/;

/** True for a request whose recorded answer is not to be compared by value. */
export function isMomentary({
  method = '',
  params,
}: {
  readonly method?: string;
  readonly params?: readonly unknown[];
}): boolean {
  return MOMENTARY.test(method) || (method === 'eth_getBlockByNumber' && params?.[0] === 'pending');
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  return typeof value === 'string' && /^0x[0-9a-f]+$/.test(value) ? 'hexadecimal text' : typeof value;
}

/** Blocks and other objects have the same members; texts, numbers and lists are of the same kind; errors are the same. @throws CaseFailure */
export function expectKind(ours: RpcAnswer, recorded: RpcAnswer): void {
  expectEqual(ours.error, recorded.error, 'the error');
  expectEqual(kindOf(ours.result), kindOf(recorded.result), 'the kind of the result');
  if (kindOf(recorded.result) !== 'object') return;
  const members = (answer: RpcAnswer): readonly string[] => Object.keys(answer.result as object).toSorted();
  expectEqual(members(ours), members(recorded), 'the members of the result');
}
