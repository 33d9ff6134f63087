import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordedNode } from '@isoquorum/node/testing/recorded-node';
import { CaseFailure, CaseSkip, describeValue } from './check.ts';
import type { RpcAnswer } from './rpc-comparison.ts';

const noSubscriptions = { subscribe: () => undefined, unsubscribe: () => undefined } as never;

/** Asks our node over its JSON-RPC service; a batch when given a list. @param psi of the header `Quorum-PSI` */
export async function ask(node: RecordedNode, request: unknown, psi: string | undefined): Promise<unknown> {
  const text = await node.service.handleText(JSON.stringify(request), { transport: 'http', psi }, noSubscriptions);
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}

/** The answer to one method. */
export async function askMethod(
  node: RecordedNode,
  method: string,
  params: readonly unknown[],
  psi?: string,
): Promise<RpcAnswer> {
  return (await ask(node, { jsonrpc: '2.0', id: 1, method, params }, psi)) as RpcAnswer;
}

/** The result of one method. @throws CaseFailure when it is an error */
export async function askResult(node: RecordedNode, method: string, params: readonly unknown[]): Promise<unknown> {
  const { result, error } = await askMethod(node, method, params);
  if (error !== undefined) throw new CaseFailure(`${method} answers ${describeValue(error)}`);
  return result;
}

/** @throws CaseSkip when our node asked its manager, and the folder does not hold what recorded managers answered (`q2t.json.gz`) */
export function skipSilentManager(folder: string, { error }: RpcAnswer): void {
  if (error?.message.includes('500 status: not recorded: ') !== true || existsSync(join(folder, 'q2t.json.gz'))) return;
  throw new CaseSkip('asks the manager, whose answers are not recorded: there is no q2t.json.gz');
}
