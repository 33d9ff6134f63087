import { isTestFile, resolveImport, type SourceFile, type SourceTree, workspaceOf } from './source-tree.ts';

/** A breach of a rule: where, and what is wrong. */
export interface Violation {
  readonly path: string;
  readonly reason: string;
}

export type Rule = (tree: SourceTree) => Violation[];

const LONG_FILE_LINES = 400;

/** architecture.md, "may import": the table that every manifest and import must obey. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  primitives: [],
  platform: ['primitives'],
  consensus: ['primitives'],
  execution: ['primitives', 'platform'],
  privacy: ['primitives', 'platform'],
  network: ['primitives', 'platform'],
  rpc: ['primitives', 'platform'],
  node: ['primitives', 'platform', 'consensus', 'execution', 'privacy', 'network', 'rpc'],
  manager: ['primitives', 'platform', 'consensus', 'execution', 'privacy', 'network', 'rpc'],
  participant: ['primitives', 'platform', 'consensus', 'execution', 'privacy', 'network', 'rpc'],
};

/** Folders that may name Node or the browser. */
const PLATFORM_FOLDERS = [
  /^packages\/platform\/src\/(node|browser)\//,
  /^packages\/network\/src\/(libp2p|devp2p)\//,
  /^packages\/(rpc|node|manager|simulator)\/src\/node\//,
  /^packages\/participant\/src\/browser\//,
  /^apps\//,
];

function productFiles(tree: SourceTree): SourceFile[] {
  return [...tree.files.values()].filter((file) => !isTestFile(file.path));
}

function packageName(path: string): string | undefined {
  return /^packages\/([^/]+)\//.exec(path)?.[1];
}

/** Downwards only, siblings never: every import is in the table and in the package's own manifest. */
export const lawOfImports: Rule = (tree) => {
  const violations: Violation[] = [];
  for (const file of tree.files.values()) {
    const workspace = workspaceOf(file.path);
    const own = tree.manifests.get(workspace);
    const from = packageName(file.path);
    for (const { specifier } of file.imports) {
      if (specifier.startsWith('.') || specifier.startsWith('node:') || specifier.startsWith('/')) continue;
      const dependency = specifier.startsWith('@')
        ? specifier.split('/').slice(0, 2).join('/')
        : (specifier.split('/')[0] ?? '');
      const inner = /^@isoquorum\/([^/]+)/.exec(specifier)?.[1];
      if (dependency === own?.name) {
        violations.push({ path: file.path, reason: `imports its own package by name (${specifier})` });
        continue;
      }
      const declared =
        own?.dependencies.has(dependency) === true ||
        (isTestFile(file.path) && tree.manifests.get('')?.dependencies.has(dependency) === true);
      const lent =
        isTestFile(file.path) &&
        (inner !== undefined || tree.manifests.get('e2e')?.dependencies.has(dependency) === true);
      if (!declared && !lent && dependency !== 'virtual:')
        violations.push({ path: file.path, reason: `${specifier} is not declared in ${workspace}/package.json` });
      const allowed = from === undefined ? undefined : MAY_IMPORT[from];
      if (inner !== undefined && allowed !== undefined && !allowed.includes(inner) && !isTestFile(file.path)) {
        violations.push({ path: file.path, reason: `${from} may not import ${inner}` });
      }
    }
  }
  return violations;
};

/** Relative imports stay inside their own workspace. */
export const noReachingAcross: Rule = (tree) =>
  [...tree.files.values()].flatMap((file) =>
    file.imports
      .filter((edge) => edge.specifier.startsWith('.') && workspaceOf(file.path) !== '')
      .filter((edge) => workspaceOf(resolveImport(tree, file.path, edge.specifier) ?? '') !== workspaceOf(file.path))
      .filter((edge) => !(file.path.startsWith('e2e/') || isTestFile(file.path)) || !edge.specifier.includes('tools/'))
      .map((edge) => ({
        path: file.path,
        reason: `reaches into another workspace by a relative path (${edge.specifier})`,
      })),
  );

/** Every import of ours leads to a file that exists. */
export const importsExist: Rule = (tree) =>
  [...tree.files.values()].flatMap((file) =>
    file.imports.flatMap((edge) => {
      const target = resolveImport(tree, file.path, edge.specifier);
      if (target === undefined || tree.files.has(target) || tree.exists(target)) return [];
      return [{ path: file.path, reason: `imports ${edge.specifier}, which does not exist` }];
    }),
  );

/** No cycle of imports that exist at run time (Tarjan's strongly connected components). */
export const noCycles: Rule = (tree) => {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const violations: Violation[] = [];
  const edges = (path: string): string[] =>
    (tree.files.get(path)?.imports ?? [])
      .filter((edge) => !edge.isType)
      .map((edge) => resolveImport(tree, path, edge.specifier))
      .filter((target): target is string => target !== undefined && tree.files.has(target));
  const visit = (path: string): void => {
    index.set(path, index.size);
    low.set(path, index.get(path) ?? 0);
    stack.push(path);
    onStack.add(path);
    for (const next of edges(path)) {
      if (!index.has(next)) {
        visit(next);
        low.set(path, Math.min(low.get(path) ?? 0, low.get(next) ?? 0));
      } else if (onStack.has(next)) low.set(path, Math.min(low.get(path) ?? 0, index.get(next) ?? 0));
    }
    if (low.get(path) !== index.get(path)) return;
    const component: string[] = [];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      onStack.delete(top);
      component.push(top);
      if (top === path) break;
    }
    if (component.length > 1 || edges(path).includes(path))
      violations.push({ path, reason: `import cycle: ${component.toReversed().join(' → ')}` });
  };
  for (const path of tree.files.keys()) if (!index.has(path)) visit(path);
  return violations;
};

