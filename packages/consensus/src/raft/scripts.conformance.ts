import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { raftScriptKinds, runRaftScript } from '../testing/raft-scripts.ts';
import { parseTranscript } from '../testing/raft-transcript.ts';
import { sharedPath } from '../testing/recordings.ts';

const folder = join(sharedPath, 'suites', 'raft');
const scripts = raftScriptKinds.flatMap((kind) => {
  const path = join(folder, kind);
  const names = existsSync(path) ? readdirSync(path).filter((name) => name.endsWith('.txt')) : [];
  return names.map((name) => ({ kind, name, path: join(path, name) }));
});

describe.skipIf(!existsSync(folder))('interaction scripts of etcd-io/raft (needs shared/suites/raft)', () => {
  test.each(scripts)('$kind/$name', ({ kind, path }) => {
    const text = readFileSync(path, 'utf8');
    expect(parseTranscript(text).length).toBeGreaterThan(0);
    expect(runRaftScript(kind, text)).toEqual([]);
  });
});
