import { join } from 'node:path';
import type { RecordedNode } from '@isoquorum/node/testing/recorded-node';
import type { ChainCase } from './chain-case.ts';
import { askMethod } from './chain-asking.ts';
import { expectAnswer } from './chain-comparison.ts';
import { readOptionalJson } from './files.ts';
import { compareOrExplain, type Question } from './rpc-difference.ts';

type Account = Readonly<Record<string, unknown>>;

interface Dump {
  readonly root: string;
  readonly accounts: Readonly<Record<string, Account>>;
}

interface RecordedState {
  readonly block: number;
  readonly psi?: string;
  readonly dump: Dump;
}

interface RecordedStates {
  readonly private?: Readonly<Record<string, RecordedState>>;
  readonly public?: Readonly<Record<string, RecordedState>>;
  /** Code by hash: the dumps name it by hash only. */
  readonly codes?: Readonly<Record<string, string>>;
}

/** A dump with the codes written out, as a node answers it. */
function withCodes(dump: Dump, codes: Readonly<Record<string, string>>): Dump {
  const accounts = Object.entries(dump.accounts).map(([address, account]) => {
    const code = codes[String(account['codeHash'])];
    return [address, code === undefined || code === '' ? account : { ...account, code }] as const;
  });
  return { ...dump, accounts: Object.fromEntries(accounts) };
}

/** `states.json.gz`: whole states, at the first block that has each root. */
export function* dumpCases(
  folder: string,
  title: string,
  open: () => Promise<RecordedNode>,
  number: number,
  rules: Question['rules'],
): Generator<ChainCase> {
  const path = join(folder, 'nodes', String(number), 'states.json.gz');
  const { codes = {}, ...states } = readOptionalJson<RecordedStates>(path) ?? {};
  for (const kind of ['private', 'public'] as const) {
    for (const [root, { block, psi, dump }] of Object.entries(states[kind] ?? {})) {
      yield {
        name: `${title} ${kind} state ${root}`,
        run: async () => {
          const params = [`0x${block.toString(16)}`, ...(kind === 'private' ? ['private'] : [])];
          const answer = await askMethod(await open(), 'debug_dumpBlock', params, psi);
          const compare = (): void => expectAnswer(answer.error ?? answer.result, withCodes(dump, codes));
          compareOrExplain({ suite: 'chain', method: 'debug_dumpBlock', rules }, answer, compare, { result: dump });
        },
      };
    }
  }
}