/** No file whose only work is to pass on others' exports, and no import of such an index. */
export const noBarrels: Rule = (tree) => {
  const violations: Violation[] = [];
  for (const file of tree.files.values()) {
    if (/(^|\/)index\.tsx?$/.test(file.path))
      violations.push({ path: file.path, reason: 'index files are barrels: name the file by what it holds' });
    for (const edge of file.imports) {
      if (/^\.{1,2}(\/\.\.)*\/?$|\/index(\.ts)?$/.test(edge.specifier) && edge.specifier.startsWith('.'))
        violations.push({ path: file.path, reason: `imports an index (${edge.specifier})` });
    }
  }
  return violations;
};

/** A long file holds more than one noun. */
export const fileLength: Rule = (tree) =>
  [...tree.files.values()]
    .filter((file) => file.text.split('\n').length - 1 > LONG_FILE_LINES)
    .map((file) => ({
      path: file.path,
      reason: `${file.text.split('\n').length - 1} lines, ${LONG_FILE_LINES} at most`,
    }));

const PLATFORM_IMPORT = /^(node:|ws$|classic-level$|idb$|libp2p$|@libp2p\/)/;
const PLATFORM_GLOBAL =
  /(?<![\w.$'"`-])(process\.(?!nextTick\w)|Buffer\.|window\.|document\.|localStorage\b|indexedDB\b|navigator\.|globalThis\.crypto|crypto\.subtle|Date\.now\(|Math\.random\(|performance\.now\(|setTimeout\(|setInterval\(|fetch\()/;

/** Only adapters, hosts and apps may name a platform; time and chance come in through ports. */
export const platformNames: Rule = (tree) =>
  productFiles(tree).flatMap((file) => {
    if (!file.path.startsWith('packages/') || PLATFORM_FOLDERS.some((folder) => folder.test(file.path))) return [];
    const violations: Violation[] = [];
    for (const edge of file.imports) {
      if (!edge.isType && PLATFORM_IMPORT.test(edge.specifier))
        violations.push({ path: file.path, reason: `imports the platform (${edge.specifier})` });
    }
    const used = PLATFORM_GLOBAL.exec(file.code);
    if (used !== null) violations.push({ path: file.path, reason: `names the platform (${used[0]})` });
    return violations;
  });

/** Everything that a file loads at run time, through our own packages; external names are collected apart. */
export function reachableFrom(
  tree: SourceTree,
  entry: string,
): { readonly files: ReadonlySet<string>; readonly external: ReadonlySet<string> } {
  const files = new Set<string>();
  const external = new Set<string>();
  const queue = [entry];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (files.has(path)) continue;
    files.add(path);
    for (const edge of tree.files.get(path)?.imports ?? []) {
      if (edge.isType) continue;
      const target = resolveImport(tree, path, edge.specifier);
      if (target === undefined) external.add(edge.specifier);
      else if (tree.files.has(target)) queue.push(target);
    }
  }
  return { files, external };
}

/** An entry point, and what must not be reachable from it. */
export interface Reach {
  readonly entry: RegExp;
  readonly forbidden: RegExp;
  readonly why: string;
}

export const REACHES: readonly Reach[] = [
  {
    entry: /^packages\/manager\/src\/(node\/)?create-manager\.ts$/,
    forbidden: /^packages\/(execution|consensus)\/|^@ethereumjs\//,
    why: 'the manager carries no EVM and no consensus',
  },
  {
    entry: /^apps\/playground\/src\/(main\.tsx|session\/worker\.ts)$/,
    forbidden: /^node:|\/src\/node\/|\/libp2p\/node\/|^classic-level$|^ws$|^@ethereumjs\//,
    why: 'a page carries no Node adapter and no second engine',
  },
  {
    entry: /^packages\/participant\/src\/create-participant\.ts$/,
    forbidden: /^node:|\/src\/node\/|\/libp2p\//,
    why: 'the participant runs wherever its ports do',
  },
  {
    entry: /^packages\/simulator\/src\/simulate\.ts$/,
    forbidden: /^node:|\/src\/node\/|\/libp2p\//,
    why: 'the simulator runs in a page too',
  },
];

export const entryReach =
  (reaches: readonly Reach[]): Rule =>
  (tree) =>
    reaches.flatMap((reach) =>
      [...tree.files.keys()]
        .filter((path) => reach.entry.test(path))
        .flatMap((path) => {
          const { files, external } = reachableFrom(tree, path);
          return [...files, ...external]
            .filter((name) => reach.forbidden.test(name))
            .map((name) => ({ path, reason: `reaches ${name}: ${reach.why}` }));
        }),
    );

/** Paths that the README's map, walk and text name in code quotes exist. */
export const readmePaths: Rule = (tree) => {
  const named = new Set<string>();
  for (const match of tree.readme.matchAll(/`((?:packages|apps|e2e|docs|tools|\.ci)\/[\w./-]*)`/g))
    named.add(match[1] ?? '');
  return [...named]
    .filter((path) => !tree.exists(path))
    .map((path) => ({ path: 'README.md', reason: `names ${path}, which does not exist` }));
};
