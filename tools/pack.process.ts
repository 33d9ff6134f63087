import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = new URL('..', import.meta.url).pathname;
const scope = '@isoquorum';

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
}

interface Packed {
  readonly name: string;
  readonly folder: string;
  /** Modules that are entries, as subpaths without ending. */
  readonly modules: readonly string[];
}

/** True when the workspace has more than tests. */
function isBuilt(folder: string): boolean {
  const sources = readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' });
  return sources.some(
    (path) => /\.tsx?$/.test(path) && !/\.(test|fuzz|sim|conformance|process|bench)\.tsx?$|testing/.test(path),
  );
}

/** Folders of the workspaces that are published: they hold a manifest that is not private, and something to build. */
function publicWorkspaces(): string[] {
  return ['packages', 'apps']
    .flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)))
    .filter((folder) => existsSync(join(folder, 'package.json')) && isBuilt(folder))
    .filter((folder) => (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest).private !== true);
}

function modulesIn(dist: string, inner = ''): string[] {
  return readdirSync(join(dist, inner), { withFileTypes: true }).flatMap((entry) => {
    const path = inner === '' ? entry.name : `${inner}/${entry.name}`;
    if (entry.isDirectory()) return modulesIn(dist, path);
    return path.endsWith('.js') ? [path.slice(0, -'.js'.length)] : [];
  });
}

/** Puts third-party packages where the packed ones look for them; ours are not linked, so that only tarballs are seen. */
function linkThirdParty(modules: string): void {
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== scope) symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
}

/** Packs a workspace with npm and unpacks the tarball into `node_modules`. */
function install(workspace: string, scratch: string, modules: string): Packed {
  const output = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch], {
    cwd: workspace,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [tarball] = JSON.parse(output) as readonly { readonly filename: string; readonly name: string }[];
  if (tarball === undefined) throw new Error(`npm pack made nothing of ${workspace}`);
  const file = join(scratch, tarball.filename.replace('@', '').replace('/', '-'));
  execFileSync('tar', ['xzf', file, '-C', scratch]);
  const folder = join(modules, ...tarball.name.split('/'));
  renameSync(join(scratch, 'package'), folder);
  return { name: tarball.name, folder, modules: modulesIn(join(folder, 'dist')) };
}

describe('packages as npm packs them, installed elsewhere, without the source condition', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'isoquorum-pack-'));
  const modules = join(scratch, 'node_modules');
  const packed: Packed[] = [];
  const { NODE_OPTIONS: _, ...environment } = process.env;

  function node(...args: readonly string[]): {
    readonly status: number | null;
    readonly stdout: string;
    readonly stderr: string;
  } {
    return spawnSync(process.execPath, args, { cwd: scratch, encoding: 'utf8', env: environment, timeout: 60_000 });
  }

  beforeAll(() => {
    const workspaces = publicWorkspaces();
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b', ...workspaces], {
      cwd: root,
      stdio: 'pipe',
    });
    mkdirSync(join(modules, scope), { recursive: true });
    linkThirdParty(modules);
    for (const workspace of workspaces) packed.push(install(workspace, scratch, modules));
  }, 240_000);

  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  test('a tarball holds built modules and types, no sources and no tests', () => {
    expect(packed.length).toBeGreaterThan(8);
    for (const { name, folder, modules: built } of packed) {
      expect(existsSync(join(folder, 'src')), `${name} has sources`).toBe(false);
      expect(
        built.filter((path) => /\.(test|fuzz|sim|conformance|process|bench)$/.test(path)),
        `tests in ${name}`,
      ).toEqual([]);
      expect(built.length, name).toBeGreaterThan(0);
    }
  });

  test('a module of each package loads from dist', () => {
    for (const { name, modules: built } of packed.filter((one) => one.name !== `${scope}/daemon`)) {
      const entry = built.find((path) => !/(^|\/)browser\//.test(path)) ?? built[0];
      const script = `const m = await import('${name}/${entry}'); console.log(import.meta.resolve('${name}/${entry}'), typeof m)`;
      const { status, stdout, stderr } = node('--input-type=module', '--eval', script);
      expect(status, `${name}/${entry}: ${stderr}`).toBe(0);
      expect(stdout).toContain(`/dist/${entry}.js object`);
    }
  });

  test('the command says what it can do', () => {
    const { status, stdout, stderr } = node(join(modules, scope, 'daemon/bin/isoquorum.js'), '--help');
    expect(status, stderr).toBe(0);
    for (const command of ['dev', 'node', 'manager', 'network', 'import', 'export', 'keygen'])
      expect(stdout).toContain(command);
  });

  test('the command generates a network', () => {
    const output = join(scratch, 'network');
    const { status, stderr } = node(
      join(modules, scope, 'daemon/bin/isoquorum.js'),
      'network',
      'generate',
      '--output',
      output,
    );
    expect(status, stderr).toBe(0);
    expect(readdirSync(output)).toContain('genesis.json');
  });
});
