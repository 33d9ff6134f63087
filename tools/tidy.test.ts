import { describe, expect, test } from 'vitest';
import * as rules from './tidy/rules.ts';
import { parseSource, readSourceTree, type SourceTree } from './tidy/source-tree.ts';

const tree = readSourceTree(new URL('..', import.meta.url).pathname);

/** The real tree with files added or replaced, so that each rule is seen to turn red. */
function plant(files: Readonly<Record<string, string>>, readme: string = tree.readme): SourceTree {
  const added = Object.entries(files).map(([path, text]) => [path, parseSource(path, text)] as const);
  return { ...tree, readme, files: new Map([...tree.files, ...added]) };
}

function reasons(rule: rules.Rule, planted: SourceTree, path: string): string[] {
  return rule(planted)
    .filter((violation) => violation.path === path)
    .map((violation) => violation.reason);
}

const entryReach = rules.entryReach(rules.REACHES);

describe('the repository keeps its own laws', () => {
  test.each([
    ['law of imports', rules.lawOfImports],
    ['no reaching across workspaces', rules.noReachingAcross],
    ['imports exist', rules.importsExist],
    ['no cycles', rules.noCycles],
    ['no barrels', rules.noBarrels],
    ['file length', rules.fileLength],
    ['platform names', rules.platformNames],
    ['what entries reach', entryReach],
    ['README names existing paths', rules.readmePaths],
  ])('%s', (_name, rule) => {
    expect(rule(tree)).toEqual([]);
  });

  test('the entries whose reach is checked exist', () => {
    for (const reach of rules.REACHES)
      expect(
        [...tree.files.keys()].some((path) => reach.entry.test(path)),
        reach.why,
      ).toBe(true);
  });
});

describe('each rule turns red for a planted violation', () => {
  const path = 'packages/consensus/src/planted.ts';

  test('an upward import, an undeclared one, and one of the own package', () => {
    expect(
      reasons(rules.lawOfImports, plant({ [path]: "import { x } from '@isoquorum/node/chain/chain'; x();" }), path),
    ).toContain('consensus may not import node');
    expect(reasons(rules.lawOfImports, plant({ [path]: "import x from 'left-pad'; x();" }), path)).toHaveLength(1);
    expect(
      reasons(rules.lawOfImports, plant({ [path]: "import { x } from '@isoquorum/consensus/quorum'; x();" }), path)[0],
    ).toMatch(/its own package/);
  });

  test('a sibling reached by a relative path', () => {
    expect(
      reasons(
        rules.noReachingAcross,
        plant({ [path]: "import { x } from '../../execution/src/trie/trie.ts'; x();" }),
        path,
      ),
    ).toHaveLength(1);
  });

  test('a missing file', () => {
    expect(reasons(rules.importsExist, plant({ [path]: "import { x } from './nowhere.ts'; x();" }), path)).toHaveLength(
      1,
    );
  });

  test('a cycle of values, but not of types', () => {
    const other = 'packages/consensus/src/planted-other.ts';
    const back = "import { a } from './planted.ts'; export const b = a;";
    const cycle = rules.noCycles(
      plant({ [path]: "import { b } from './planted-other.ts'; export const a = b;", [other]: back }),
    );
    expect(cycle.map((violation) => violation.reason).join()).toContain('planted-other.ts');
    expect(
      rules.noCycles(
        plant({ [path]: "import type { b } from './planted-other.ts'; export const a: typeof b = 1;", [other]: back }),
      ),
    ).toEqual([]);
  });

  test('a barrel, and an import of one', () => {
    const barrel = 'packages/consensus/src/index.ts';
    expect(reasons(rules.noBarrels, plant({ [barrel]: "export * from './quorum.ts';" }), barrel)).toHaveLength(1);
    expect(reasons(rules.noBarrels, plant({ [path]: "import { x } from './index.ts'; x();" }), path)).toHaveLength(1);
  });

  test('a long file', () => {
    expect(reasons(rules.fileLength, plant({ [path]: 'export const a = 1;\n'.repeat(401) }), path)).toHaveLength(1);
    expect(reasons(rules.fileLength, plant({ [path]: 'export const a = 1;\n'.repeat(400) }), path)).toEqual([]);
  });

  test('a platform named where it may not be', () => {
    expect(
      reasons(
        rules.platformNames,
        plant({ [path]: "import { readFileSync } from 'node:fs'; readFileSync('x');" }),
        path,
      ),
    ).toHaveLength(1);
    expect(reasons(rules.platformNames, plant({ [path]: 'export const now = Date.now();' }), path)).toHaveLength(1);
    expect(
      reasons(rules.platformNames, plant({ [path]: '// Date.now() is for adapters\nexport const a = 1;' }), path),
    ).toEqual([]);
    const adapter = 'packages/platform/src/node/planted.ts';
    expect(reasons(rules.platformNames, plant({ [adapter]: 'export const now = Date.now();' }), adapter)).toEqual([]);
  });

  test('an entry that reaches what it must not', () => {
    const reach = rules.entryReach([{ entry: /planted\.ts$/, forbidden: /^node:/, why: 'planted' }]);
    const through = 'packages/consensus/src/planted-other.ts';
    const planted = plant({
      [path]: "import { b } from './planted-other.ts'; export const a = b;",
      [through]: "import fs from 'node:fs'; export const b = fs;",
    });
    expect(reasons(reach, planted, path)).toEqual(['reaches node:fs: planted']);
  });

  test('a README that names a path which is gone', () => {
    expect(rules.readmePaths(plant({}, 'see `packages/gone/src/x.ts`'))).toHaveLength(1);
  });
});
