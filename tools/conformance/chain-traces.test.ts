import type { RecordedNode } from '@isoquorum/node/testing/recorded-node';
import { describe, expect, it } from 'vitest';
import { skipTraceOfRun } from './chain-traces.ts';

/** A node that gives one answer to whatever is asked besides the trace. */
function answering(answer: object): RecordedNode {
  return { service: { handleText: () => Promise.resolve(JSON.stringify(answer)) } } as unknown as RecordedNode;
}

describe('traces under strict rules', () => {
  const transaction = { method: 'debug_traceTransaction', params: ['0x01'] };
  const call = { method: 'debug_traceCall', params: [{ to: '0x02' }, 'latest'] };
  const ran = answering({ result: { status: '0x1', logs: [{}] } });
  const returned = answering({ result: '0x05' });
  const reverted = answering({ error: { code: 3, message: 'execution reverted' } });
  const steps = (failed: boolean, ...ops: readonly string[]) => ({
    result: { failed, returnValue: '05', structLogs: ops.map((op) => ({ op })) },
  });

  it.each([
    ['a run that logs as its receipt', ran, transaction, steps(false, 'PUSH1', 'LOG2')],
    ['a call that returns as eth_call', returned, call, steps(false, 'RETURN')],
    ['calls that return as eth_call', returned, call, { result: { type: 'CALL', output: '0x05' } }],
    ['a call that reverts as eth_call', reverted, call, { result: { type: 'CALL', error: 'execution reverted' } }],
  ])('may show %s', async (_what, node, request, trace) => {
    await expect(skipTraceOfRun(node, request, trace, undefined)).rejects.toMatchObject({ code: 'TRACED_AS_RUN' });
  });

  it.each([
    ['a failure where the receipt shows none', ran, transaction, steps(true, 'LOG2')],
    ['no log where the receipt has one', ran, transaction, steps(false, 'PUSH1')],
    ['another value than eth_call', answering({ result: '0x06' }), call, steps(false, 'RETURN')],
    ['a value where eth_call reverts', reverted, call, steps(false, 'RETURN')],
    ['an error in place of a trace', ran, transaction, { error: { code: -32_000, message: 'no' } }],
  ])('may not show %s', async (_what, node, request, trace) => {
    await expect(skipTraceOfRun(node, request, trace, undefined)).resolves.toBeUndefined();
  });
});
