import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { raftScriptKinds, runRaftScript } from '@isoquorum/consensus/testing/raft-scripts';
import type { CaseResult, SuiteOptions } from './case-result.ts';
import { CaseFailure, isWanted, runCase } from './check.ts';
import { listFolder } from './files.ts';

function checkScript(kind: (typeof raftScriptKinds)[number], path: string): void {
  const differences = runRaftScript(kind, readFileSync(path, 'utf8'));
  const first = differences[0];
  if (first === undefined) return;
  const { line, command, expected, actual } = first;
  const more = differences.length > 1 ? ` (and ${differences.length - 1} more)` : '';
  throw new CaseFailure(`line ${line}, ${command}${more}: printed\n${actual}\nnot\n${expected}`);
}

/** Suite `raft`: interaction scripts of etcd-io/raft in `testdata`, `quorum` and `confchange`; the path may be one of these folders. */
export async function* raftSuite(path: string, options: SuiteOptions): AsyncIterable<CaseResult> {
  const only = raftScriptKinds.find((kind) => kind === basename(path));
  const parent = only === undefined ? path : dirname(path);
  for (const kind of only === undefined ? raftScriptKinds : [only]) {
    for (const file of listFolder(join(parent, kind)).filter((name) => name.endsWith('.txt'))) {
      const name = `${kind}/${file}`;
      if (isWanted(name, options)) yield await runCase(name, () => checkScript(kind, join(parent, kind, file)));
    }
  }
}
