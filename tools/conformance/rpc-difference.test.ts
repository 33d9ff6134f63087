import { describe, expect, it } from 'vitest';
import { compatibilityEntries } from './compatibility.ts';
import { explainAnswer } from './rpc-difference.ts';

const answersOf = compatibilityEntries().filter(
  ({ method, suites }) => method !== undefined && suites.some((suite) => suite === 'chain' || suite === 'rpc'),
);

describe('differences by design that explain an answer', () => {
  it.each(answersOf.map((entry) => [entry.code, entry] as const))('%s says what ours answers', (_code, entry) => {
    const { errorCodes, pattern, isSuperset, differsIn } = entry;
    expect([errorCodes, pattern, isSuperset, differsIn].some((condition) => condition !== undefined)).toBe(true);
  });

  it.each(answersOf.map((entry) => [entry.code, entry] as const))('%s excuses no other answer', (code, entry) => {
    const [suite = ''] = entry.suites;
    const method = /^\(?(\w+)/.exec(entry.method ?? '')?.[1] ?? '';
    for (const ours of [{ result: { of: 'another shape' } }, { error: { code: -32_000, message: 'something else' } }]) {
      const found = explainAnswer({ suite, method, rules: 'strict' }, ours, { result: 'recorded' });
      expect(found?.code).not.toBe(code);
    }
  });

  const traced = (gas: number, depth: number) => ({
    result: { gas, failed: false, structLogs: [{ pc: 0, gas, depth }] },
  });

  it('explains other gas in a trace under strict rules, and nothing else of it', () => {
    const ask = (rules: 'strict' | 'goquorum', ours: object): string | undefined =>
      explainAnswer({ suite: 'chain', method: 'debug_traceCall', rules }, ours, traced(5, 1))?.code;
    expect(ask('strict', traced(7, 1))).toBe('TRACED_AS_RUN');
    expect(ask('strict', traced(7, 2))).toBeUndefined();
    expect(ask('goquorum', traced(7, 1))).toBeUndefined();
  });

  it('explains an empty pending block, and no other count', () => {
    const ask = (params: readonly unknown[], result: string): string | undefined =>
      explainAnswer(
        { suite: 'chain', method: 'eth_getBlockTransactionCountByNumber', params, rules: 'strict' },
        { result },
        { result: '0x3' },
      )?.code;
    expect(ask(['pending'], '0x0')).toBe('PENDING_BLOCK_EMPTY');
    expect(ask(['pending'], '0x1')).toBeUndefined();
    expect(ask(['0x3'], '0x0')).toBeUndefined();
  });
});
