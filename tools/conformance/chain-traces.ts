import type { RecordedNode } from '@isoquorum/node/testing/recorded-node';
import { askMethod } from './chain-asking.ts';
import { describeValue, differByDesign } from './check.ts';
import type { RpcAnswer } from './rpc-comparison.ts';
import type { RpcRequest } from './chain-reads.ts';

/** What a trace says of the whole run: that of steps, or that of calls. */
interface Trace {
  readonly failed?: boolean;
  readonly returnValue?: string;
  readonly structLogs?: readonly { readonly op: string }[];
  readonly error?: string;
  readonly output?: string;
}

interface Receipt {
  readonly status?: string;
  readonly logs: readonly unknown[];
}

function hasFailed({ failed, error }: Trace): boolean {
  return failed ?? error !== undefined;
}

/** A trace of steps logs what the receipt shows; a trace of calls does not tell. */
function logsAs({ structLogs }: Trace, { logs }: Receipt): boolean {
  if (structLogs === undefined) return true;
  const logged = structLogs.filter(({ op }) => op.startsWith('LOG')).length;
  return logged >= logs.length && (logged > 0 || logs.length === 0);
}

/**
 * Whether a trace tells what the chain shows of the same run: a transaction's receipt, or the answer to the same call. Both are compared with
 * recordings by themselves.
 */
async function tellsWhatRan(node: RecordedNode, request: RpcRequest, trace: Trace, psi?: string): Promise<boolean> {
  const { method, params = [] } = request;
  if (method === 'debug_traceTransaction') {
    const { result } = await askMethod(node, 'eth_getTransactionReceipt', params.slice(0, 1), psi);
    const receipt = result as Receipt | null | undefined;
    if (receipt?.status === undefined) return false;
    return hasFailed(trace) === (receipt.status === '0x0') && logsAs(trace, receipt);
  }
  if (method !== 'debug_traceCall') return false;
  const { result, error } = await askMethod(node, 'eth_call', params.slice(0, 2), psi);
  if (error !== undefined) return hasFailed(trace);
  const returned = trace.returnValue === undefined ? (trace.output ?? '0x') : `0x${trace.returnValue}`;
  return !hasFailed(trace) && returned === result;
}

/**
 * Judges a trace under strict rules that differs from the recorded one in more than gas: it has to tell what ran.
 * @throws CaseSkip when it does; nothing when it does not, or is no trace
 */
export async function skipTraceOfRun(
  node: RecordedNode,
  request: RpcRequest,
  { result }: RpcAnswer,
  psi: string | undefined,
): Promise<void> {
  if (typeof result !== 'object' || result === null || describeValue(result) === '{}') return;
  if (await tellsWhatRan(node, request, result, psi)) differByDesign('TRACED_AS_RUN');
}
