import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the page is made of besides its own files: the packages that it bundles, and the versions of what it takes from npm. */
const packages = ['primitives', 'platform', 'consensus', 'execution', 'privacy', 'network', 'rpc', 'participant'];

const playground = fileURLToPath(new URL('../../', import.meta.url));
const repository = fileURLToPath(new URL('../../../../', import.meta.url));

/** Builds that stay in the cache beside the newest. */
const keptBuilds = 2;

export interface BuildPlaygroundOptions {
  /** Folder in which finished builds are kept, one folder for each content. */
  readonly cacheDir: string;
  /** Builds even when this content was built before. */
  readonly force?: boolean;
}

export interface PlaygroundBuild {
  /** Folder to serve: `index.html` and `assets/`. */
  readonly directory: string;
  readonly fromCache: boolean;
}

/** Production build of the page by Vite, cached by the content of everything that goes into it. */
export async function buildPlayground(options: BuildPlaygroundOptions): Promise<PlaygroundBuild> {
  const name = contentHash();
  const directory = join(options.cacheDir, name);
  if (options.force !== true && existsSync(join(directory, 'index.html'))) {
    touch(directory);
    return { directory, fromCache: true };
  }
  mkdirSync(options.cacheDir, { recursive: true });
  const { build } = await import('vite');
  // Built aside and renamed, so that a build that was cut off is never served.
  const aside = join(options.cacheDir, `.${name}-${process.pid}`);
  await build({
    configFile: join(playground, 'vite.config.ts'),
    mode: 'production',
    logLevel: 'warn',
    build: { outDir: aside, emptyOutDir: true },
  });
  rmSync(directory, { recursive: true, force: true });
  renameSync(aside, directory);
  removeOldBuilds(options.cacheDir, name);
  return { directory, fromCache: false };
}

/** Names the content of all sources, configuration and dependencies' versions. */
function contentHash(): string {
  const hash = createHash('sha256');
  const add = (path: string): void => {
    hash.update(`${relative(repository, path)}\0`);
    hash.update(readFileSync(path));
  };
  for (const name of ['index.html', 'vite.config.ts', 'package.json']) add(join(playground, name));
  for (const folder of ['src', 'public', 'contracts']) for (const path of filesIn(join(playground, folder))) add(path);
  for (const name of packages) for (const path of filesIn(join(repository, 'packages', name, 'src'))) add(path);
  add(join(repository, 'package-lock.json'));
  return hash.digest('hex').slice(0, 20);
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(test|fuzz|sim|process|conformance|bench)\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes('/testing/') && !path.includes('/build/'))
    .toSorted();
}

function touch(directory: string): void {
  const now = new Date();
  try {
    utimesSync(directory, now, now);
  } catch {
    // Only the order of clean-up depends on it.
  }
}

function removeOldBuilds(cacheDir: string, current: string): void {
  const others = readdirSync(cacheDir)
    .filter((name) => name !== current && /^[0-9a-f]{20}$/.test(name))
    .map((name) => ({ path: join(cacheDir, name), modified: statSync(join(cacheDir, name)).mtimeMs }))
    .toSorted((left, right) => right.modified - left.modified);
  for (const { path } of others.slice(keptBuilds)) rmSync(path, { recursive: true, force: true });
}
