import { describe, expect, test } from 'vitest';
import { createStubHandlers, REACHED, silentLogger } from '../testing/stub-handlers.ts';
import { hasRpcVectors, readRecording } from '../testing/vectors.ts';
import { noSubscriptions } from './connection.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { createRpcService } from './service.ts';

/** Codes that the envelope and the parameter codecs decide alone. */
const DECIDED_HERE: ReadonlySet<number> = new Set([-32700, -32600, -32601, -32602]);
const ANSWERED_BY_STUBS: ReadonlySet<string> = new Set(['eth_chainId', 'net_version', 'web3_sha3']);
/** Methods that this node has and GoQuorum lacks or crashes on (docs/compatibility.json, PRIORITY_FEE_ADDED, FEE_HISTORY_ADDED and ACCESS_LIST_ADDED). */
const ADDED: ReadonlySet<string> = new Set(['eth_feeHistory', 'eth_maxPriorityFeePerGas']);

const service = createRpcService({
  handlers: createStubHandlers(),
  isVerbatim: () => true,
  logger: silentLogger,
  limits: DEFAULT_LIMITS,
});

interface Answer {
  readonly error?: { readonly code: number; readonly message: string };
}

function methodOf(parsed: unknown): string | undefined {
  return typeof parsed === 'object' && parsed !== null && 'method' in parsed ? String(parsed.method) : undefined;
}

describe.skipIf(!hasRpcVectors)('recorded envelopes (vectors/rpc)', () => {
  const http = hasRpcVectors ? readRecording('raw-http') : [];
  const rows = http.filter(
    ({ request, response }) =>
      request?.method === 'POST' && request.path === '/' && response?.status === 200 && request.raw !== null,
  );

  const decided = rows.filter(({ request, response }) => {
    const method = methodOf(request?.parsed);
    if (method !== undefined && ADDED.has(method)) return false;
    const answer = response?.parsed as Answer | undefined;
    return answer?.error === undefined
      ? method === undefined || ANSWERED_BY_STUBS.has(method)
      : DECIDED_HERE.has(answer.error.code);
  });

  test('there are many of them', () => {
    expect(decided.length).toBeGreaterThan(90);
  });

  test.each(decided.map((row) => [`${row.i} ${row.step}`, row] as const))('%s', async (_, row) => {
    const answer = await service.handleText(
      row.request?.raw ?? '',
      { transport: 'http', psi: undefined },
      noSubscriptions,
    );
    expect(answer ?? '').toBe(row.response?.raw);
  });

  const accepted = rows.filter((row) => !decided.includes(row));
  test.each(accepted.map((row) => [`${row.i} ${row.step}`, row] as const))(
    'parameters are accepted: %s',
    async (_, row) => {
      const answer = await service.handleText(
        row.request?.raw ?? '',
        { transport: 'http', psi: undefined },
        noSubscriptions,
      );
      const { error } = JSON.parse(answer ?? '{}') as Answer;
      if (
        error !== undefined &&
        !/_(un)?subscribe$/.test(methodOf(row.request?.parsed) ?? '') &&
        !/does not exist/.test(error.message)
      )
        expect(error.message).toBe(REACHED);
    },
  );

  test.each(readRecording('raw-batch').map((row) => [row.step, row] as const))('batch: %s', async (step, row) => {
    const answer = await service.handleText(
      row.request?.raw ?? '',
      { transport: 'http', psi: undefined },
      noSubscriptions,
    );
    if (step !== 'two transactions in a batch') expect(answer ?? '').toBe(row.response?.raw);
  });
});
