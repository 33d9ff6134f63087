import { methodTable, subscriptions } from '@isoquorum/rpc/jsonrpc/methods';
import type { CaseResult, SuiteOptions } from './case-result.ts';
import { CaseFailure, CaseSkip, expectEqual, isWanted, runCase } from './check.ts';
import { explainAnswer } from './rpc-difference.ts';

interface SurfaceEntry {
  readonly method?: string;
  readonly subscription?: string;
  readonly params: readonly string[];
}

/** `surface.json`: what each kind of recorded node registers. */
export interface Surface {
  readonly nodes: Readonly<Record<string, { readonly methods: readonly SurfaceEntry[] }>>;
}

/** What an unknown method answers: the entries for absent methods match it. */
const ABSENT = { error: { code: -32601, message: 'does not exist' } };

/** Every method and subscription that exists there exists here with the same parameters, or is listed as absent. */
export async function* checkSurface(surface: Surface, options: SuiteOptions): AsyncGenerator<CaseResult> {
  const seen = new Set<string>();
  for (const { methods } of Object.values(surface.nodes)) {
    for (const { method, subscription, params } of methods) {
      const name = method ?? subscription ?? '';
      const title = `surface ${name}`;
      if (seen.has(name) || !isWanted(title, options)) continue;
      seen.add(name);
      yield await runCase(title, () => {
        const [, known] = /^eth_subscribe \["(\w+)"\]$/.exec(name) ?? [];
        const entry =
          known === undefined
            ? methodTable.get(name)
            : Object.hasOwn(subscriptions, known)
              ? subscriptions[known as keyof typeof subscriptions]
              : undefined;
        if (entry === undefined) {
          const explained = explainAnswer({ suite: 'rpc', method: name, rules: 'goquorum' }, ABSENT);
          if (explained === undefined) throw new CaseFailure('exists there, not here, and is not listed as absent');
          throw new CaseSkip(explained.reason, explained.code);
        }
        expectEqual(
          entry.params.map(({ codec }) => codec.goType),
          params,
          'parameters',
        );
      });
    }
  }
}
