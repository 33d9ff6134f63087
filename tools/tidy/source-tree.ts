import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { parseSync } from 'oxc-parser';

/** One import of a source file: what it asks for, and whether it exists at run time or for types only. */
export interface ImportEdge {
  readonly specifier: string;
  readonly isType: boolean;
}

/** A source file as the rules see it. */
export interface SourceFile {
  /** Path from the repository's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** Text with comments blanked out, so that prose never trips a rule about code. */
  readonly code: string;
  readonly imports: readonly ImportEdge[];
}

/** What the rules look at: sources, manifests, README. A test plants violations by adding files to a real tree. */
export interface SourceTree {
  readonly files: ReadonlyMap<string, SourceFile>;
  readonly manifests: ReadonlyMap<string, Manifest>;
  readonly readme: string;
  readonly exists: (path: string) => boolean;
}

export interface Manifest {
  readonly name: string;
  readonly dependencies: ReadonlySet<string>;
}

const SKIPPED_FOLDERS = new Set([
  'node_modules',
  'dist',
  '.tsbuild',
  '.git',
  '.isoquorum',
  'test-results',
  'playwright-report',
  '.cache',
]);

export function parseSource(path: string, text: string): SourceFile {
  const { module, comments, program } = parseSync(path, text);
  const imports: ImportEdge[] = [];
  for (const statement of module.staticImports) {
    const isType = statement.entries.length > 0 && statement.entries.every((entry) => entry.isType);
    imports.push({ specifier: statement.moduleRequest.value, isType });
  }
  for (const statement of module.staticExports) {
    for (const entry of statement.entries) {
      if (entry.moduleRequest != null) imports.push({ specifier: entry.moduleRequest.value, isType: entry.isType });
    }
  }
  for (const dynamic of module.dynamicImports) {
    const literal = text.slice(dynamic.moduleRequest.start, dynamic.moduleRequest.end);
    if (/^['"`][^$]*['"`]$/.test(literal)) imports.push({ specifier: literal.slice(1, -1), isType: false });
  }
  for (const match of text.matchAll(/new URL\(\s*'(\.[^']+\.ts)',\s*import\.meta\.url/g)) {
    imports.push({ specifier: match[1] ?? '', isType: false });
  }
  let code = text;
  for (const comment of comments) {
    code = code.slice(0, comment.start) + ' '.repeat(comment.end - comment.start) + code.slice(comment.end);
  }
  return { path, text, code: program.body.length === 0 ? '' : code, imports };
}

function* walk(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    if (SKIPPED_FOLDERS.has(name)) continue;
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* walk(path);
    else yield path;
  }
}

/** Reads the repository: every TypeScript file of packages/, apps/, e2e/, tools/, and the manifests. */
export function readSourceTree(root: string): SourceTree {
  const files = new Map<string, SourceFile>();
  const manifests = new Map<string, Manifest>();
  for (const top of ['packages', 'apps', 'e2e', 'tools']) {
    for (const absolute of walk(join(root, top))) {
      const path = relative(root, absolute).replaceAll('\\', '/');
      if (/\.tsx?$/.test(path) && !path.endsWith('.d.ts'))
        files.set(path, parseSource(path, readFileSync(absolute, 'utf8')));
      if (path.endsWith('/package.json'))
        manifests.set(posix.dirname(path), parseManifest(readFileSync(absolute, 'utf8')));
    }
  }
  manifests.set('', parseManifest(readFileSync(join(root, 'package.json'), 'utf8')));
  const exists = (path: string): boolean => statSync(join(root, path), { throwIfNoEntry: false }) !== undefined;
  return { files, manifests, readme: readFileSync(join(root, 'README.md'), 'utf8'), exists };
}

function parseManifest(text: string): Manifest {
  const json = JSON.parse(text) as Record<string, unknown> & { name: string };
  const dependencies = new Set<string>();
  for (const field of ['dependencies', 'optionalDependencies', 'devDependencies', 'peerDependencies']) {
    for (const name of Object.keys((json[field] as Record<string, string> | undefined) ?? {})) dependencies.add(name);
  }
  return { name: json.name, dependencies };
}

/** The workspace folder (`packages/x`, `apps/y`, `e2e`) that a path belongs to; '' for the root's tools. */
export function workspaceOf(path: string): string {
  const parts = path.split('/');
  if (parts[0] === 'packages' || parts[0] === 'apps') return `${parts[0]}/${parts[1]}`;
  return parts[0] === 'e2e' ? 'e2e' : '';
}

/** The repository path that an import leads to, or undefined when it leaves the repository. */
export function resolveImport(tree: SourceTree, from: string, specifier: string): string | undefined {
  const bare = specifier.replace(/\?.*$/, '');
  if (bare.startsWith('.')) return posix.normalize(posix.join(posix.dirname(from), bare));
  const match = /^@isoquorum\/([^/]+)\/(.+)$/.exec(bare);
  if (match === null) return undefined;
  for (const [folder, manifest] of tree.manifests) {
    if (manifest.name === `@isoquorum/${match[1]}`) return `${folder}/src/${match[2]}.ts`;
  }
  return undefined;
}

/** True for files that only tests load. */
export function isTestFile(path: string): boolean {
  return (
    /\.(test|fuzz|sim|conformance|process|bench)\.tsx?$/.test(path) ||
    path.includes('/testing/') ||
    path.startsWith('e2e/') ||
    path.startsWith('tools/')
  );
}
